//go:build linux

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/confopenapi/confopenapi-go"
)

// newProxy starts a TCP proxy on loopback with toxics in the form of toxiproxy's own interface.
func newProxy(t *testing.T, upstream string, toxics ...string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "proxy", "127.0.0.1:0", upstream)
	for _, toxic := range toxics {
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return proxy
}

// through puts a proxy with toxics before the service.
func through(toxics ...string) func(*scene) {
	return func(s *scene) { s.base = "http://" + newProxy(s.T, s.service(), toxics...).Listen }
}

// sometimes sends one of so many attempts through a proxy with toxics, beginning with the first.
func sometimes(every int, toxics ...string) func(*scene) {
	return func(s *scene) { s.someGo(newProxy(s.T, s.service(), toxics...).Listen, every) }
}

// within bounds each attempt.
func within(d time.Duration, set func(*scene)) func(*scene) {
	return func(s *scene) {
		set(s)
		s.opts = append(s.opts, confopenapi.WithAttemptTimeout(d))
	}
}

// downThen has a proxy go down at the third attempt, or before the first, and up again after two failures.
func downThen(inTheMiddle, upAgain bool) func(*scene) {
	return func(s *scene) {
		proxy := newProxy(s.T, s.service())
		s.base = "http://" + proxy.Listen
		if inTheMiddle {
			s.atThird(proxy.Stop)
		} else {
			proxy.Stop()
		}
		if upAgain {
			s.afterTwoFailures(proxy.Start)
		}
	}
}

const (
	short  = 150 * time.Millisecond // an attempt that must not succeed
	enough = 2 * time.Second        // one that must
	reset  = `{"type":"reset_peer","attributes":{"timeout":0}}`
)

var toxicFaults = []fault{
	{name: "latency 30 ms ± 20 ms, both ways", want: all(proven), set: through(
		`{"type":"latency","stream":"upstream","attributes":{"latency":30,"jitter":20}}`,
		`{"type":"latency","stream":"downstream","attributes":{"latency":30,"jitter":20}}`)},
	{name: "bandwidth 500 kB/s", want: all(proven), set: through(`{"type":"bandwidth","attributes":{"rate":500}}`)},
	{name: "responses in slices of 2 kB", want: all(proven), set: through(
		`{"type":"slicer","attributes":{"average_size":2000,"size_variation":500,"delay":100}}`)},
	{name: "connections closed late", want: all(proven), set: through(`{"type":"slow_close","attributes":{"delay":100}}`)},
	{name: "latency beyond the attempt's timeout", want: all(transport("timeout")), set: within(short, through(
		`{"type":"latency","attributes":{"latency":5000}}`))},
	{name: "responses too slow for the attempt's timeout", want: all(transport("timeout")), set: within(short, through(
		`{"type":"bandwidth","attributes":{"rate":20}}`))},
	{name: "silence", want: all(transport("timeout")), set: within(short, through(silence))},
	{name: "silence in every tenth attempt", want: but(recovered, transport("timeout")), set: within(enough, sometimes(10, silence))},
	{name: "silence, and a caller in a hurry", want: want{"": transport("caller's deadline"), "Watch": ended}, set: func(s *scene) {
		through(silence)(s)
		s.hurry(short)
	}},
	{name: "closed without a response after 20 ms", want: all(transport("no response")), set: through(`{"type":"timeout","attributes":{"timeout":20}}`)},
	{name: "reset", want: all(transport("no response")), set: through(reset)},
	{name: "reset in every fourth attempt", want: but(recovered, transport("no response")), set: sometimes(4, reset)},
	{name: "every connection ends after 5 kB", want: all(transport("cut")), set: through(cut)},
	{name: "cut after 5 kB in every fourth attempt", want: but(recovered, transport("cut")), set: sometimes(4, cut)},
	{name: "requests cut after 100 bytes", want: all(transport("no response")), set: through(
		`{"type":"limit_data","stream":"upstream","attributes":{"bytes":100}}`)},
	{name: "down", want: all(transport("refused")), set: downThen(false, false)},
	{name: "down, and up again while it is tried", want: all(recovered), set: downThen(false, true)},
	{name: "down in the middle, and up again", want: laterOn(recovered), set: downThen(true, true)},
	// A listing breaks off for good, and each later poll of a watch fails from the start.
	{name: "down in the middle, for good", set: downThen(true, false), want: want{
		"": "`IncompleteError` of " + transport("refused"), "Watch": transport("refused"), "ListByStatus": proven, "Call": proven,
	}},
}

func TestToxics(t *testing.T) { play(t, "toxiproxy") }
