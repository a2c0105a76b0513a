package main

import (
	"context"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
)

// showProgress shows how far an export is: a bar on a terminal, lines elsewhere, and nothing with --quiet. Written is how
// many conferences are to be written once all are listed; nil = they are written as they are listed.
func (f *exportFlags) showProgress(ctx context.Context, client *confopenapi.Client, written func() int) (show export.Progress, end func()) {
	switch {
	case f.quiet:
		return nil, func() {}
	case !f.isTerminal(f.stderr):
		return export.Lines(f.stderr, f.progressLine), func() {}
	}
	total, bar, now := f.total(ctx, client), f.newProgress(f.Sprintf("listing")), export.Listing
	return func(stage export.Stage, done int) {
		if stage != now {
			bar.done()
			total, bar, now = written(), f.newProgress(f.Sprintf("writing")), stage
		}
		bar.update(done, total)
	}, func() { bar.done() }
}

func (f *exportFlags) progressLine(stage export.Stage, done int) string {
	if stage == export.Listing {
		return f.Sprintf("%d conferences listed so far", done)
	}
	return f.Sprintf("%d conferences written so far", done)
}

// total asks how many conferences there are, for the length of the bar. What goes wrong then goes wrong in the listing too,
// which says so.
func (f *exportFlags) total(ctx context.Context, client *confopenapi.Client) int {
	request := f.request
	request.Count = 1
	page, err := client.ListByStatus(ctx, &request)
	if err != nil {
		return 0
	}
	return page.TotalCount
}
