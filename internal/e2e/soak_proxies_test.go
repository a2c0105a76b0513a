//go:build linux

package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	toxics "github.com/Shopify/toxiproxy/v2/client"
	"github.com/rs/zerolog"
)

// proxiesChild in the environment makes this program toxiproxy. In a soak it is a process of its own, which can be killed, and
// whose goroutines and memory do not count as the client's.
const proxiesChild = "INTEGRATION_PROXIES"

// serveProxies serves toxiproxy's interface until the parent is gone.
func serveProxies() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	server := &http.Server{Handler: api.Routes(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// proxies is a process of toxiproxy.
type proxies struct {
	*exec.Cmd
	stdin   io.Closer
	client  *toxics.Client
	current *toxics.Proxy
	made    int
}

func startProxies() (*proxies, error) {
	p := &proxies{Cmd: exec.Command(os.Args[0])}
	p.Env = append(os.Environ(), proxiesChild+"=1")
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, inErr := p.StdinPipe()
	stdout, outErr := p.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	p.stdin = stdin
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("toxiproxy does not start: %w", err)
	}
	p.client = toxics.NewClient("http://" + strings.TrimSpace(address))
	return p, nil
}

func (p *proxies) kill() {
	_ = p.Process.Kill()
	_ = p.Wait()
	_ = p.stdin.Close()
}

// anyToxic draws a toxic of a soak. A toxicity below 1 is the share of connections that meet it.
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
	next, err := p.client.CreateProxy(fmt.Sprint("proxy", p.made), "127.0.0.1:0", upstream)
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
