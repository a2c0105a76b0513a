package confopenapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"sync"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// One client lists for many administrators, two at a time. WithLimiter paces all its listings together. A listing that
// fails costs the others nothing.
func ExampleClient_Snapshot_administrators() {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...),
		confopenapitest.WithAdmins(func(admin int64, c confopenapi.Conference) bool { return c.EventID%3 == admin%3 }))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	client, ctx := srv.Client(), context.Background()

	admins := []int64{1001, 1002, 1003}
	counts, errs := make([]int, len(admins)), make([]error, len(admins))
	slots := make(chan struct{}, 2) // listings at a time
	var group sync.WaitGroup
	for i, admin := range admins {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			// Parallel is 1 because there are enough listings.
			snap, err := client.Snapshot(ctx, &confopenapi.ListByStatusRequest{AdminUserID: admin}, &confopenapi.SnapshotOptions{Parallel: 1})
			if err != nil {
				errs[i] = fmt.Errorf("administrator %d: %w", admin, err)
				return
			}
			counts[i] = len(snap.Conferences)
		})
	}
	group.Wait()
	fmt.Println(counts, errors.Join(errs...))
	// Output: [15 15 15] <nil>
}
