//go:build linux

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// process is a component that runs beside the test.
type process struct {
	command *exec.Cmd
	args    []string
	address string
	log     bytes.Buffer
	ended   chan struct{}
}

// run starts a component on a free port of loopback, and ends it with the test. Where it is not installed, the test is
// skipped, and fails in CI.
func (s *scene) run(name, debian string, p *process, args func(address string) []string) {
	s.Helper()
	path, err := find(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			s.Fatalf("%s is missing: apt-get install %s", name, debian)
		}
		s.Skipf("%s is missing: apt-get install %s", name, debian)
	}
	for range 5 { // another process may take the port meanwhile
		p.address = freeAddress(s.T)
		p.args = append([]string{path}, args(p.address)...)
		if err = p.start(s.ctx); err == nil {
			s.Cleanup(p.kill)
			return
		}
	}
	s.Fatalf("%s does not start: %v: %s", name, err, p.log.String())
}

// find also looks where Debian has what is for administrators.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return path, nil
}

// start returns once the port answers.
func (p *process) start(ctx context.Context) error {
	p.log.Reset()
	command, ended := exec.Command(p.args[0], p.args[1:]...), make(chan struct{})
	command.Stderr, command.Stdout = &p.log, &p.log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	p.command, p.ended = command, ended
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended: %s", command.ProcessState)
		case <-ctx.Done():
			p.kill()
			return ctx.Err()
		case <-poll.C:
		}
	}
}

// kill ends the process and its children.
func (p *process) kill() {
	select {
	case <-p.ended: // its number may be another's by now
	default:
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// ports are below those that systems give to connections and to listeners that do not care, so that one that was free
// stays free. Processes side by side begin at different ones.
const firstPort, endOfPorts = 10_000, 32_000

var nextPort atomic.Int64

func init() { nextPort.Store(int64(os.Getpid() * 100)) }

// freeAddress is an address of loopback where nobody listens, and that no other test gets.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+nextPort.Add(1)%(endOfPorts-firstPort))
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// quiet is the log of servers: what becomes of connections is part of the tests.
var quiet = log.New(io.Discard, "", 0)
