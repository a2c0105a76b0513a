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

// proxiesChild in the environment makes this program toxiproxy. In a soak it is a process of its own, which does not
// count as the client's, and which can be killed.
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
	command *exec.Cmd
	stdin   io.Closer
	client  *toxics.Client
	current *toxics.Proxy
	made    int
}

func startProxies() (*proxies, error) {
	p := &proxies{command: exec.Command(os.Args[0])}
	p.command.Env = append(os.Environ(), proxiesChild+"=1")
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := p.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.kill()
		return nil, fmt.Errorf("toxiproxy does not start: %w", err)
	}
	p.client = toxics.NewClient("http://" + strings.TrimSpace(address))
	return p, nil
}

func (p *proxies) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
	_ = p.stdin.Close()
}

// toxic is one that a soak meets.
type toxic struct {
	name, stream string
	toxicity     float32
	attributes   toxics.Attributes
}

// anyToxic draws one. A toxicity below 1 is the share of connections that meet it.
func anyToxic(rng *rand.Rand) toxic {
	share := .2 + .8*rng.Float32()
	choices := []toxic{
		{"latency", "downstream", 1, toxics.Attributes{"latency": rng.IntN(60), "jitter": rng.IntN(40)}},
		{"latency", "upstream", share, toxics.Attributes{"latency": rng.IntN(60), "jitter": rng.IntN(40)}},
		{"bandwidth", "downstream", 1, toxics.Attributes{"rate": 100 + rng.IntN(2000)}},
		{"slicer", "downstream", share, toxics.Attributes{"average_size": 1000, "size_variation": 500, "delay": rng.IntN(500)}},
		{"slow_close", "downstream", share, toxics.Attributes{"delay": rng.IntN(300)}},
		{"reset_peer", "downstream", share / 2, toxics.Attributes{"timeout": rng.IntN(50)}},
		{"limit_data", "downstream", share, toxics.Attributes{"bytes": 1000 + rng.IntN(400_000)}},
		{"limit_data", "upstream", share, toxics.Attributes{"bytes": 100 + rng.IntN(5000)}},
		{"timeout", "upstream", share / 2, toxics.Attributes{"timeout": rng.IntN(300)}},
		{"timeout", "downstream", share / 2, toxics.Attributes{"timeout": rng.IntN(300)}},
	}
	return choices[rng.IntN(len(choices))]
}

// change puts a new proxy with other toxics before the upstream, returns its address, and takes the old one away with all
// its connections.
func (p *proxies) change(upstream string, with ...toxic) (string, error) {
	p.made++
	next, err := p.client.CreateProxy(fmt.Sprintf("proxy%d", p.made), "127.0.0.1:0", upstream)
	if err != nil {
		return "", err
	}
	for i, t := range with {
		_, err = next.AddToxic(fmt.Sprintf("toxic%d", i), t.name, t.stream, t.toxicity, t.attributes)
		if err != nil {
			return "", errors.Join(err, next.Delete())
		}
	}
	old := p.current
	p.current = next
	if old != nil {
		err = old.Delete()
	}
	return next.Listen, err
}
