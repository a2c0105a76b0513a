// Consumer is a program of somebody who has the SDK from a release. It lists an embedded fake in every way.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func main() {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(45, 1)...))
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	source := confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret(srv.Token()), Expiry: time.Now().Add(time.Hour)}, nil
	}))
	client, err := confopenapi.NewClient(srv.URL, confopenapi.WithTokenSource(source), confopenapi.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := list(ctx, client); err != nil {
		log.Print(err)
	}
}

// list prints how many conferences each way of listing finds.
func list(ctx context.Context, client *confopenapi.Client) error {
	page, err := client.ListByStatus(ctx, &confopenapi.ListByStatusRequest{Count: 10, FilterOneAttendee: new(false)})
	if err != nil {
		return err
	}
	fmt.Println("page", len(page.Conferences), page.TotalCount)

	all := 0
	for conf, err := range client.Pager(nil, &confopenapi.PagerOptions{Require: confopenapi.VerdictComplete}).All(ctx) {
		if err != nil {
			return err
		}
		if conf.Identity().ConferenceID == "" {
			return errors.New("a conference without an id")
		}
		all++
	}
	fmt.Println("all", all)

	snap, err := client.Snapshot(ctx, nil, &confopenapi.SnapshotOptions{Parallel: 2})
	if err != nil {
		return err
	}
	fmt.Println("snapshot", len(snap.Conferences), snap.Report.Verdict)

	var kinds []confopenapi.EventKind
	for event, err := range client.Watch(ctx, nil, nil) {
		if err != nil {
			return err
		}
		if kinds = append(kinds, event.Kind); len(kinds) == all {
			break
		}
	}
	fmt.Println("watch", len(kinds), slices.Compact(kinds))

	total, _, err := confopenapi.Call[struct {
		TotalCount int `json:"totalCount"`
	}](ctx, client, "confopenapi/conference/listbystatus", map[string]int{"page": 1}, confopenapi.Idempotent())
	if err != nil {
		return err
	}
	fmt.Println("call", total.TotalCount)
	return nil
}
