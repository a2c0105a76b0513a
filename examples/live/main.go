// Live serves the live conferences of an organisation, GET /live?org=1, from memory: no request calls the service.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/service"
)

type conference struct {
	Title     string    `json:"title"`
	Start     time.Time `json:"start"`
	Attendees int       `json:"attendees"`
}

// live responds with the conferences of ?org=, of all organisations without it.
func live(view *confopenapi.View) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		org, err := strconv.ParseInt(cmp.Or(r.FormValue("org"), "0"), 10, 64)
		if err != nil {
			http.Error(w, "org is not a number", http.StatusBadRequest)
			return
		}
		status := view.Status() // before List: the list is then at least as new
		if status.At.IsZero() {
			http.Error(w, "the first listing has not come yet", http.StatusServiceUnavailable)
			return
		}
		response := struct {
			At          time.Time    `json:"at"` // how old the list may be
			Verdict     string       `json:"verdict"`
			FailedPolls int          `json:"failedPolls"`     // since then
			Error       string       `json:"error,omitempty"` // of the last poll
			Conferences []conference `json:"conferences"`
		}{At: status.At, Verdict: status.Report.Verdict.String(), FailedPolls: status.Failed, Conferences: []conference{}}
		if status.Err != nil {
			response.Error = status.Err.Error() // without personal data
		}
		for _, c := range view.List() {
			if org == 0 || c.HostOrgID == org {
				response.Conferences = append(response.Conferences, conference{c.Title, c.StartTime.Time(), c.AttendeeCount})
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(response) // an error: the client is gone
	}
}

func main() {
	address := flag.String("address", "127.0.0.1:8080", "listen at `host:port`")
	wait := flag.Duration("for", 0, "end after this `time`; 0 means never")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := serve(ctx, *address, *wait); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, address string, wait time.Duration) error {
	client, stop, err := service.Open(confopenapitest.WithConferences(confopenapitest.Conferences(50, 1)...))
	if err != nil {
		return err
	}
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	view := client.View(nil, nil)
	polling := make(chan error, 1)
	go func() { polling <- view.Run(ctx); cancel() }() // a refusal for good ends the program
	mux := http.NewServeMux()
	mux.Handle("GET /live", live(view))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	fmt.Printf("live conferences at http://%s/live\n", listener.Addr())
	if wait > 0 {
		time.AfterFunc(wait, cancel)
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-polling
}
