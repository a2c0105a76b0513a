package overlap

import (
	"context"
	"time"
)

// Page is one answer: rows in the server's order, and how many it says there are.
type Page[T any] struct {
	Items []T
	Total int
}

// Source is the list that is read.
type Source[T any] struct {
	// Fetch reads one page. The parallel driver calls it from several goroutines.
	Fetch func(ctx context.Context, page, count int) (Page[T], error)
	// Key is the identity of a row.
	Key func(*T) Key
	// Classify says what an error of Fetch calls for; nil means Failed for all.
	Classify func(error) Fault
}

// Fault is what an error calls for.
type Fault struct {
	Kind  FaultKind
	Pause time.Duration // RateLimited: how long nothing is sent; 0 means one second
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

func (s Source[T]) classify(err error) Fault {
	if s.Classify == nil {
		return Fault{}
	}
	return s.Classify(err)
}

// Options of a listing. A zero field means its default.
type Options struct {
	PageSize   int                       // what the first page is asked for; default 500, 20 to 10,000; Report.PageSize of an earlier listing saves its search
	Parallel   int                       // Snapshot: requests in flight at most, 1 to 16; default 4
	MaxItems   int                       // Stream: stop after so many rows; 0 = all
	OnProgress func(received, total int) // called by the driver's goroutine after every answer
}

const (
	defaultPageSize = 500
	defaultParallel = 4
	maxParallel     = 16
	maxPage         = 10_000
	defaultPause    = time.Second
	maxPauses       = 10 // answers in a row that ask for a pause
)

// smallerPages are the page sizes to fall back to when a count is rejected.
var smallerPages = [...]int{100, 20}
