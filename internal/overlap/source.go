package overlap

import "context"

// Page is one page of the list: rows in the server's order, and how many the server says there are. Beside an error only the
// effort counts.
type Page[T any] struct {
	Items    []T
	Total    int
	Attempts int // that it took, for Report.Attempts
	Pauses   int // for Report.Pauses
}

// Source is the list that is read.
type Source[T any] struct {
	// Fetch reads one page. Snapshot calls it from several goroutines.
	Fetch func(ctx context.Context, page, count int) (Page[T], error)
	// Key is the identity of a row.
	Key func(*T) Key
	// Classify says what to do about an error of Fetch. nil means Failed for all.
	Classify func(err error) Fault
}

// Fault sorts errors by what a listing does about them.
type Fault int

const (
	Failed        Fault = iota // the place is read again later, once
	CountRejected              // a smaller page size is tried, if it is the first page
	Fatal                      // the listing ends with the error
)

// Options of a listing. A zero field means its default.
type Options struct {
	PageSize   int                       // rows that the first page is asked for, 20 to 10,000; default 500. Report.PageSize of an earlier listing saves the search
	Parallel   int                       // Snapshot: requests in flight at most, 1 to 16; default 4
	MaxItems   int                       // Stream: stop after so many rows; 0 = all
	OnProgress func(received, total int) // called by the driver's goroutine after every page
}

// The bounds of Options.
const (
	MinPageSize     = 20 // a smaller first page is the whole list: a server's pages hold its default count at least
	DefaultPageSize = 500
	MaxPageSize     = 10_000
	MaxParallel     = 16
	defaultParallel = 4
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
