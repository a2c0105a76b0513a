//go:build unix

package web_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/web"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// TestManyConnections opens more than are allowed; those beyond are closed, and others are served once there is room.
func TestManyConnections(t *testing.T) {
	const most, allowed = 10_000, 3 + 128
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	n := min(most, int(files.Cur)-2*allowed-300) //nolint:gosec // a limit that is too large for an int is beyond most, too
	if n < 2*allowed {
		t.Skipf("the limit of open files is %d", files.Cur)
	}
	address := serve(t, confopenapitest.NewServer(t), nil)
	open := make([]net.Conn, n)
	for i := range open {
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		open[i] = conn
	}
	kept := 0
	for _, conn := range open {
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := conn.Read(make([]byte, 1)); errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
			_ = conn.Close()
		} else {
			kept++
			defer conn.Close()
		}
	}
	t.Logf("%d connections, of which %d are open", n, kept)
	if kept > allowed {
		t.Errorf("got %d of %d connections open, want at most %d", kept, n, allowed)
	}
	for _, conn := range open {
		_ = conn.Close()
	}
	await(t, address, "complete")
}

// Browsers that do not trust the certificate fail many handshakes. They are told of once, and not in the words of net/http; who only
// connects is not. Nor does it log each client that breaks HTTP/2.
func TestFailedHandshakes(t *testing.T) {
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	roots := x509.NewCertPool()
	roots.AddCert(trusted.Certificate())
	told, silent := make(chan string, 10), map[string]bool{}
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { // when the server has ended
		log.SetOutput(os.Stderr)
		if len(told) != 1 || logged.Len() > 0 {
			t.Fatalf("got %d handshakes and the log %q, want one handshake and no log", len(told), &logged)
		}
		if remote := <-told; !strings.HasPrefix(remote, "127.0.0.1:") || silent[remote] {
			t.Errorf("got %q, want the address of a client that sent something", remote)
		}
	})
	address := serve(t, confopenapitest.NewServer(t), func(o *web.Options) {
		o.TLS, o.OnHandshake = &trusted.TLS.Certificates[0], func(remote string) { told <- remote }
	})
	for _, reset := range []bool{false, true} { // as load balancers end what they opened to see whether the port is open
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		silent[conn.LocalAddr().String()] = true
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
			_ = tcp.Close()
			continue
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, conn) // until the server has closed it
		_ = conn.Close()
	}
	for range 3 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // which does not trust it
		if _, err := client.Get("https" + strings.TrimPrefix(address, "http")); err == nil {
			t.Fatal("a client accepts a certificate that it does not know")
		}
		conn, err := tls.Dial("tcp", strings.TrimPrefix(address, "http://"), &tls.Config{RootCAs: roots, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "no HTTP/2 at all, although it was agreed on")
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}
}

// Who asks the port of TLS over http, such as a proxy that is set up wrongly, is told of, too.
func TestPlainHTTPHandshake(t *testing.T) {
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	told := make(chan string, 10)
	t.Cleanup(func() { // when the server has ended
		if len(told) != 1 {
			t.Errorf("got %d messages, want one", len(told))
		}
	})
	address := serve(t, confopenapitest.NewServer(t), func(o *web.Options) {
		o.TLS, o.OnHandshake = &trusted.TLS.Certificates[0], func(remote string) { told <- remote }
	})
	for range 2 {
		resp, _ := get(t, address)
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("got HTTP %d, want 400", resp.StatusCode)
		}
	}
}

// pipes is a listener in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestSlowReaderIsCutOff has readers that ask and take nothing: after the deadline of half a minute their connection is closed.
func TestSlowReaderIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := make(pipes)
		serveAt(t, listener, confopenapitest.New(), func(o *web.Options) { o.Interval = time.Second })
		for _, path := range []string{"/", "/api/v1/live", "/api/v1/events", "/metrics"} {
			conn, served := net.Pipe()
			listener <- served
			if _, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			time.Sleep(31 * time.Second)
			synctest.Wait()
			if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%s: after %s, got %d bytes and %v, want a closed connection", path, time.Since(began), n, err)
			}
			_ = conn.Close()
		}
	})
}
