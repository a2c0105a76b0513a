package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/alert"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/metrics"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/web"
)

// webPage is what the flags say.
type webPage struct {
	*app
	addr                 string
	interval, staleAfter time.Duration
	passwordFile         string
	certFile, keyFile    string
	publicURL            string
	maxPages, centers    int
	store                string
	keepDays             uint
	nats, credentials    string
}

// newWebCommand shows the list as a page.
func newWebCommand(a *app) *cobra.Command {
	p := &webPage{app: a}
	cmd := &cobra.Command{
		Use:   "web",
		Short: a.Sprintf("show the live conferences as a page, and to Prometheus"),
		Long: a.Sprintf("Show the live conferences as a page in the browser, until Ctrl-C; the exit code is then 0. One poller feeds all pages, GET /api/v1/live, and GET /metrics for Prometheus.") + "\n\n" +
			a.Sprintf("Other machines get the page only with --password-file, and over TLS: with --tls-cert and --tls-key, or behind a proxy at --public-url that sets X-Forwarded-Proto. A browser asks for a user name and the password: any user name will do. Programs send the password in a header: Authorization: Bearer PASSWORD.") + "\n\n" +
			a.Sprintf("The certificate and its key are PEM files, which begin with -----BEGIN. The certificate has the name or the IP address by which browsers open the page, and behind it the certificates of its issuers. On the Internet an authority such as Let's Encrypt issues it; in an inner network, those who run it do, or you issue it yourself with openssl, and browsers warn until that certificate is installed on their machines."),
		Example: examples(
			example{"confctl web", a.Sprintf("on this machine")},
			example{"confctl web --store meetings.db", a.Sprintf("record which conferences ran when, for confctl history")},
			example{"confctl web --nats conffleet-data/url", a.Sprintf("show what conffleet lists, a program of its own that lists for many administrators")},
			example{"openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=example.com -addext subjectAltName=DNS:example.com,IP:192.0.2.10 -keyout web.key -out web.crt", a.Sprintf("a certificate of your own, for a trial or an inner network: in place of example.com and 192.0.2.10 write the name and the IP address of this machine")},
			example{"confctl web --addr :8443 --password-file web.password --tls-cert web.crt --tls-key web.key", a.Sprintf("for other machines, over TLS")},
			example{"confctl web --password-file web.password --public-url https://live.example.com", a.Sprintf("behind a proxy on this machine")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.run(cmd) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&p.addr, "addr", "127.0.0.1:8033", a.Sprintf("listen at `HOST:PORT`; port 0 is a free one"))
	flags.DurationVar(&p.interval, "interval", 5*time.Second, a.Sprintf("wait for this `DURATION` between polls, 10 %% more or less"))
	flags.DurationVar(&p.staleAfter, "stale-after", 0, a.Sprintf("a list older than this `DURATION` is stale; 0 means 4 intervals, but at least 30s"))
	flags.StringVar(&p.passwordFile, "password-file", "", a.Sprintf("ask for the password in this `FILE`, of 12 characters or more; nobody but its owner may read the file (chmod 600)"))
	flags.StringVar(&p.certFile, "tls-cert", "", a.Sprintf("serve over TLS with the certificate in this `FILE`"))
	flags.StringVar(&p.keyFile, "tls-key", "", a.Sprintf("the key of --tls-cert, in this `FILE`"))
	flags.StringVar(&p.publicURL, "public-url", "", a.Sprintf("the https `URL` at which a proxy shows the page"))
	flags.StringVar(&p.store, "store", "", a.Sprintf("record in this `FILE` which conferences ran when, for confctl history, and send the alerts of ~/.config/confctl/config.toml, for which https://github.com/confopenapi/confopenapi-go/blob/main/docs/history.md has an example"))
	flags.UintVar(&p.keepDays, "keep-days", 365, a.Sprintf("what ended `N` days ago leaves --store; 0 keeps all"))
	flags.StringVar(&p.nats, "nats", "", a.Sprintf("show what the program conffleet lists; NATS, the message server that it uses, is at this `URL` or at the URL in this file, which conffleet writes; --interval is then that of conffleet, 1m by default"))
	flags.StringVar(&p.credentials, "nats-creds", "", a.Sprintf("the credentials for NATS, in this `FILE`"))
	flags.IntVar(&p.maxPages, "max-pages", 100, a.Sprintf("`N` pages follow the list at most"))
	flags.IntVar(&p.centers, "metrics-centers", 20, a.Sprintf("`N` data centres have labels of their own in /metrics, all others are \"other\""))
	return cmd
}

// check validates the flags before anything is sent.
func (p *webPage) check(cmd *cobra.Command) (o web.Options, err error) {
	bad := func(name string) error {
		return p.misused(cmd, nil, p.Sprintf("--%s: bad value %q", name, cmd.Flag(name).Value.String()))
	}
	if p.nats != "" {
		if err := p.checkFleet(cmd); err != nil {
			return o, err
		}
	}
	switch {
	case p.credentials != "" && p.nats == "":
		return o, p.misused(cmd, nil, p.Sprintf("--nats-creds is only for --nats"))
	case p.interval <= 0:
		return o, bad("interval")
	case p.staleAfter < 0:
		return o, bad("stale-after")
	case p.maxPages < 1:
		return o, bad("max-pages")
	case p.centers < 0:
		return o, bad("metrics-centers")
	case (p.certFile == "") != (p.keyFile == ""):
		return o, p.unsent(p.Sprintf("give both --tls-cert and --tls-key, or neither"), errors.New(p.Sprintf("a certificate and its key belong together")))
	}
	if p.certFile != "" {
		certificate, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
		if _, unread := errors.AsType[*fs.PathError](err); err != nil && !unread {
			err = errors.New(p.Sprintf("%s is not a certificate, or %s is not its key: are the two files swapped?", p.certFile, p.keyFile))
		}
		if err != nil {
			return o, p.unsent(p.Sprintf("--tls-cert and --tls-key are PEM files that belong together"), err)
		}
		o.TLS = &certificate
	}
	if p.publicURL != "" {
		if o.PublicURL, err = url.Parse(p.publicURL); err != nil || o.PublicURL.Scheme != "https" || o.PublicURL.Hostname() == "" {
			return o, p.misused(cmd, []string{"--public-url https://live.example.com"}, p.Sprintf("--public-url is a whole address with https://, not %q", p.publicURL))
		}
	}
	if o.Password, err = p.password(); err != nil {
		return o, err
	}
	if _, _, err := net.SplitHostPort(p.addr); err != nil {
		return o, p.unheard(p.addr, err)
	}
	if p.isOpen() && o.Password == "" {
		hint := p.Sprintf("add --password-file, or listen at 127.0.0.1 only")
		if p.publicURL != "" {
			hint = p.Sprintf("add --password-file: --public-url shows the page to others")
		}
		return o, p.unsent(hint, errors.New(p.Sprintf("other machines could read the list without a password")))
	}
	if p.isOpen() && o.TLS == nil && o.PublicURL == nil {
		return o, p.unsent(p.Sprintf("add --tls-cert and --tls-key, or --public-url if a proxy does that"), errors.New(p.Sprintf("the password would go over the network in plain text")))
	}
	o.Interval, o.StaleAfter = p.interval, p.staleAfter
	if o.StaleAfter == 0 {
		o.StaleAfter = max(4*p.interval, 30*time.Second)
	}
	o.MaxStreams, o.Centers, o.WithPersonalData, o.Request = p.maxPages, p.centers, p.withPersonalData, p.request
	return o, nil
}

// isOpen reports whether other machines may reach the page.
func (p *webPage) isOpen() bool {
	host, _, err := net.SplitHostPort(p.addr)
	addr, parsed := netip.ParseAddr(host)
	return p.publicURL != "" || err != nil || host != "localhost" && (parsed != nil || !addr.IsLoopback())
}

const minPassword = 12

func (p *webPage) password() (string, error) {
	if p.passwordFile == "" {
		return "", nil
	}
	if err := config.Private(p.passwordFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", p.misconfigured(err)
	}
	text, err := os.ReadFile(p.passwordFile)
	if err != nil {
		return "", p.unsent(p.Sprintf("--password-file is a file with the password only"), err)
	}
	password := program.TrimBlanks(string(text[:min(len(text), maxToken)]))
	if len(password) < minPassword {
		return "", p.unsent(p.Sprintf("use 12 characters or more"), errors.New(p.Sprintf("the password in %s is too short", p.passwordFile)))
	}
	return password, nil
}

func (p *webPage) run(cmd *cobra.Command) error {
	o, err := p.check(cmd)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", p.addr)
	if err != nil {
		return p.unheard(p.addr, err)
	}
	defer func() { _ = listener.Close() }()
	english, chinese := locale.Printer(language.English), locale.Printer(language.Chinese)
	both := func(say func(*message.Printer) string) web.Text {
		return web.Text{English: say(english), Chinese: say(chinese)}
	}
	o.Explain = func(err error) web.Text {
		return both(func(in *message.Printer) string {
			return show.Printable(program.Describe(in, (&app{Printer: in}).unfollowed(err)))
		})
	}
	if p.nats != "" {
		if o.Fleet, err = p.connect(); err != nil {
			return err
		}
		defer o.Fleet.Close()
		o.Service = o.Fleet.Name()
		return p.serve(cmd.Context(), listener, o)
	}
	o.Calls = metrics.NewCalls()
	service, err := p.openOr(cmd.Context(), eventful, confopenapi.WithObserver(o.Calls.Observer()))
	if err != nil {
		return err
	}
	defer service.Close()
	o.Client, o.Service, o.Embedded = service.Client, service.Name, service.Embedded()
	end, err := p.keep(cmd.Context(), service, &o)
	if err != nil {
		return err
	}
	defer end()
	o.ExplainStore = func(err error) web.Text {
		return both(func(in *message.Printer) string {
			return show.Printable(program.Describe(in, (&app{Printer: in}).undelivered(err)))
		})
	}
	o.Because = func(reason confopenapi.Reason) web.Text {
		return both(func(in *message.Printer) string { return program.Because(in, reason) })
	}
	o.OnState = func(state web.State, err error) {
		switch {
		case state == web.StateStale:
			p.say(p.Sprintf("The list is stale: no listing was proven for %s.", o.StaleAfter.String()))
		case err != nil:
			p.report(err)
		default:
			p.say(p.Sprintf("Polls succeed again."))
		}
	}
	return p.serve(cmd.Context(), listener, o)
}

// say and report put the time before what happens while the page is served.
func (p *webPage) say(text string) { p.note(p.clock() + " " + text) }

func (p *webPage) report(err error) {
	v := p.voice()
	v.Name = p.clock() + " " + v.Name
	v.Report(p.stderr, err)
}

func (p *webPage) clock() string { return time.Now().In(p.zone).Format(time.DateTime) }

// serve says where the page is, and serves it.
func (p *webPage) serve(ctx context.Context, listener net.Listener, o web.Options) error {
	address := baseURL(listener.Addr())
	if o.TLS != nil {
		address = "https" + address[len("http"):]
	}
	o.OnHandshake = func(remote string) {
		p.note(p.Sprintf("%s did not complete the TLS handshake: perhaps it does not trust the certificate, or uses http instead of https. Later ones are not shown.", remote))
	}
	p.note(p.Sprintf("The page is at %s until Ctrl-C.", address+"/"))
	switch tcp, _ := listener.Addr().(*net.TCPAddr); {
	case p.publicURL != "":
		p.note(p.Sprintf("Others open it at %s.", p.publicURL))
	case tcp != nil && tcp.IP.IsUnspecified():
		p.note(p.Sprintf("Other machines open %s; NAME is a name or an IP address in the certificate.", "https://NAME:"+strconv.Itoa(tcp.Port)+"/"))
	}
	return web.New(o).Serve(ctx, listener)
}

// keep records in the file of --store, if there is one. The page shows what is there and what its alerts report.
func (p *webPage) keep(ctx context.Context, service *program.Service, o *web.Options) (end func(), err error) {
	if p.store == "" {
		if c, err := p.config(); err == nil && len(c.Rules) > 0 {
			p.note(p.Sprintf("The alerts in %s need --store: none is sent.", c.Path))
		}
		return func() {}, nil
	}
	problems, post := queue()
	var full atomic.Bool // or whatever keeps the history from being written
	store, end, err := p.recording(ctx, p.store, p.keepDays, service, func(err error) {
		if _, lost := errors.AsType[*alert.DeliveryError](err); lost || !full.Swap(true) {
			p.report(p.undelivered(err))
			post(err)
		}
	})
	if err != nil {
		return nil, err
	}
	past, err := store.Samples(ctx, history.Filter{From: time.Now().Add(-24 * time.Hour)})
	if err != nil {
		end()
		return nil, p.unopened(p.store, err)
	}
	for _, s := range slices.Backward(past) {
		if s.Verdict == confopenapi.VerdictIncomplete.String() {
			continue // the page has none of these either
		}
		o.Past = append(o.Past, web.Sample{
			At: s.At, Conferences: s.Conferences, Attendees: s.Attendees, Clients: [...]int{s.VoIP, s.PSTN, s.Video, s.Desktop, s.MCU, s.Box},
		})
	}
	o.Record = func(s *confopenapi.Snapshot) error {
		err := store.Record(s)
		switch was := full.Swap(err != nil); {
		case err != nil && !was:
			p.report(p.unrecorded(err))
		case err == nil && was:
			p.say(p.Sprintf("The history is written again."))
		}
		return err
	}
	o.History, o.Problems = history.Handler(store.Reader), problems
	return end, nil
}
