package overlap

import "context"

// Page is one page of the list, in the server's order. Beside an error only Attempts and Pauses count.
type Page[T any] struct {
	Items    []T
	Total    int // rows of the list, as the server counts them
	Attempts int // for Report.Attempts
	Pauses   int // for Report.Pauses
}

// Source is the list that is read.
type Source[T any] struct {
	// Fetch reads one page. Snapshot calls it from several goroutines.
	Fetch func(ctx context.Context, page, count int) (Page[T], error)
	// Key returns the identity of a row.
	Key func(*T) Key
	// Classify decides about an error of Fetch; nil means Failed.
	Classify func(err error) Fault
}

// Fault is what a listing does about an error.
type Fault int

const (
	Failed        Fault = iota // read the page again later, once
	CountRejected              // as Failed; if it is the first page, try a smaller page size
	TooLarge                   // as CountRejected, for the rows of this list only
	Fatal                      // end the listing with the error
)

// Options of a listing. A zero field means its default.
type Options struct {
	PageSize     int                       // count of the first request, 20 to 10,000; default 500
	Parallel     int                       // Snapshot: requests in flight at most, 1 to 16; default 4
	Limit        int                       // Snapshot: more rows end it with ReasonLimit; 0 = none
	MaxItems     int                       // Stream: rows to yield at most; 0 = all
	IgnoreTotals bool                      // totals are no evidence
	Known        Facts                     // from earlier listings of the service
	WasTiny      bool                      // the last listing of the same request was Complete and had at most one row
	OnProgress   func(received, total int) // called after every page, in the caller's goroutine
}

// The bounds of Options.
const (
	MinPageSize     = 20 // the documented default: a full page has at least so many rows
	DefaultPageSize = 500
	MaxPageSize     = 10_000
	MaxParallel     = 16
	defaultParallel = 4
)

// SmallerPage returns the page size to try after a count was rejected; 0 = none.
func SmallerPage(count int) int {
	for _, size := range [...]int{100, 20} {
		if size < count {
			return size
		}
	}
	return 0
}
