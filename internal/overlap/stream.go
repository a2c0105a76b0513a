package overlap

import "context"

// Stream lists everything with one request in flight and yields every row once, as its page comes.
// Rows are not kept: a page is released as soon as it is linked with the next. Stream stops early if yield returns false or
// after opts.MaxItems rows. Its error is as Snapshot's.
func Stream[T any](ctx context.Context, src Source[T], opts Options, yield func(T) bool) (Report, error) {
	d := newDriver(src, opts)
	d.release = true
	yielded := 0
	d.onRow = func(_ rowID, fresh bool, item *T) bool {
		if !fresh {
			return true
		}
		yielded++
		return yield(*item) && yielded != opts.MaxItems
	}
	err := d.run(ctx)
	return d.report(), err
}
