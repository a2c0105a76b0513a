// Ndjson writes all live conferences into a file, one JSON object a line.
//
// The file gets its name when everything is listed: a reader never sees half a list. It holds personal data and
// passcodes, so only its owner can read it. The export command of cmd/confctl can do more: it resumes, masks personal data,
// and writes CSV and XLSX.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/service"
)

func main() {
	name := flag.String("o", "conferences.ndjson", "the `file` to write or to replace")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := export(ctx, *name); err != nil {
		log.Fatal(err)
	}
}

func export(ctx context.Context, name string) error {
	// The fake list changes while it is listed.
	client, stop, err := service.Open(
		confopenapitest.WithConferences(confopenapitest.Conferences(1000, 1)...), confopenapitest.WithMaxCount(100),
		confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithChurn(confopenapitest.Churn{Seed: 1, Rate: 1}))
	if err != nil {
		return err
	}
	defer stop()

	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // after the rename it is gone
	n, report, err := write(ctx, file, client)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	fmt.Printf("%s: %d conferences; the listing was %s\n", name, n, report)
	return nil
}

// write ends with an error if the listing may have missed a conference.
func write(ctx context.Context, file *os.File, client *confopenapi.Client) (n int, report confopenapi.Report, err error) {
	out := bufio.NewWriter(file)
	lines := json.NewEncoder(out)
	pager := client.Pager(nil, &confopenapi.PagerOptions{OnReport: func(r confopenapi.Report) { report = r }})
	for conf, err := range pager.All(ctx) {
		if err != nil {
			return n, report, err
		}
		if err := lines.Encode(conf); err != nil {
			return n, report, err
		}
		n++
	}
	return n, report, errors.Join(out.Flush(), file.Sync())
}
