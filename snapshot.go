package confopenapi

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// SnapshotOptions adjust a Snapshot. The zero value and nil mean the defaults.
type SnapshotOptions struct {
	// PageSize is how many conferences a page is asked for, as in PagerOptions.
	PageSize int
	// Parallel is how many requests are in flight at most, from 1 to 16; default 4. They are fewer while the list moves fast.
	Parallel int
	// Require is the verdict that is needed: with a lower one an *IncompleteError comes with the snapshot. See PagerOptions.
	Require Verdict
	// Limit bounds memory: a list of more conferences ends with an *IncompleteError (ReasonLimit), and the snapshot has Limit
	// conferences. 0 = 1,000,000, negative = no limit.
	Limit int
	// Watcher is the one whose Step you call with this snapshot. Set it, or ends may not be Proven: if the verdict rests on facts
	// (Report.Assumed), and the list lacks conferences that the Watcher knows, the list is read once more without facts. Watch sets it.
	Watcher *Watcher
	// OnProgress is called after every page, one call at a time, with the number of distinct conferences so far and the
	// service's last totalCount (documented), which need not agree. The listing waits while it runs.
	OnProgress func(received, total int)
}

func (o *SnapshotOptions) check() error {
	if o.Parallel < 0 || o.Parallel > overlap.MaxParallel {
		return badRequest("Parallel", "%d is not in 0 to %d", o.Parallel, overlap.MaxParallel)
	}
	return checkRequire(o.Require)
}

// Snapshot is the whole list, and what that is worth. As JSON it has all personal data, and no evidence for a Watcher.
type Snapshot struct {
	// Conferences are distinct, in the service's order where that is known, each as it was seen last. They are of different
	// moments of the listing, unless one page held them all.
	Conferences []Conference `json:"conferences"`
	Report      Report       `json:"report"`

	evidence *overlap.Evidence // what the pages say about conferences that are not in the list
}

// Format prints the report's line, whatever the verb, and no personal data.
func (s Snapshot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.Report.String()) }

// LogValue shows the report, and no personal data.
func (s Snapshot) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("conferences", len(s.Conferences)), slog.Any("report", s.Report))
}

// Snapshot returns the whole list that req asks for (实时会议列表), and a Report of what was proven. It reads page 1, then pages that
// overlap, with up to opts.Parallel requests in flight. Where the list moved too far between two pages, it reads again.
//
// If less was proven than opts.Require, or ctx ended after the first page, it returns both the snapshot and an *IncompleteError:
// what the snapshot holds is good, but something may be missing. Errors and timeouts are those of Pager.All; if the first page failed,
// the snapshot is nil. Snapshot is safe for concurrent use. Nothing that it started is running when it returns.
func (c *Client) Snapshot(ctx context.Context, req *ListByStatusRequest, opts *SnapshotOptions) (*Snapshot, error) {
	o := *cmp.Or(opts, &SnapshotOptions{})
	l, err := newLister(c, req, o.PageSize)
	if err := cmp.Or(err, o.check(), l.checkWhole(ctx)); err != nil {
		return nil, err
	}
	return takeSnapshot(ctx, l, o)
}

// takeSnapshot is Snapshot with arguments that are good.
func takeSnapshot(ctx context.Context, l lister, o SnapshotOptions) (*Snapshot, error) {
	var result overlap.Result[Conference]
	options := overlap.Options{Parallel: o.Parallel, Limit: max(0, cmp.Or(o.Limit, 1_000_000)), OnProgress: o.OnProgress}
	_, err := l.list(options, func(o overlap.Options) (report overlap.Report, err error) {
		result, err = overlap.Snapshot(ctx, l.source(), o)
		return result.Report, err
	})
	err = l.outcome(ctx, result.Report, err, o.Require)
	if result.Report.Pages == 0 {
		return nil, err
	}
	snapshot := &Snapshot{Conferences: result.Items, Report: l.reportOf(result.Report), evidence: result.Evidence}
	if snapshot.Report.Assumed && o.Watcher != nil && o.Watcher.lacks(snapshot) {
		l.forgetful = true
		if again, err := takeSnapshot(ctx, l, o); again != nil {
			again.Report.Calls += snapshot.Report.Calls
			again.Report.Attempts += snapshot.Report.Attempts
			return again, err
		}
	}
	return snapshot, err
}
