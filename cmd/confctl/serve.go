package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// serve is what the flags say.
type serve struct {
	*app
	addr         string
	conferences  int
	seed         uint64
	churn        confopenapitest.Churn
	order, total string
	paging       livelist.Paging
	maxCount     int
	filterLate   bool
	latency      time.Duration
	failing      float64
	exampleNames bool
}

// newServeCommand runs the fake service for others.
func newServeCommand(a *app) *cobra.Command {
	s := &serve{app: a}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: a.Sprintf("run a fake service, for demos and for trying clients"),
		Long: a.Sprintf("Serve made-up conferences as the vendor documents, until Ctrl-C; the exit code is then 0. The two lines on stdout are for a shell: they make other programs, and confctl in another terminal, call this service. The token is made up and not a secret.") + "\n\n" +
			a.Sprintf("The list changes with every request, not with time. Where the documentation says nothing, the real service's behaviour is unknown: the flags imitate what it may do.") + "\n\n" +
			a.Sprintf("With -v each request is logged as one line on stderr.") + "\n\n" +
			a.Sprintf("Orders: start-down and start-up are by start time, event-up and event-down by event id, number-up to text-down by conference id, as a number or as text. start-only is by start time too; conferences with the same start have a fixed order that nothing shows. arbitrary is a fixed order that nothing shows, given that of creation. The others change: in loose-ties conferences with the same start change places, in swap-remove the last one takes the place of one that ended, in re-entry one that resumes comes first, in sorted-page each page is sorted by itself, and shuffled is another order with every request.") + "\n\n" +
			a.Sprintf("Totals: exact counts the conferences that can be listed, raw also those that the request hides, page those of the page. cached is exact but old, noisy is wrong by up to 2 %%, doubled is twice too many, zero is always 0, negative always -1, and skipped is exact, but on a short page it is the number of its last conference."),
		Example: examples(
			example{"confctl serve", a.Sprintf("60 conferences on a free port of this machine")},
			example{"confctl serve --addr 127.0.0.1:8080 --conferences 5000 --churn 4", a.Sprintf("a long list that changes fast, at a known address")},
			example{"confctl serve --max-count 100 --order arbitrary --latency 50ms", a.Sprintf("a service with unusual behaviour, for confctl doctor to find")},
		),
		Annotations: offline,
		RunE:        func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&s.addr, "addr", "127.0.0.1:0", a.Sprintf("listen at `HOST:PORT`; port 0 is a free one"))
	flags.IntVar(&s.conferences, "conferences", 60, a.Sprintf("begin with `N` conferences"))
	flags.Uint64Var(&s.seed, "seed", 1, a.Sprintf("another `N` makes up other conferences"))
	flags.Float64Var(&s.churn.Rate, "churn", 0.2, a.Sprintf("`RATE` of starts and ends per request; 0 is a list at rest"))
	flags.Float64Var(&s.churn.Toggle, "toggle", 0.2, a.Sprintf("`RATE` of conferences per request that change to one attendee, or from one to more"))
	flags.Float64Var(&s.churn.Resume, "resume", 0, a.Sprintf("`SHARE` of the ended conferences that resume, from 0 to 1"))
	flags.StringVar(&s.order, "order", orderNames()[confopenapitest.OrderStartDown], a.Sprintf("`ORDER` of the list: %s", locale.List(a.Printer, orderNames())))
	flags.IntVar(&s.maxCount, "max-count", 0, a.Sprintf("pages of at most `N` conferences, whatever is requested"))
	flags.IntVar(&s.paging.Reject, "reject-count", 0, a.Sprintf("refuse requests for more than `N` conferences per page"))
	flags.IntVar(&s.paging.Depth, "max-depth", 0, a.Sprintf("never show more than the first `N` conferences"))
	flags.BoolVar(&s.paging.OddCounts, "round-counts", false, a.Sprintf("treat counts that are not a multiple of ten as 20"))
	flags.BoolVar(&s.paging.IgnoreCount, "ignore-count", false, a.Sprintf("pages of 20, whatever is requested"))
	flags.BoolVar(&s.paging.IgnorePage, "ignore-page", false, a.Sprintf("every page is the first"))
	flags.BoolVar(&s.paging.RepeatLast, "repeat-last-page", false, a.Sprintf("pages beyond the end repeat the last page"))
	flags.BoolVar(&s.filterLate, "filter-after-paging", false, a.Sprintf("hiding conferences with one attendee makes pages shorter"))
	flags.StringVar(&s.total, "total", totalNames[0], a.Sprintf("what totalCount is: `TOTAL` is %s", locale.List(a.Printer, totalNames)))
	flags.BoolVar(&s.exampleNames, "example-spelling", false, a.Sprintf("confName and guestPcode instead of title and pcode2"))
	flags.DurationVar(&s.latency, "latency", 0, a.Sprintf("delay each response by `DURATION`, such as 50ms"))
	flags.Float64Var(&s.failing, "fail", 0, a.Sprintf("respond with HTTP 503 to this `SHARE` of the requests, from 0 to 1"))
	_ = cmd.RegisterFlagCompletionFunc("order", cobra.FixedCompletions(orderNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("total", cobra.FixedCompletions(totalNames, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (s *serve) run(cmd *cobra.Command) error {
	options, err := s.options(cmd)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", s.addr)
	if err != nil {
		return s.unheard(s.addr, err)
	}
	service := confopenapitest.New(options...)
	server := &http.Server{
		Handler:           service,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return cmd.Context() }, // which ends slow responses
	}
	if s.verbose {
		server.Handler = &logged{service: service, print: func(r confopenapitest.Request) {
			fmt.Fprintln(s.stderr, show.Printable(fmt.Sprintf("%s %s", time.Now().In(s.zone).Format(time.TimeOnly+"Z07:00"), r)))
		}}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	unwritten := s.announce(listener.Addr(), service.Token())
	if unwritten == nil {
		select {
		case <-cmd.Context().Done():
		case err = <-served:
			return err
		}
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), time.Second)
	defer cancel()
	if server.Shutdown(patience) != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return s.output(unwritten)
}

// unheard is the problem of an address to listen at. People forget the colon before a port.
func (a *app) unheard(addr string, err error) error {
	if wrong, ok := errors.AsType[*net.AddrError](err); ok {
		err = wrong // without what was being done, which is English
	}
	if _, number := strconv.ParseUint(addr, 10, 16); number == nil {
		return a.unsent(a.Sprintf("did you mean %s?", "--addr 127.0.0.1:"+addr), err)
	}
	return a.unsent(a.Sprintf("--addr is a host of this machine and a free port, such as 127.0.0.1:8080"), err)
}

// announce prints what a shell needs to ask the service.
func (s *serve) announce(addr net.Addr, token string) error {
	_, err := fmt.Fprintf(s.stdout, "export %s=%s\nexport %s=%s\n", program.EnvBaseURL, baseURL(addr), program.EnvToken, token)
	s.note(s.Sprintf("Serving %d made-up conferences until Ctrl-C. The two lines above are for the shell of the client; the token is not a secret.", s.conferences))
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		s.note(s.Sprintf("Other machines can connect. Over plain http confctl sends a token only to its own machine: other machines need TLS in front of this service."))
	}
	return err
}

// baseURL is an address that a client on this machine can use: who listens at all addresses is not called by that name.
func baseURL(addr net.Addr) string {
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return (&url.URL{Scheme: "http", Host: host}).String() // which escapes the zone of an IPv6 address
}

// options makes sense of the flags.
func (s *serve) options(cmd *cobra.Command) ([]confopenapitest.Option, error) {
	for _, f := range []struct {
		name       string
		value, max float64
	}{
		{"conferences", float64(s.conferences), 1e6},
		{"churn", s.churn.Rate, 1000},
		{"toggle", s.churn.Toggle, 1000},
		{"resume", s.churn.Resume, 1},
		{"fail", s.failing, 1},
		{"latency", s.latency.Seconds(), 3600},
		{"max-count", float64(s.maxCount), 1e6},
		{"reject-count", float64(s.paging.Reject), 1e6},
		{"max-depth", float64(s.paging.Depth), 1e6},
	} {
		if !(f.value >= 0 && f.value <= f.max) { // which NaN is not
			most := strconv.FormatFloat(f.max, 'f', -1, 64)
			if f.name == "latency" {
				most = "1h"
			}
			return nil, s.misused(cmd, nil, s.Sprintf("--%s must be from 0 to %s, not %s", f.name, most, cmd.Flag(f.name).Value.String()))
		}
	}
	order := slices.Index(orderNames(), s.order)
	if order < 0 {
		return nil, s.misused(cmd, oneOf(s.order, orderNames()), s.Sprintf("--%s: bad value %q", "order", s.order))
	}
	total := slices.Index(totalNames, s.total)
	if total < 0 {
		return nil, s.misused(cmd, oneOf(s.total, totalNames), s.Sprintf("--%s: bad value %q", "total", s.total))
	}
	s.paging.Total = livelist.Totals()[total]
	s.churn.Seed = s.seed
	options := []confopenapitest.Option{
		confopenapitest.WithOrder(confopenapitest.Order(livelist.Orders()[order])),
		confopenapitest.WithPaging(s.paging),
		confopenapitest.WithRequestLog(logLength),
	}
	options = append(alive(s.conferences, s.seed, s.churn), options...)
	if s.maxCount > 0 {
		options = append(options, confopenapitest.WithMaxCount(s.maxCount))
	}
	if s.filterLate {
		options = append(options, confopenapitest.WithFilterAfterPaging())
	}
	if s.exampleNames {
		options = append(options, confopenapitest.WithExampleSpelling())
	}
	var rules []confopenapitest.Rule // of which the first that applies counts
	if s.failing > 0 {
		unavailable := confopenapitest.Status(http.StatusServiceUnavailable).After(s.latency)
		rules = append(rules, confopenapitest.Rule{Fault: unavailable, Probability: s.failing, Seed: s.seed})
	}
	if s.latency > 0 {
		rules = append(rules, confopenapitest.Rule{Fault: confopenapitest.Delay(s.latency)})
	}
	return append(options, confopenapitest.WithFaults(rules...)), nil
}

// totalNames are those of livelist.Totals, in their order.
var totalNames = []string{"exact", "raw", "page", "cached", "noisy", "doubled", "zero", "negative", "skipped"}

func orderNames() []string {
	var names []string
	for _, order := range livelist.Orders() {
		names = append(names, strings.ReplaceAll(order.String(), " ", "-"))
	}
	return names
}

// logLength is more than are served at once, so that no request is forgotten before it is logged.
const logLength = 256

// logged prints each request once it is served.
type logged struct {
	service *confopenapitest.Server
	print   func(confopenapitest.Request)

	mu   sync.Mutex
	last int // the number of the request that was printed last
}

func (l *logged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer l.flush() // also when a fault aborts the connection
	l.service.ServeHTTP(w, r)
}

func (l *logged) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.service.Requests() {
		if r.Number > l.last {
			l.last = r.Number
			l.print(r)
		}
	}
}
