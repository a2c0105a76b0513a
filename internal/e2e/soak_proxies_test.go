//go:build linux

package e2e_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	toxics "github.com/Shopify/toxiproxy/v2/client"
)

// proxies is toxiproxy as a process of its own, which can be killed, and whose goroutines and memory do not count as the client's.
type proxies struct {
	process
	current *toxics.Proxy
	made    int
}

func startProxies(t *testing.T) *proxies {
	t.Helper()
	program := filepath.Join(t.TempDir(), "toxiproxy")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/Shopify/toxiproxy/v2/cmd/server").CombinedOutput(); err != nil {
		t.Fatalf("go build toxiproxy: %v: %s", err, out)
	}
	p := &proxies{process: process{address: freeAddress(t)}}
	_, port, _ := strings.Cut(p.address, ":")
	p.args = []string{"env", "LOG_LEVEL=disabled", program, "-host", "127.0.0.1", "-port", port}
	p.restart(t)
	return p
}

func (p *proxies) restart(t *testing.T) {
	t.Helper()
	p.current = nil
	if err := p.start(t.Context()); err != nil {
		t.Fatalf("toxiproxy does not start: %v: %s", err, p.log.String())
	}
}

// anyToxic chooses a toxic of a soak at random. A toxicity below 1 is the share of connections that meet it.
func anyToxic(rng *rand.Rand) toxics.Toxic {
	share := .2 + .8*rng.Float32()
	choices := []toxics.Toxic{
		{Type: "latency", Stream: "downstream", Toxicity: 1, Attributes: toxics.Attributes{"latency": rng.IntN(60), "jitter": rng.IntN(40)}},
		{Type: "latency", Stream: "upstream", Toxicity: share, Attributes: toxics.Attributes{"latency": rng.IntN(60), "jitter": rng.IntN(40)}},
		{Type: "bandwidth", Stream: "downstream", Toxicity: 1, Attributes: toxics.Attributes{"rate": 100 + rng.IntN(2000)}},
		{Type: "slicer", Stream: "downstream", Toxicity: share, Attributes: toxics.Attributes{
			"average_size": 1000, "size_variation": 500, "delay": rng.IntN(500),
		}},
		{Type: "slow_close", Stream: "downstream", Toxicity: share, Attributes: toxics.Attributes{"delay": rng.IntN(300)}},
		{Type: "reset_peer", Stream: "downstream", Toxicity: share / 2, Attributes: toxics.Attributes{"timeout": rng.IntN(50)}},
		{Type: "limit_data", Stream: "downstream", Toxicity: share, Attributes: toxics.Attributes{"bytes": 1000 + rng.IntN(400_000)}},
		{Type: "limit_data", Stream: "upstream", Toxicity: share, Attributes: toxics.Attributes{"bytes": 100 + rng.IntN(5000)}},
		{Type: "timeout", Stream: "upstream", Toxicity: share / 2, Attributes: toxics.Attributes{"timeout": rng.IntN(300)}},
		{Type: "timeout", Stream: "downstream", Toxicity: share / 2, Attributes: toxics.Attributes{"timeout": rng.IntN(300)}},
	}
	return choices[rng.IntN(len(choices))]
}

// change puts a new proxy with other toxics before the upstream, returns its address, and removes the old one with all its
// connections.
func (p *proxies) change(upstream string, with ...toxics.Toxic) (string, error) {
	p.made++
	next, err := toxics.NewClient("http://"+p.address).CreateProxy(fmt.Sprint("proxy", p.made), "127.0.0.1:0", upstream)
	if err != nil {
		return "", err
	}
	for i, t := range with {
		if _, err = next.AddToxic(fmt.Sprint("toxic", i), t.Type, t.Stream, t.Toxicity, t.Attributes); err != nil {
			return "", errors.Join(err, next.Delete())
		}
	}
	old := p.current
	if p.current = next; old != nil {
		err = old.Delete()
	}
	return next.Listen, err
}
