package overlap

import (
	"context"
	"errors"
	"time"
)

// driver brings requests of a listing to a source and answers back.
type driver[T any] struct {
	src      Source[T]
	opts     Options
	listing  *listing
	limit    int // requests in flight
	onRow    func(id rowID, fresh bool, item *T) bool
	release  bool // forget rows that were linked
	pauses   int
	waves    int // of pauses, all of them
	attempts int
	until    time.Time // nothing is sent before
	start    time.Time
	lastErr  error
	keys     []Key
}

func newDriver[T any](src Source[T], opts Options) *driver[T] {
	if opts.PageSize <= 0 {
		opts.PageSize = DefaultPageSize
	}
	opts.PageSize = min(max(opts.PageSize, MinPageSize), MaxPageSize)
	return &driver[T]{src: src, opts: opts, listing: newListing(opts.PageSize), limit: 1, start: time.Now()}
}

func (d *driver[T]) report() Report {
	r := d.listing.report()
	r.Start, r.End = d.start, time.Now()
	r.Attempts, r.Pauses = d.attempts, d.waves
	if r.Failed > 0 || r.Reason == ReasonFailed {
		r.Err = d.lastErr
	}
	return r
}

// answer is what became of a request.
type answer[T any] struct {
	request request
	page    Page[T]
	err     error

	panicked any
}

var errEnded = errors.New("the request ended its goroutine")

// run drives the listing to its end.
func (d *driver[T]) run(ctx context.Context) error {
	err := d.drive(ctx)
	switch {
	case err == nil || d.listing.stopped != "":
	case ctx.Err() != nil:
		d.listing.stopped = ReasonStopped
	default:
		d.listing.stopped = ReasonFailed
	}
	return err
}

// drive keeps up to d.limit requests in flight. All decisions fall in this goroutine; others only fetch.
func (d *driver[T]) drive(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer[T], MaxParallel)
	flying := 0
	defer func() {
		cancel()
		for ; flying > 0; flying-- {
			<-answers
		}
	}()
	for {
		for flying < d.listing.breadth(d.limit) {
			r, ok := d.listing.next()
			if !ok {
				break
			}
			if err := d.pause(ctx); err != nil {
				return err
			}
			flying++
			go func() {
				a := answer[T]{request: r, err: errEnded}
				defer func() {
					a.panicked = recover()
					answers <- a
				}()
				a.page, a.err = d.src.Fetch(ctx, r.page, r.count)
			}()
		}
		if flying == 0 {
			return ctx.Err()
		}
		select {
		case a := <-answers:
			flying--
			if a.panicked != nil { // as it would without a goroutine, where the caller can recover
				panic(a.panicked)
			}
			if more, err := d.take(ctx, a); err != nil || !more {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take brings one answer to the listing and reports whether to go on.
func (d *driver[T]) take(ctx context.Context, a answer[T]) (more bool, err error) {
	if a.err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return true, d.takeError(a)
	}
	d.pauses = 0
	d.attempts += a.page.Attempts
	d.keys = d.keys[:0]
	for i := range a.page.Items {
		d.keys = append(d.keys, d.src.Key(&a.page.Items[i]))
	}
	ids, fresh := d.listing.add(a.request, d.keys, a.page.Total)
	for i, id := range ids {
		if !d.onRow(id, fresh[i], &a.page.Items[i]) {
			d.listing.stopped = ReasonStopped
			return false, nil
		}
	}
	if d.release {
		d.listing.release()
	}
	if d.opts.OnProgress != nil {
		d.opts.OnProgress(len(d.listing.seen.rows), d.listing.total)
	}
	return true, nil
}

func (d *driver[T]) takeError(a answer[T]) error {
	first := len(d.listing.windows) == 0
	d.lastErr = a.err
	fault := d.src.classify(a.err, d.pauses)
	d.attempts += fault.Attempts
	switch {
	case fault.Kind == Fatal:
		return a.err
	case fault.Kind == CountRejected && first:
		return d.shrinkPage(a)
	case fault.Kind == RateLimited && d.pauses < maxPauses:
		if !time.Now().Before(d.until) { // others of the same wave are refused for the same reason
			d.pauses++
			d.waves++
			d.limit = max(1, d.limit/2)
		}
		if fault.Pause <= 0 {
			fault.Pause = defaultPause
		}
		if until := time.Now().Add(fault.Pause); until.After(d.until) {
			d.until = until
		}
		d.listing.putBack(a.request)
	case first:
		return a.err
	default:
		d.listing.fail(a.request)
		if d.listing.streak >= 2*d.limit+4 {
			d.listing.stopped = ReasonFailed
		}
	}
	return nil
}

// shrinkPage lets the first page be asked for again with the next smaller count.
func (d *driver[T]) shrinkPage(a answer[T]) error {
	size := SmallerPage(a.request.count)
	if size == 0 {
		return a.err
	}
	d.listing.land(a.request)
	d.listing.size = size
	return nil
}

// pause waits until requests may be sent again.
func (d *driver[T]) pause(ctx context.Context) error {
	wait := time.Until(d.until)
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
