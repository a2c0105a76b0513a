//go:build linux

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
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
	*exec.Cmd
	args    []string
	address string
	log     bytes.Buffer
	ended   chan struct{}
}

// run starts a component on a free port of loopback, and ends it with the test. The test of one that is not installed is
// skipped, and fails in CI.
func (s *scene) run(name, debian string, args func(address string) []string) *process {
	s.Helper()
	path, err := find(name)
	if err != nil && os.Getenv("CI") != "true" {
		s.Skipf("%s is missing: apt-get install %s", name, debian)
	}
	p := &process{address: freeAddress(s.T)}
	p.args = append([]string{path}, args(p.address)...)
	if err := p.start(s.ctx); err != nil {
		s.Fatalf("%s, of Debian's package %s, does not start: %v: %s", name, debian, err, p.log.String())
	}
	s.Cleanup(p.kill)
	return p
}

// find also looks where Debian puts programs for administrators.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + name)
	}
	return path, nil
}

// start returns when the port accepts connections.
func (p *process) start(ctx context.Context) error {
	cmd, ended := exec.Command(p.args[0], p.args[1:]...), make(chan struct{})
	cmd.Stderr, cmd.Stdout = &p.log, &p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.Cmd, p.ended = cmd, ended
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		if conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.address); err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended: %s", cmd.ProcessState)
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
		_ = syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// lastPort is below the ports that the system gives to connections, so that a free port stays free. Processes side by side begin
// at different ones.
var lastPort atomic.Int64

func init() { lastPort.Store(int64(os.Getpid() * 100)) }

// freeAddress is an address of loopback where no server listens, and that no other test uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+lastPort.Add(1)%22_000)
		if listener, err := net.Listen("tcp", address); err == nil {
			_ = listener.Close()
			return address
		}
	}
	t.Fatal("got no free port")
	return ""
}
