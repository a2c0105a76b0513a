package overlap

import (
	"context"
	"time"
)

// Page is one answer: rows in the server's order, and how many it says there are.
type Page[T any] struct {
	Items    []T
	Total    int
	Attempts int
}

// Source is the list that is read.
type Source[T any] struct {
	// Fetch reads one page. The parallel driver calls it from several goroutines.
	Fetch func(ctx context.Context, page, count int) (Page[T], error)
	// Key is the identity of a row.
	Key func(*T) Key
	// Classify says what an error of Fetch calls for, after so many waves of requests in a row that were refused as too
	// many; nil means Failed for all.
	Classify func(err error, refusals int) Fault
}

// Fault is what an error calls for.
type Fault struct {
	Kind     FaultKind
	Pause    time.Duration // RateLimited: how long nothing is sent; 0 means one second
	Attempts int
}

// FaultKind sorts errors by what a listing does about them.
type FaultKind int

const (
	// Failed: the place is read again later, once.
	Failed FaultKind = iota
	// CountRejected: a smaller page size is tried, if it is the first page.
	CountRejected
	// RateLimited: everything pauses, and half as many requests are in flight from then on.
	RateLimited
	// Fatal: the listing ends with the error.
	Fatal
)

func (s Source[T]) classify(err error, refusals int) Fault {
	if s.Classify == nil {
		return Fault{}
	}
	return s.Classify(err, refusals)
}

// Options of a listing. A zero field means its default.
type Options struct {
	PageSize   int                       // what the first page is asked for; default 500, 20 to 10,000; Report.PageSize of an earlier listing saves its search
	Parallel   int                       // Snapshot: requests in flight at most, 1 to 16; default 4
	MaxItems   int                       // Stream: stop after so many rows; 0 = all
	OnProgress func(received, total int) // called by the driver's goroutine after every answer
}

// The bounds of Options.
const (
	MinPageSize     = 20 // a smaller first page is the whole list: a server's pages hold its default count at least
	DefaultPageSize = 500
	MaxPageSize     = 10_000
	MaxParallel     = 16
)

const (
	defaultParallel = 4
	defaultPause    = time.Second
	maxPauses       = 10 // answers in a row that ask for a pause
)

// SmallerPage is the page size to fall back to when a count is rejected; 0 = none.
func SmallerPage(count int) int {
	for _, size := range [...]int{100, 20} {
		if size < count {
			return size
		}
	}
	return 0
}
