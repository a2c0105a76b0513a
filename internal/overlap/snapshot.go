package overlap

import "context"

// Result is a listing by Snapshot.
type Result[T any] struct {
	Items    []T // distinct, in the server's order where that is known
	Report   Report
	Evidence *Evidence // what the pages say about rows that are not in Items
}

// Snapshot lists everything with up to opts.Parallel requests in flight. The error is that of the
// first page, a fatal one, or the context's; everything else shows in the report. With an error after the
// first page, the result holds what was read. Once it returns, nothing that it started is running.
func Snapshot[T any](ctx context.Context, src Source[T], opts Options) (Result[T], error) {
	d := newDriver(src, opts)
	limit := opts.Parallel
	if limit <= 0 {
		limit = defaultParallel
	}
	d.limit = min(limit, MaxParallel)
	items := make([]T, 0, d.listing.size)
	d.onRow = func(id rowID, fresh bool, item *T) bool {
		if fresh {
			items = append(items, *item)
		} else {
			items[id] = *item
		}
		return true
	}
	err := d.run(ctx)
	if err != nil && len(d.listing.windows) == 0 {
		return Result[T]{}, err
	}
	ordered := make([]T, 0, len(items))
	for _, id := range d.listing.sequence() {
		ordered = append(ordered, items[id])
	}
	return Result[T]{Items: ordered, Report: d.report(), Evidence: d.listing.evidenceOfAbsence()}, err
}
