// First is a first program: what the SDK is used for most, against a fake service, in one piece.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second) // ends the watch below, too
	defer cancel()

	// A fake service with 45 conferences, of which one starts or ends with each request.
	srv, err := confopenapitest.Start(
		confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...),
		confopenapitest.WithChurn(confopenapitest.Churn{Rate: 1, Seed: 1}))
	must(err)
	defer srv.Close()

	client, err := confopenapi.NewClient(srv.URL, confopenapi.WithToken(srv.Token())) // or your service's address and token
	must(err)
	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Count: 3})
	must(err)
	fmt.Println(page) // 3 of 44 conferences

	snap, err := client.Snapshot(ctx, nil, nil) // the whole list; nil: no filter, and the default options
	must(err)
	fmt.Println(len(snap.Conferences), snap.Report) // 43 complete: 43 conferences (the server counts 41) in 5 calls …

	once, err := client.With(confopenapi.WithRetry(confopenapi.RetryPolicy{MaxAttempts: 1})) // or a retry hides the failures
	must(err)
	srv.FailNext(1, confopenapitest.Status(503))
	if _, err = once.ListByStatus(ctx, nil); errors.Is(err, confopenapi.ErrServer) {
		fmt.Println("try later:", err)
	}
	srv.FailNext(1, confopenapitest.BusinessStatus(4011, "null")) // HTTP 200, "status":4011, "result":null
	_, err = once.ListByStatus(ctx, nil)
	if refusal, ok := errors.AsType[*confopenapi.StatusError](err); ok {
		fmt.Println("refused, with business status", refusal.Code)
	}

	for event, err := range client.Watch(ctx, nil, &confopenapi.WatchOptions{Interval: 100 * time.Millisecond}) {
		must(err)
		if event.Kind != confopenapi.EventExisting { // the first poll yields what is there
			fmt.Println(event)
		}
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
