package main

import (
	"context"
	"errors"
	"log"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// listAll lists those that failed again, twice at most, and returns those that have no file at the end.
func listAll(ctx context.Context, client *confopenapi.Client, admins []int64, pause time.Duration, write func(int64, *confopenapi.Snapshot) error) (missing []int64, err error) {
	for round := 1; ; round++ {
		again, failed, err := listEach(ctx, client, admins, write)
		missing, admins = append(missing, failed...), again
		if err != nil || len(again) == 0 || round == 3 || ctx.Err() != nil {
			return append(missing, again...), err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// listEach lists for one administrator after the other. It returns those to list again later, and those that failed for good. An
// error ends the job, such as a full disk. It is nil if ctx or the token ended the loop: then those whose turn did not come are in again.
func listEach(ctx context.Context, client *confopenapi.Client, admins []int64, write func(int64, *confopenapi.Snapshot) error) (again, failed []int64, _ error) {
	inARow := 0 // errors that the next administrator would meet, too
	for len(admins) > 0 && inARow < 3 && ctx.Err() == nil {
		admin := admins[0]
		alone, err := client.With(confopenapi.WithFacts(confopenapi.Facts{})) // assumes nothing about the service
		if err != nil {
			return slices.Concat(admins, again), failed, err
		}
		snap, listErr := alone.Snapshot(ctx, &confopenapi.ListByStatusRequest{AdminUserID: admin},
			&confopenapi.SnapshotOptions{Require: confopenapi.VerdictConditional}) // or VerdictComplete
		later, all := judge(listErr)
		switch {
		case listErr == nil:
			if err = write(admin, snap); err != nil {
				return slices.Concat(admins, again), failed, err
			}
		case later:
			log.Printf("administrator %d: %v; to be listed again", admin, listErr)
			again = append(again, admin)
		default:
			log.Printf("administrator %d: %v", admin, listErr)
			failed = append(failed, admin)
		}
		if all {
			inARow++
		} else {
			inARow = 0
		}
		admins = admins[1:]
	}
	return slices.Concat(admins, again), failed, nil // first those whose turn did not come
}

// judge reports whether to list again later, and whether the other administrators would meet the same error.
func judge(err error) (later, all bool) {
	cause := err
	if incomplete, ok := errors.AsType[*confopenapi.IncompleteError](err); ok {
		cause = incomplete.Err // errors.Is does not see a token that was refused at a later page
	}
	source, ok := errors.AsType[*confopenapi.RequestError](cause)
	all = errors.Is(cause, confopenapi.ErrUnauthorized) || ok && source.Field == "token"
	timeIsUp := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	return all || timeIsUp || confopenapi.IsRetryable(err), all
}
