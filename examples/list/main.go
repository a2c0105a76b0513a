// List prints one page of the live conferences as a table.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/examples/internal/service"
)

func main() {
	var req confopenapi.ListByStatusRequest
	flag.IntVar(&req.Page, "page", 1, "the `number` of the page")
	flag.IntVar(&req.Count, "count", 20, "conferences per page; the service may return fewer")
	flag.Int64Var(&req.AdminUserID, "admin", 0, "the user `id` of an administrator; 0 is the super administrator")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := list(ctx, os.Stdout, &req); err != nil {
		log.Fatal(err)
	}
}

func list(ctx context.Context, w io.Writer, req *confopenapi.ListByStatusRequest) error {
	client, stop, err := service.Open()
	if err != nil {
		return err
	}
	defer stop()
	page, err := client.ListByStatus(ctx, req)
	if err != nil {
		return err
	}

	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EVENT\tCONFERENCE\tSTART (UTC)\tMINUTES\tATTENDEES\tSTATUS\tTITLE")
	for _, c := range page.Conferences {
		// The title is text of other people: %q keeps control characters off the terminal.
		fmt.Fprintf(table, "%d\t%q\t%s\t%d\t%d\t%v\t%q\n",
			c.EventID, c.ConferenceID, c.StartTime.Time().UTC().Format(time.DateTime), c.DurationMinutes, c.AttendeeCount, c.Status, c.Title)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d of %d live conferences, page %d\n", len(page.Conferences), page.TotalCount, req.Page)
	return err
}
