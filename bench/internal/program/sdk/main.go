// Sdk asks for a page of live conferences with this SDK, and prints how many came.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/confopenapi/confopenapi-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	client, err := confopenapi.NewClient(os.Getenv("CONFOPENAPI_BASE_URL"), confopenapi.WithToken(os.Getenv("CONFOPENAPI_TOKEN")))
	if err != nil {
		return err
	}
	page, err := client.ListByStatus(context.Background(), &confopenapi.ListByStatusRequest{Page: 1, Count: 20})
	if err != nil {
		return err
	}
	fmt.Println(len(page.Conferences), "of", page.TotalCount)
	return nil
}
