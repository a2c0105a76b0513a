package network_test

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

// misbehave responds to the nth request well, or in one of the ways in which services fail.
func misbehave(n int64, w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch n % 16 {
	case 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case 1:
		w.Header().Set("Retry-After", "99999999")
		w.WriteHeader(http.StatusTooManyRequests)
	case 2:
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
	case 3:
		_, _ = io.WriteString(w, `{"status":7,"result":null}`)
	case 4:
		_, _ = io.WriteString(w, emptyPage[:30])
	case 5:
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, emptyPage)
	case 6:
		panic(http.ErrAbortHandler)
	case 7:
		w.WriteHeader(http.StatusUnauthorized)
	case 8:
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	case 9:
		_, _ = io.WriteString(w, `{}`)
	default:
		ok(w, r)
	}
}

func isTyped(err error) bool {
	for _, target := range []any{
		new(*confopenapi.StatusError), new(*confopenapi.HTTPError), new(*confopenapi.DecodeError),
		new(*confopenapi.TransportError), new(*confopenapi.RequestError),
	} {
		if errors.As(err, target) {
			return true
		}
	}
	return false
}

func TestManyCallersOfABadService(t *testing.T) {
	t.Parallel()
	const callers, calls = 64, 10_000
	var n, left, succeeded, failed atomic.Int64
	left.Store(calls)
	client, _ := overCountingServer(t, new(connections), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { misbehave(n.Add(1), w, r) }),
		quick, confopenapi.WithPacing(false), confopenapi.WithTokenPlacement(confopenapi.TokenInBoth))
	inParallel(callers, func() {
		for left.Add(-1) >= 0 {
			page, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Count: 1})
			switch {
			case err == nil && page != nil:
				succeeded.Add(1)
			case err != nil && page == nil && isTyped(err):
				failed.Add(1)
			default:
				t.Errorf("neither a result nor a typed error: %v, %v", page, err)
			}
		}
	})
	if succeeded.Load()+failed.Load() != calls || succeeded.Load() == 0 || failed.Load() == 0 {
		t.Errorf("%d succeeded, %d failed, of %d", succeeded.Load(), failed.Load(), calls)
	}
	t.Logf("%d succeeded, %d failed, %d requests", succeeded.Load(), failed.Load(), n.Load())
}

// The failures here leave the connection usable: no failure, retry or refusal may cost one, nor may a cold start.
func TestConnectionsOfAThousandMixedCalls(t *testing.T) {
	t.Parallel()
	const inFlight, calls = 8, 1000
	count := new(connections)
	var n, left atomic.Int64
	left.Store(calls)
	harmless := []int64{0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 12}
	client, _ := overCountingServer(t, count, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		misbehave(harmless[n.Add(1)%int64(len(harmless))], w, r)
	}), quick, confopenapi.WithPacing(false))
	inParallel(inFlight, func() {
		for left.Add(-1) >= 0 {
			_ = list(t.Context(), client)
		}
	})
	if opened := count.opened.Load(); opened > 2*inFlight {
		t.Errorf("%d connections opened for %d calls in flight", opened, inFlight)
	}
}
