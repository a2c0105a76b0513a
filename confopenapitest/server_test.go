package confopenapitest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPagesAsDocumented(t *testing.T) {
	t.Parallel()
	all := confopenapitest.Conferences(45, 7)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all...))
	client := srv.Client()
	for _, c := range []struct{ page, count, from, to int }{
		{0, 0, 0, 20},
		{1, 0, 0, 20},
		{2, 0, 20, 40},
		{3, 0, 40, 45},
		{4, 0, 45, 45},
		{1, 45, 0, 45},
		{1, 1000, 0, 45},
		{2, 44, 44, 45},
		{45, 1, 44, 45},
		{1, math.MaxInt, 0, 45},
		{math.MaxInt, math.MaxInt, 45, 45},
		{math.MaxInt, 1, 45, 45},
	} {
		page, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: c.page, Count: c.count})
		if err != nil {
			t.Fatal(err)
		}
		if page.TotalCount != 45 {
			t.Errorf("page %d, count %d: got total %d, want 45", c.page, c.count, page.TotalCount)
		}
		if diff := cmp.Diff(all[c.from:c.to], page.Conferences); diff != "" && c.from < c.to || len(page.Conferences) != c.to-c.from {
			t.Errorf("page %d, count %d: got %d conferences, want %d (-want +got)\n%s", c.page, c.count, len(page.Conferences), c.to-c.from, diff)
		}
	}
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithToken("right"))
	for name, c := range map[string]struct {
		token     string
		placement confopenapi.TokenPlacement
		want      error
	}{
		"header":       {"right", confopenapi.TokenInHeader, nil},
		"body":         {"right", confopenapi.TokenInBody, nil},
		"both":         {"right", confopenapi.TokenInBoth, nil},
		"wrong header": {"wrong", confopenapi.TokenInHeader, confopenapi.ErrUnauthorized},
		"wrong body":   {"wrong", confopenapi.TokenInBody, confopenapi.ErrUnauthorized},
	} {
		client := srv.Client(confopenapi.WithToken(c.token), confopenapi.WithTokenPlacement(c.placement))
		if _, err := client.ListByStatus(t.Context(), nil); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	anyone := confopenapitest.NewServer(t, confopenapitest.WithToken(""))
	if _, err := anyone.Client().ListByStatus(t.Context(), nil); err != nil {
		t.Errorf("WithToken without tokens: got %v, want a page", err)
	}
	if n := len(srv.Requests()); n != 5 {
		t.Errorf("Requests: got %d, want 5", n)
	}
}

func TestWithExampleSpelling(t *testing.T) {
	t.Parallel()
	for spelling, c := range map[string]struct {
		opts []confopenapitest.Option
		want []string
	}{
		"field table": {nil, []string{"title", "pcode2"}},
		"example":     {[]confopenapitest.Option{confopenapitest.WithExampleSpelling()}, []string{"confName", "guestPcode"}},
	} {
		text := raw(t, confopenapitest.NewServer(t, c.opts...), http.MethodPost, "application/json", "{}")
		for _, name := range []string{"title", "pcode2", "confName", "guestPcode"} {
			want := name == c.want[0] || name == c.want[1]
			if got := strings.Contains(text, `"`+name+`":`); got != want {
				t.Errorf("spelling of the %s: got the field %s: %t, want %t", spelling, name, got, want)
			}
		}
	}
}

// raw sends any request to a server without a network, and returns the status and the body.
func raw(t *testing.T, service *confopenapitest.Server, method, contentType, body string) string {
	t.Helper()
	req := httptest.NewRequest(method, "/any/prefix/confopenapi/conference/listbystatus", strings.NewReader(body))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("token", service.Token())
	rec := httptest.NewRecorder()
	service.ServeHTTP(rec, req)
	text, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rec.Code, " ", string(text))
}

// A client that stalls blocks no other client, and does not fail the test when the server closes.
func TestStalledClient(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprint(conn, "POST /confopenapi/conference/listbystatus HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	client := srv.Client(confopenapi.WithAttemptTimeout(0))
	for range 20 {
		if _, err := client.ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
}

func TestConferences(t *testing.T) {
	t.Parallel()
	list := confopenapitest.Conferences(1000, 5)
	if diff := cmp.Diff(list[:100], confopenapitest.Conferences(100, 5)); diff != "" {
		t.Errorf("a shorter list differs from the beginning of a longer one\n%s", diff)
	}
	if cmp.Equal(list, confopenapitest.Conferences(1000, 6)) {
		t.Error("two seeds give the same conferences")
	}
	seen := map[confopenapi.Identity]bool{}
	for i, c := range list {
		if seen[c.Identity()] {
			t.Errorf("got the identity of %v twice", c)
		}
		seen[c.Identity()] = true
		if i > 0 && c.StartTime > list[i-1].StartTime {
			t.Errorf("conference %d starts later than the one before it", i)
		}
		if sum := c.VoIPCount + c.PSTNCount + c.VideoCount + c.DesktopCount + c.MCUCount + c.BoxCount; sum != c.AttendeeCount || sum == 0 {
			t.Errorf("got %d attendees and %d terminals, want the same number, 1 or more", c.AttendeeCount, sum)
		}
		if !strings.HasSuffix(c.HostEmail, "@example.com") || !strings.HasPrefix(c.HostIP, "192.0.2.") {
			t.Errorf("got %s and %s, want a domain and a network for documentation", c.HostEmail, c.HostIP)
		}
	}
	if len(confopenapitest.Conferences(-1, 0)) != 0 {
		t.Error("Conferences(-1): got conferences, want none")
	}
}

func TestConferencesFrom(t *testing.T) {
	t.Parallel()
	list := confopenapitest.ConferencesFrom(900_000, 100, 5)
	if diff := cmp.Diff(list[30:60], confopenapitest.ConferencesFrom(900_030, 30, 5)); diff != "" {
		t.Errorf("the same indexes give different conferences\n%s", diff)
	}
	for i := range list[1:] {
		if list[i].Identity() == list[i+1].Identity() || list[i].StartTime <= list[i+1].StartTime {
			t.Errorf("got %v and then %v, want another identity and an earlier start", list[i], list[i+1])
		}
	}
	if cmp.Equal(list, confopenapitest.ConferencesFrom(900_000, 100, 6)) {
		t.Error("two seeds give the same conferences")
	}
	if len(confopenapitest.ConferencesFrom(-1, -1, 0)) != 0 {
		t.Error("ConferencesFrom(-1, -1): got conferences, want none")
	}
}

func TestConnectionsAndPeakInFlight(t *testing.T) {
	t.Parallel()
	const parallel = 5
	srv := confopenapitest.NewServer(t)
	client := srv.Client()
	var together, group sync.WaitGroup
	together.Add(parallel)
	srv.Intercept(func(*confopenapitest.Exchange) {
		together.Done()
		together.Wait()
	})
	for range parallel {
		group.Go(func() { _, _ = client.ListByStatus(t.Context(), nil) })
	}
	group.Wait()
	srv.Intercept(nil)
	for range 2 * parallel {
		_, _ = client.ListByStatus(t.Context(), nil)
	}
	if srv.PeakInFlight() != parallel || srv.Connections() != parallel {
		t.Errorf("got %d requests at once and %d connections, want %d of each", srv.PeakInFlight(), srv.Connections(), parallel)
	}
}

func TestHeadcount(t *testing.T) {
	t.Parallel()
	testHeadcount(t)
}

func TestExtraFields(t *testing.T) {
	t.Parallel()
	mine := confopenapitest.Conferences(1, 1)
	mine[0].Extra = map[string]json.RawMessage{"vendorNote": json.RawMessage(`{"a":[1]}`), "another": json.RawMessage("null")}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(mine...))
	delete(mine[0].Extra, "another") // must not change the server's copy
	page, err := srv.Client().ListByStatus(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]json.RawMessage{"vendorNote": json.RawMessage(`{"a":[1]}`), "another": json.RawMessage("null")}
	if diff := cmp.Diff(want, page.Conferences[0].Extra); diff != "" {
		t.Errorf("Extra (-want +got)\n%s", diff)
	}
	clear(srv.Live()[0].Extra)
	srv.Update(mine[0].Identity(), func(c *confopenapi.Conference) { delete(c.Extra, "another") })
	if diff := cmp.Diff(mine[0].Extra, srv.Live()[0].Extra); diff != "" {
		t.Errorf("Extra after Update (-want +got)\n%s", diff)
	}
}

// fakeTB records failures.
type fakeTB struct {
	mu       sync.Mutex
	cleanups []func()
	failures []string
}

func (*fakeTB) Helper()                           {}
func (tb *fakeTB) Cleanup(f func())               { tb.cleanups = append(tb.cleanups, f) }
func (tb *fakeTB) Fatalf(format string, a ...any) { tb.Errorf(format, a...) }

func (tb *fakeTB) Errorf(format string, a ...any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.failures = append(tb.failures, fmt.Sprintf(format, a...))
}

func (tb *fakeTB) text() string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return strings.Join(tb.failures, "\n")
}

func (tb *fakeTB) end() {
	for _, f := range slices.Backward(tb.cleanups) {
		f()
	}
}

func TestClientBadOptionsFailTest(t *testing.T) {
	t.Parallel()
	tb := new(fakeTB)
	srv := confopenapitest.NewServer(tb)
	if client := srv.Client(confopenapi.WithTimeout(-1)); client != nil || !strings.Contains(tb.text(), "WithTimeout") {
		t.Errorf("got the client %v and the failure %q, want none and WithTimeout", client, tb.text())
	}
	tb.end()
	if err := srv.Close(); err != nil {
		t.Errorf("a second Close: got %v, want nil", err)
	}
}

func TestClientBadOptionsPanic(t *testing.T) {
	t.Parallel()
	srv, err := confopenapitest.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Client with a bad option: got no panic")
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}()
	srv.Client(confopenapi.WithTimeout(-1))
}
