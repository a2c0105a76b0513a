package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/confopenapi/confopenapi-go"
)

// result is what came of listing an administrator's conferences.
type result struct {
	Admin       int64  `json:"admin"`
	Conferences int    `json:"conferences"`
	Attendees   int    `json:"attendees"`
	Verdict     string `json:"verdict"` // what the numbers are worth: complete, conditional, incomplete or failed
	Error       string `json:"error,omitempty"`

	err error
}

// failed is the verdict where nothing was listed, beside those of the SDK.
const failed = "failed"

// listAll lists what each administrator sees, with so many listings at a time, and returns the results in the order of the
// administrators. What goes wrong for one of them is in its result.
func listAll(ctx context.Context, client *confopenapi.Client, req confopenapi.ListByStatusRequest, admins []int64, parallel int) []result {
	results := make([]result, len(admins))
	var group errgroup.Group // without a context of its own, which the first error would end for all
	group.SetLimit(parallel)
	for i, admin := range admins {
		group.Go(func() error {
			req := req
			req.AdminUserID = admin
			// A listing has one request in flight: there are enough listings.
			snap, err := client.Snapshot(ctx, &req, &confopenapi.SnapshotOptions{Parallel: 1})
			results[i] = resultOf(admin, snap, err)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the results
	return results
}

// resultOf keeps numbers, so that the lists of all administrators are never in memory together. An incomplete snapshot
// comes with an error, and its numbers are of some worth all the same.
func resultOf(admin int64, snap *confopenapi.Snapshot, err error) result {
	r := result{Admin: admin, Verdict: failed, err: err}
	if err != nil {
		r.Error = err.Error()
	}
	if snap != nil {
		r.Verdict, r.Conferences = snap.Report.Verdict.String(), len(snap.Conferences)
		for _, c := range snap.Conferences {
			r.Attendees += c.AttendeeCount
		}
	}
	return r
}
