package network_test

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

func TestTLSFailuresAreFinal(t *testing.T) {
	t.Parallel()
	quiet := log.New(io.Discard, "", 0)
	t.Run("unknown authority", func(t *testing.T) {
		t.Parallel()
		count := new(connections)
		srv := httptest.NewUnstartedServer(http.HandlerFunc(ok))
		srv.Config.ErrorLog, srv.Config.ConnState = quiet, count.state
		srv.StartTLS()
		defer srv.Close()
		client, err := confopenapi.NewClient(srv.URL, quick)
		if err != nil {
			t.Fatal(err)
		}
		failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
		mustBe[*tls.CertificateVerificationError](t, failed)
		if count.opened.Load() != 1 || failed.Attempts != 1 {
			t.Errorf("%d connections: %v", count.opened.Load(), failed)
		}
	})
	t.Run("the caller's own verification", func(t *testing.T) {
		t.Parallel()
		count := new(connections)
		srv := httptest.NewUnstartedServer(http.HandlerFunc(ok))
		srv.Config.ErrorLog, srv.Config.ConnState = quiet, count.state
		srv.StartTLS()
		defer srv.Close()
		pin := errors.New("not the pinned key")
		hc := srv.Client()
		hc.Transport.(*http.Transport).TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { return pin }
		client, err := confopenapi.NewClient(srv.URL, quick, confopenapi.WithHTTPClient(hc))
		if err != nil {
			t.Fatal(err)
		}
		failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
		if !errors.Is(failed, pin) || count.opened.Load() != 1 {
			t.Errorf("%d connections: %v", count.opened.Load(), failed)
		}
	})
	t.Run("a handshake that the network broke is retried", func(t *testing.T) {
		t.Parallel()
		var opened atomic.Int64
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var served sync.WaitGroup
		served.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				opened.Add(1)
				_ = conn.Close()
			}
		})
		client, err := confopenapi.NewClient("https://"+listener.Addr().String(), quick)
		if err != nil {
			t.Fatal(err)
		}
		if failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client)); failed.Attempts != 4 {
			t.Error(failed)
		}
		_ = listener.Close()
		served.Wait()
		if opened.Load() != 4 {
			t.Errorf("%d connections", opened.Load())
		}
	})
	t.Run("client certificate required", func(t *testing.T) {
		t.Parallel()
		srv := httptest.NewUnstartedServer(http.HandlerFunc(ok))
		srv.Config.ErrorLog = quiet
		srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
		srv.StartTLS()
		defer srv.Close()
		client, err := confopenapi.NewClient(srv.URL, quick, confopenapi.WithHTTPClient(srv.Client()))
		if err != nil {
			t.Fatal(err)
		}
		if failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client)); failed.Attempts != 1 {
			t.Error(failed)
		}
	})
	t.Run("alert after the handshake", func(t *testing.T) { // as TLS 1.3 asks for a client certificate
		t.Parallel()
		alert := &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}
		var attempts atomic.Int64
		client, err := confopenapi.NewClient(base, quick, confopenapi.WithHTTPClient(&http.Client{Transport: roundTripper(
			func(*http.Request) (*http.Response, error) {
				attempts.Add(1)
				return nil, alert
			})}))
		if err != nil {
			t.Fatal(err)
		}
		mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
		if got := attempts.Load(); got != 1 {
			t.Errorf("%d attempts, want 1", got)
		}
	})
	t.Run("plain http where https was meant", func(t *testing.T) {
		t.Parallel()
		count := new(connections)
		_, srv := overCountingServer(t, count, http.HandlerFunc(ok))
		srv.Config.ErrorLog = quiet
		client, err := confopenapi.NewClient(strings.Replace(srv.URL, "http://", "https://", 1), quick)
		if err != nil {
			t.Fatal(err)
		}
		failed := mustBe[*confopenapi.TransportError](t, list(t.Context(), client))
		if !errors.Is(failed, http.ErrSchemeMismatch) || failed.Attempts != 1 || count.opened.Load() != 1 {
			t.Errorf("%d connections: %v", count.opened.Load(), failed)
		}
	})
}
