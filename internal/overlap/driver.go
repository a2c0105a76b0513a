package overlap

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Result is a listing by Snapshot.
type Result[T any] struct {
	Items    []T // distinct, in the server's order where that is known
	Report   Report
	Evidence *Evidence // of rows that are not in Items
}

// Snapshot lists everything with up to opts.Parallel requests in flight. It returns the error of the first page, a Fatal one,
// or that of a request that the context ended; other errors are in the report only. After the first page, an error comes with
// what was read. Nothing runs any more when Snapshot returns.
func Snapshot[T any](ctx context.Context, src Source[T], opts Options) (Result[T], error) {
	d := newDriver(src, opts)
	d.limit = min(cmp.Or(opts.Parallel, defaultParallel), MaxParallel)
	items := make([]*T, 0, d.listing.size) // in their pages, since a slice of rows copies them all as it grows
	d.onRow = func(id int, item *T) bool {
		if id == len(items) {
			if opts.Limit > 0 && id == opts.Limit {
				d.listing.stopped = ReasonLimit
				return false
			}
			items = append(items, item)
			return true
		}
		*items[id] = *item // which keeps no page for a row that is read again
		return true
	}
	err := d.run(ctx)
	if err != nil && len(d.listing.windows) == 0 {
		return Result[T]{}, err
	}
	ordered := make([]T, 0, len(items))
	for _, id := range d.listing.sequence() {
		if int(id) < len(items) { // and not beyond the limit
			ordered = append(ordered, *items[id])
		}
	}
	return Result[T]{Items: ordered, Report: d.report(), Evidence: d.listing.evidence()}, err
}

// Stream lists everything with one request in flight and yields every row once, as its page comes. It keeps no rows, and
// forgets their ids once the page is linked with the next. Stream stops when yield returns false, or after opts.MaxItems
// rows. It returns the errors that Snapshot does.
func Stream[T any](ctx context.Context, src Source[T], opts Options, yield func(T) bool) (Report, error) {
	d := newDriver(src, opts)
	d.release = true
	yielded := 0
	d.onRow = func(id int, item *T) bool {
		if id < yielded {
			return true
		}
		yielded++
		return yield(*item) && yielded != opts.MaxItems
	}
	err := d.run(ctx)
	return d.report(), err
}

// driver sends the requests of a listing to a source and brings the responses back.
type driver[T any] struct {
	src      Source[T]
	opts     Options
	listing  *listing
	limit    int                        // requests in flight, at most
	onRow    func(id int, item *T) bool // a new row has the next id; false stops the listing
	release  bool                       // forget rows that were linked
	start    time.Time
	lastErr  error
	keys     []Key // scratch
	attempts int
	pauses   int
}

func newDriver[T any](src Source[T], opts Options) *driver[T] {
	size := min(max(cmp.Or(opts.PageSize, DefaultPageSize), MinPageSize), MaxPageSize)
	l := newListing(size, opts.Known)
	l.ignoreTotals, l.wasTiny = opts.IgnoreTotals, opts.WasTiny
	return &driver[T]{src: src, opts: opts, listing: l, limit: 1, start: time.Now()}
}

func (d *driver[T]) report() Report {
	r := d.listing.report()
	r.Attempts, r.Pauses = d.attempts, d.pauses
	r.Start, r.End = d.start, time.Now()
	if r.Failed > 0 || r.Reason == ReasonFailed {
		r.Err = d.lastErr
	}
	return r
}

// response is the result of a request.
type response[T any] struct {
	request  request
	page     Page[T]
	err      error
	fault    Fault // of err
	panicked any
}

var errEnded = errors.New("the request ended its goroutine")

// run drives the listing to its end.
func (d *driver[T]) run(ctx context.Context) error {
	err := d.drive(ctx)
	if err != nil && ctx.Err() != nil {
		d.listing.stopped = cmp.Or(d.listing.stopped, ReasonStopped)
	} else if err != nil {
		d.listing.stopped = cmp.Or(d.listing.stopped, ReasonFailed)
	}
	return err
}

// drive keeps up to d.limit requests in flight. Only Fetch runs in other goroutines.
func (d *driver[T]) drive(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	responses := make(chan response[T], MaxParallel)
	inFlight := 0
	receive := func(r response[T]) response[T] {
		inFlight--
		if r.err != nil && d.src.Classify != nil {
			r.fault = d.src.Classify(r.err)
		}
		d.attempts += r.page.Attempts
		d.pauses += r.page.Pauses
		return r
	}
	defer func() {
		cancel()
		for inFlight > 0 {
			receive(<-responses)
		}
	}()
	for {
		for inFlight < d.listing.maxInFlight(d.limit) {
			req, ok := d.listing.next()
			if !ok {
				break
			}
			inFlight++
			go func() {
				r := response[T]{request: req, err: errEnded}
				defer func() {
					r.panicked = recover()
					responses <- r
				}()
				r.page, r.err = d.src.Fetch(ctx, req.page, req.count)
			}()
		}
		if inFlight == 0 {
			return ctx.Err()
		}
		r := receive(<-responses)
		if r.panicked != nil { // here, the caller can recover from it
			panic(r.panicked)
		}
		if more, err := d.take(ctx, r); err != nil || !more {
			return err
		}
	}
}

// take adds one response to the listing and reports whether to go on.
func (d *driver[T]) take(ctx context.Context, r response[T]) (more bool, err error) {
	if r.err != nil {
		if ctx.Err() != nil {
			return false, r.err
		}
		return true, d.takeError(r)
	}
	d.keys = d.keys[:0]
	for i := range r.page.Items {
		d.keys = append(d.keys, d.src.Key(&r.page.Items[i]))
	}
	for i, id := range d.listing.add(r.request, d.keys, r.page.Total) {
		if !d.onRow(int(id), &r.page.Items[i]) {
			d.listing.stopped = cmp.Or(d.listing.stopped, ReasonStopped)
			return false, nil
		}
	}
	if d.release {
		d.listing.release()
	}
	if d.opts.OnProgress != nil {
		d.opts.OnProgress(len(d.listing.rows.known), d.listing.totalCount)
	}
	return true, nil
}

func (d *driver[T]) takeError(r response[T]) error {
	first := len(d.listing.windows) == 0
	d.lastErr = r.err
	switch {
	case r.fault == Fatal:
		return r.err
	case (r.fault == CountRejected || r.fault == TooLarge) && first && SmallerPage(r.request.count) > 0:
		d.listing.land(r.request)
		d.listing.size = SmallerPage(r.request.count)
		if r.fault == CountRejected {
			d.listing.accepted = d.listing.size
		} else {
			d.listing.firstCount = d.listing.size
		}
	case first:
		return r.err
	default:
		d.listing.fail(r.request)
		if d.listing.failedInRow >= 2*d.limit+4 {
			d.listing.stopped = ReasonFailed
		}
	}
	return nil
}
