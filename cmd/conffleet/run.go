package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

// runner is what the flags of run say.
type runner struct {
	*app
	admins, baseURL         string
	tokenFile, tokenCommand string
	interval, timeout       time.Duration
	rate                    float64
	slots                   int
	listen, metrics         string
	sync                    bool
	retention               fleet.Retention
	eventsBytes, stateBytes int64 // MB
}

func newRunCommand(a *app) *cobra.Command {
	r := &runner{app: a}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "schedule and work, until SIGTERM",
		Long: "Schedule tasks, and work on them, until SIGTERM or Ctrl-C. Tasks in progress are finished then, or returned to the queue.\n\n" +
			"Start it on as many machines as needed, with one NATS_URL. One of those with --admins schedules. All get the same --rate and --interval.",
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&r.admins, "admins", "", "`FILE` with the user id of an administrator on each line; read again every interval; without it, the process only works")
	f.DurationVar(&r.interval, "interval", time.Minute, "list each administrator once in this `DURATION`")
	f.Float64Var(&r.rate, "rate", 50, "`REQUESTS` a second that the whole fleet may send")
	f.IntVar(&r.slots, "slots", 32, "`N` tasks at the same time in this process")
	f.DurationVar(&r.timeout, "timeout", 30*time.Second, "`DURATION` of a task at most")
	f.StringVar(&r.baseURL, "base-url", "", "`URL` of the service, instead of CONFOPENAPI_BASE_URL")
	f.StringVar(&r.tokenFile, "token-file", "", "read the token from this `FILE`, again when it is refused, instead of CONFOPENAPI_TOKEN")
	f.StringVar(&r.tokenCommand, "token-command", "", "run this `COMMAND` of the shell for a token, again when it is refused")
	f.StringVar(&r.listen, "listen", "127.0.0.1:0", "`HOST:PORT` of the embedded NATS; port 0 is a free one")
	f.BoolVar(&r.sync, "sync", false, "embedded NATS: write to the disk before anything is acknowledged; otherwise a power failure can lose two minutes")
	f.StringVar(&r.metrics, "metrics", "", "serve /metrics for Prometheus, and /status as JSON, at this `HOST:PORT`")
	f.IntVar(&r.retention.Replicas, "replicas", 1, "`N` nodes of the NATS cluster keep every stream and bucket: 1, 3 or 5")
	f.DurationVar(&r.retention.Events, "keep-events", 7*24*time.Hour, "`DURATION` for which events are kept")
	f.Int64Var(&r.eventsBytes, "max-events", 8192, "`MB` of events at most; when they are full, nothing is published until old ones go")
	f.DurationVar(&r.retention.State, "keep-state", 30*24*time.Hour, "`DURATION` for which the state of an administrator is kept who is not listed any more")
	f.Int64Var(&r.stateBytes, "max-state", 0, "`MB` of state at most; 0 = what the disk has")
	return cmd
}

// check validates the flags, before anything is started.
func (r *runner) check() error {
	bad := func(format string, args ...any) error { return misuseError{fmt.Errorf(format, args...)} }
	if r.baseURL == "" {
		r.baseURL = r.env("CONFOPENAPI_BASE_URL")
	}
	switch {
	case r.baseURL == "":
		return bad("set CONFOPENAPI_BASE_URL or --base-url")
	case r.interval < time.Second:
		return bad("--interval %s: it is less than 1s", r.interval)
	case r.rate <= 0:
		return bad("--rate %g: it is not positive", r.rate)
	case r.slots < 1 || r.slots > 1000:
		return bad("--slots %d: it is not from 1 to 1000", r.slots)
	case r.timeout < time.Second:
		return bad("--timeout %s: it is less than 1s", r.timeout)
	case r.tokenFile != "" && r.tokenCommand != "":
		return bad("give --token-file or --token-command, not both")
	}
	r.retention.EventsBytes, r.retention.StateBytes = r.eventsBytes<<20, r.stateBytes<<20
	return nil
}

// token is where the token comes from.
func (r *runner) token() (confopenapi.Option, error) {
	var fetch func(context.Context) ([]byte, error)
	switch {
	case r.tokenCommand != "":
		fetch = func(ctx context.Context) ([]byte, error) {
			out, err := exec.CommandContext(ctx, "sh", "-c", r.tokenCommand).Output() //nolint:gosec // the operator's own command
			return out, err
		}
	case r.tokenFile != "":
		fetch = func(context.Context) ([]byte, error) { return os.ReadFile(r.tokenFile) }
	case r.env("CONFOPENAPI_TOKEN") != "":
		return confopenapi.WithToken(strings.TrimSpace(r.env("CONFOPENAPI_TOKEN"))), nil
	default:
		return nil, misuseError{errors.New("set CONFOPENAPI_TOKEN, --token-file or --token-command")}
	}
	return confopenapi.WithTokenSource(confopenapi.CacheTokens(confopenapi.TokenSourceFunc(func(ctx context.Context) (confopenapi.Token, error) {
		text, err := fetch(ctx)
		return confopenapi.Token{Value: confopenapi.NewSecret(strings.TrimSpace(string(text)))}, err
	}))), nil
}

func (r *runner) run(ctx context.Context) error {
	if err := r.check(); err != nil {
		return err
	}
	token, err := r.token()
	if err != nil {
		return err
	}
	if r.admins != "" {
		if _, err := fleet.ReadAdmins(r.admins); err != nil {
			return misuseError{err}
		}
	}
	log := slog.New(slog.NewTextHandler(r.stderr, nil))
	url := r.env("NATS_URL")
	if url == "" {
		embedded, err := fleet.StartEmbedded(r.store, r.listen, r.sync)
		if err != nil {
			return err
		}
		defer embedded.Close()
		url = embedded.URL
		log.Info("NATS runs in this process", "folder", r.store)
	}
	conn, err := fleet.Connect(url, fleet.Watched(log))
	if err != nil {
		return err
	}
	defer conn.Close()
	if !conn.IsConnected() {
		log.Warn("NATS does not respond yet; this process waits for it for a minute")
	}
	store, err := fleet.Open(ctx, conn, r.retention)
	if err != nil {
		return err
	}
	id := strings.ToLower(rand.Text()[:8])
	worker, err := fleet.NewWorker(store, id, r.baseURL, r.rate, token)
	if err != nil {
		return err
	}
	worker.Slots, worker.Timeout, worker.Log = r.slots, r.timeout, log

	var group sync.WaitGroup
	defer group.Wait()
	working, stop := context.WithCancel(ctx)
	defer stop()
	if r.metrics != "" {
		if err := r.serve(working, &group, store); err != nil {
			return err
		}
	}
	if r.admins != "" {
		scheduler := &fleet.Scheduler{Store: store, ID: id, Interval: r.interval, Admins: func() ([]int64, error) { return fleet.ReadAdmins(r.admins) }, Log: log}
		group.Go(func() { scheduler.Run(working) })
	}
	log.Info("working", "worker", id, "slots", r.slots, "rate", r.rate)
	worker.Run(working)
	log.Info("stopped", "worker", id)
	return nil
}

// serve shows the fleet to Prometheus and other programs.
func (r *runner) serve(ctx context.Context, group *sync.WaitGroup, store *fleet.Store) error {
	picture, err := fleet.NewPicture(ctx, store)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.metrics)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	show := func(path, contentType string, write func(*fleet.Status, http.ResponseWriter) error) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, req *http.Request) {
			status, err := picture.Status(req.Context())
			if err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", contentType)
			_ = write(status, w) // the reader has gone
		})
	}
	show("/metrics", "text/plain; version=0.0.4; charset=utf-8", func(s *fleet.Status, w http.ResponseWriter) error { return s.WriteMetrics(w) })
	show("/status", "application/json", func(s *fleet.Status, w http.ResponseWriter) error { return writeJSON(w, s) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	group.Go(func() { _ = server.Serve(listener) })
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return nil
}
