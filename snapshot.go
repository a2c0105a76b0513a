package confopenapi

import (
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
	// Parallel is how many requests are in flight at most, from 1 to 16; 0 means the default, 4. Fewer are in flight while
	// the list moves fast, since pages that are answered far apart in time share nothing.
	Parallel int
	// Require is the verdict below which an *IncompleteError comes with the snapshot. The default is VerdictConditional;
	// VerdictIncomplete = never: an error then means that the listing ended early, as by ctx or a token that is refused.
	Require Verdict
	// OnProgress is called after every page, one call at a time, with the distinct conferences so far and what the service
	// last said that there are (totalCount, documented), which need not agree. It holds the listing up while it runs.
	OnProgress func(received, total int)
}

func (o *SnapshotOptions) check() error {
	if o.Parallel < 0 || o.Parallel > overlap.MaxParallel {
		return badRequest("Parallel", "%d is not in 0 to %d", o.Parallel, overlap.MaxParallel)
	}
	return checkRequire(o.Require)
}

// Snapshot is the whole list, and what that is worth. It marshals as JSON with all personal data, and without what only
// a Watcher needs.
type Snapshot struct {
	// Conferences are distinct, in the service's order where that is known, each as it was seen last. They are of different
	// moments of the listing, unless one page held them all.
	Conferences []Conference `json:"conferences"`
	// Report says what was proven.
	Report Report `json:"report"`

	evidence *overlap.Evidence // what the pages say about conferences that are not in the list
}

// String is the report's line.
func (s Snapshot) String() string { return s.Report.String() }

// Format prints what String returns, whatever the verb, so that no personal data is printed by accident.
func (s Snapshot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue shows the report, and no personal data.
func (s Snapshot) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("conferences", len(s.Conferences)), slog.Any("report", s.Report))
}

// Snapshot lists everything that req asks for (实时会议列表), and proves what that is worth. It reads page 1, then pages
// that overlap with up to opts.Parallel in flight, and repairs where the list moved too far between two of them. The whole
// list is kept in memory.
//
// Below opts.Require the snapshot comes together with an *IncompleteError: what it holds is good, but something may be
// missing. Without a first page the snapshot is nil and the error is ListByStatus's, or a *RequestError if nothing was
// sent. So the snapshot is never nil beside an error that matches ErrIncomplete. That error also matches what broke the
// listing, such as ErrServer: test ErrIncomplete first. A request whose Page is more than 1 is a *RequestError.
//
// When ctx ends, Snapshot returns at once. If a page had come, the snapshot holds what came, and its error is an
// *IncompleteError that also matches the context's error (with VerdictIncomplete required, the *TransportError alone);
// otherwise the snapshot is nil. WithTimeout bounds each request, with its retries; only ctx bounds the listing, and nothing
// does if ctx has no deadline.
//
// A page that fails, beyond the client's own retries, is read once more at the end of its round. Refusals for too many
// requests (429) pause all requests: for as long as the server asks, or as RetryPolicy has it, and as often in a row as
// RetryPolicy.MaxAttempts allows, but ten times at the most. Each pause halves the number of requests in flight from then on. An
// *HTTPError of 401, 403 or a redirect ends the listing. Snapshot is safe for concurrent use, and nothing that it started is
// running when it returns.
func (c *Client) Snapshot(ctx context.Context, req *ListByStatusRequest, opts *SnapshotOptions) (*Snapshot, error) {
	var o SnapshotOptions
	if opts != nil {
		o = *opts
	}
	l, err := newLister(c, req, o.PageSize)
	if err == nil {
		err = o.check()
	}
	if err == nil {
		err = l.checkWhole(ctx)
	}
	if err != nil {
		return nil, err
	}
	return l.snapshot(ctx, o)
}

// snapshot is Snapshot with arguments that are good.
func (l *lister) snapshot(ctx context.Context, o SnapshotOptions) (*Snapshot, error) {
	result, err := overlap.Snapshot(ctx, l.source(ctx), overlap.Options{
		PageSize: l.pageSize, Parallel: o.Parallel, OnProgress: o.OnProgress,
	})
	err = l.outcome(ctx, result.Report, err, o.Require)
	if result.Report.Pages == 0 {
		return nil, err
	}
	return &Snapshot{Conferences: result.Items, Report: reportOf(result.Report), evidence: result.Evidence}, err
}
