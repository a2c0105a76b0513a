package doctor_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// A service that gives no usable response is one failed finding, and the report claims nothing else.
func TestUnusableServices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		response func(int) *http.Response
		opts     []confopenapi.Option
		most     int
	}{
		"down":         {response: func(int) *http.Response { return says(0, "") }, most: 2},
		"HTML":         {response: func(int) *http.Response { return says(200, "<html>please log in</html>") }, most: 1},
		"gateway":      {response: func(int) *http.Response { return says(502, "<html>bad gateway</html>") }, most: 2},
		"redirect":     {response: func(int) *http.Response { return says(307, "", "Location", "https://example.com/") }, most: 1},
		"not found":    {response: func(int) *http.Response { return says(404, "") }, most: 1},
		"rate limited": {response: func(int) *http.Response { return says(429, "", "Retry-After", "3600") }, most: 1},
		"wrong token":  {opts: []confopenapi.Option{confopenapi.WithToken("no-such-token")}, most: 3},
		"business":     {response: func(int) *http.Response { return says(200, `{"status":40001,"msg":"张三"}`) }, most: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.response = c.response
				r := examine(t, w, doctor.Options{}, c.opts...)
				if r.Err == nil || r.Find("service").Verdict != doctor.Failed {
					t.Errorf("the service is %s, and the error %v", r.Find("service").Verdict, r.Err)
				}
				if w.sent > c.most {
					t.Errorf("%d requests, want %d at most", w.sent, c.most)
				}
				if claims := append(with(r, doctor.OK), with(r, doctor.Unusual)...); len(claims) > 0 {
					t.Errorf("%v are claimed of a service that said nothing", claims)
				}
				if got, want := inEnglish(t, r), "The service could not be called, so nothing is known.\n"; got != want {
					t.Errorf("the report has rows that say nothing: got %q, want %q", got, want)
				}
			})
		})
	}
}

// Whenever a service fails, the report says so, keeps what was learned before, and claims nothing of the rest.
func TestServicesThatFailInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*http.Response{
		"broken": says(0, ""), "refusing": says(401, ""), "forbidding": says(403, ""), "in trouble": says(503, ""), "limited": says(429, "", "Retry-After", "3600"),
		"talking": says(200, "<html>maintenance</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				whole := examine(t, newWorld(kit.WithOrder(kit.OrderStartDown)), doctor.Options{})
				for last := 1; last < whole.Requests; last += 6 {
					w := newWorld(kit.WithOrder(kit.OrderStartDown))
					w.response = func(sent int) *http.Response {
						if sent <= last {
							return nil
						}
						return says(failure.StatusCode, "<html></html>", "Retry-After", failure.Header.Get("Retry-After"))
					}
					r := examine(t, w, doctor.Options{})
					if r.Err == nil || r.Find("service").Verdict != doctor.OK {
						t.Errorf("after %d requests: the service is %s, and the error %v", last, r.Find("service").Verdict, r.Err)
					}
					for _, f := range r.Findings {
						if f.Verdict == doctor.Unusual {
							t.Errorf("after %d requests: %s is odd: %s", last, f.Check, f.What.Format)
						}
					}
					want := "The service stopped responding"
					if failure.StatusCode == 401 || failure.StatusCode == 403 {
						want = "The service no longer accepts requests"
					}
					if report := inEnglish(t, r); strings.Contains(report, "It was not checked, because") || !strings.Contains(report, want) {
						t.Errorf("after %d requests: want no rows that say nothing, but the line %q:\n%s", last, want, report)
					}
					if w.sent > last+14 {
						t.Errorf("%d requests after it failed", w.sent-last)
					}
				}
			})
		})
	}
}

// inEnglish is the report for people.
func inEnglish(t *testing.T, r *doctor.Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.Print(&b, printers[0], doctor.Style{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// One failure that passes is no reason to stop.
func TestTransientFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for n := 2; n < 20; n += 4 {
			w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithConferences(kit.Conferences(60, 1)...))
			w.response = func(sent int) *http.Response {
				if sent == n || sent == n+1 { // the retry too
					return says(503, "")
				}
				return nil
			}
			r := examine(t, w, doctor.Options{})
			if r.Err != nil || len(with(r, doctor.Unusual)) > 0 || len(with(r, doctor.Failed)) == 0 {
				t.Errorf("request %d: odd %v, failed %v, %v", n, with(r, doctor.Unusual), with(r, doctor.Failed), r.Err)
			}
		}
	})
}

// An interrupt ends the run at once.
func TestInterruptEndsRun(t *testing.T) {
	t.Parallel()
	for _, last := range []int{1, 6, 14, 21} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			w := newWorld(kit.WithOrder(kit.OrderStartDown))
			w.takes = func(sent int) time.Duration {
				if sent == last {
					cancel()
				}
				return 0
			}
			client, err := confopenapi.NewClient("https://conf.example.com", confopenapi.WithToken(token), confopenapi.WithHTTPClient(&http.Client{Transport: w}))
			if err != nil {
				t.Fatal(err)
			}
			r, err := doctor.Run(ctx, doctor.Options{Client: client})
			if err != nil || !errors.Is(r.Err, context.Canceled) || w.sent > last+1 {
				t.Errorf("after %d requests: %v, %v, and %d more", last, err, r.Err, w.sent-last)
			}
		})
	}
}

// The limit holds for every service, as examine checks, and also where a tenth of the requests fail and are repeated.
func TestTheLimitHolds(t *testing.T) {
	t.Parallel()
	for i, c := range worlds {
		if i%4 != 0 || testing.Short() && i > 0 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				opts := append([]kit.Option{
					kit.WithConferences(kit.Conferences(60, 1)...),
					kit.WithFaults(kit.Rule{Fault: kit.Status(503), Probability: 0.1, Seed: uint64(i)}),
				}, c.opts...)
				examine(t, newWorld(opts...), doctor.Options{MaxRequests: doctor.MinRequests()}) // which counts
			})
		})
	}
}

// A listing that the limit cuts short is no verdict on the service.
func TestTheLimitCutsAListingShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithMaxCount(20), kit.WithConferences(kit.Conferences(2000, 1)...))
		r := examine(t, w, doctor.Options{})
		for _, check := range []string{"sdk.all", "sdk.complete", "sdk.watch", "list.depth", "total.list"} {
			if f := r.Find(check); f.Verdict != doctor.Unknown {
				t.Errorf("%s is %s: %s", check, f.Verdict, f.What.Format)
			}
		}
		if r.Hindered() {
			t.Error("something hinders the guarantees")
		}
	})
	synctest.Test(t, func(t *testing.T) { // totals that say 0 do not warn
		w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithPaging(livelist.Paging{Cap: 20, Clamp: true, Total: livelist.TotalZero}), kit.WithConferences(kit.Conferences(2000, 1)...))
		r := examine(t, w, doctor.Options{})
		if f := r.Find("sdk.all"); f.Verdict != doctor.Unknown || w.sent != doctor.DefaultMaxRequests {
			t.Errorf("sdk.all is %s: %s, after %d requests", f.Verdict, f.What.Format, w.sent)
		}
	})
}

// What a short list does not show is unknown.
func TestShortLists(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 5, 9, 15, 20, 21} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := examine(t, newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithConferences(kit.Conferences(n, 1)...)), doctor.Options{})
				if odd := with(r, doctor.Unusual); len(odd) > 0 || r.Err != nil {
					t.Errorf("odd: %v, %v", odd, r.Err)
				}
				if unknown := with(r, doctor.Unknown); n < 10 && (!slices.Contains(unknown, "page.number") || !slices.Contains(unknown, "order.key")) {
					t.Errorf("only %v are unknown", unknown)
				}
			})
		})
	}
}

// A replica that lags shows only where the list moves, and mostly. That none lags is never claimed.
func TestReplicasThatLag(t *testing.T) {
	t.Parallel()
	runs, seen := 2**seeds, 0
	for seed := range uint64(runs) {
		for _, lags := range [][]float64{nil, {0, 6}} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(kit.WithOrder(kit.OrderArbitrary), kit.WithConferences(kit.Conferences(120, seed+1)...),
					kit.WithPaging(livelist.Paging{Cap: 60, Clamp: true, Lags: lags}), kit.WithChurn(kit.Churn{Seed: seed, Rate: 4}))
				f := examine(t, w, doctor.Options{}).Find("list.replicas")
				switch {
				case f.Verdict == doctor.Unusual && lags != nil:
					seen++
				case f.Verdict != doctor.Unknown:
					t.Errorf("seed %d, lags %v: %s: %s %v", seed, lags, f.Verdict, f.What.Format, f.Evidence)
				}
			})
		}
	}
	if 3*seen < 2*runs {
		t.Errorf("lagging replicas were noticed in %d of %d runs", seen, runs)
	}
}

func TestClocksAndLatency(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skew time.Duration
		date doctor.Verdict
	}{
		"right": {0, doctor.OK}, "a second ahead": {time.Second, doctor.OK}, "a minute behind": {-time.Minute, doctor.Unusual}, "a day ahead": {24 * time.Hour, doctor.Unusual},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(kit.WithOrder(kit.OrderStartDown))
			w.skew = c.skew
			w.takes = func(sent int) time.Duration { return time.Duration(10+sent) * time.Millisecond }
			r := examine(t, w, doctor.Options{})
			for _, check := range []string{"time.date", "time.timestamp"} {
				if f := r.Find(check); f.Verdict != c.date {
					t.Errorf("%s: %s is %s: %s %v", name, check, f.Verdict, f.What.Format, f.Evidence)
				}
			}
			e := r.Find("time.timestamp").Evidence
			if low, high := e["leastMilliseconds"].(int64), e["mostMilliseconds"].(int64); low > c.skew.Milliseconds() || high < c.skew.Milliseconds() || high-low > 13 {
				t.Errorf("%s: the clock is between %d and %d ms ahead", name, low, high)
			}
			if f := r.Find("time.latency"); f.Evidence["minMicroseconds"] != int64(11_000) || f.Evidence["responses"].(int) > w.sent {
				t.Errorf("%s: %v", name, f.Evidence)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change = func(body string) string {
			return timestamp.ReplaceAllString(body, fmt.Sprintf(`"timestamp":%d`, time.Now().Unix()))
		}
		if f := examine(t, w, doctor.Options{}).Find("time.timestamp"); f.Verdict != doctor.Unusual || !strings.Contains(f.What.Format, "in seconds") {
			t.Errorf("a timestamp in seconds is %s: %s", f.Verdict, f.What.Format)
		}
	})
}

// Conditions that a listing names are held against what the checks saw.
func TestConditionsThatDoNotHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order      kit.Order
		reason     confopenapi.Reason
		all, watch doctor.Verdict
	}{
		"only pages are sorted": {kit.Order(livelist.SortedPage), confopenapi.ReasonAssumesKey, doctor.Unusual, doctor.Unusual},
		"ties move":             {kit.Order(livelist.LooseTies), confopenapi.ReasonAssumesKey, doctor.OK, doctor.OK},
		"no order":              {kit.OrderArbitrary, confopenapi.ReasonAssumesOrder, doctor.OK, doctor.Unusual},
	} {
		met := false
		for seed := uint64(0); seed < 12 && !met; seed++ {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(kit.WithOrder(c.order), kit.WithConferences(tied(60)...), kit.WithMaxCount(40), kit.WithChurn(kit.Churn{Seed: seed, Rate: 2}))
				r := examine(t, w, doctor.Options{Reason: func(given confopenapi.Reason) string { met = met || given == c.reason; return string(given) }})
				if all, watch := r.Find("sdk.all"), r.Find("sdk.watch"); met && (all.Verdict != c.all || watch.Verdict != c.watch) {
					t.Errorf("%s: got sdk.all %s and sdk.watch %s, want %s and %s", name, all.Verdict, watch.Verdict, c.all, c.watch)
				}
			})
		}
		if !met {
			t.Errorf("%s: no listing was conditional for %s", name, c.reason)
		}
	}
}

func TestTotalsThatVary(t *testing.T) {
	t.Parallel()
	for _, total := range []livelist.Total{livelist.TotalNoisy, livelist.TotalExact, livelist.TotalNegative} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithConferences(kit.Conferences(240, 1)...), kit.WithPaging(livelist.Paging{Total: total}))
			f := examine(t, w, doctor.Options{}).Find("total.list")
			if odd := f.Verdict == doctor.Unusual; odd != (total != livelist.TotalExact) {
				t.Errorf("total %d: %s: %s %v", total, f.Verdict, f.What.Format, f.Evidence)
			}
		})
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	for _, probability := range []float64{0, 0.5, 1} {
		srv := kit.NewServer(t, kit.WithToken(token), kit.WithFaults(kit.Rule{Fault: kit.FaultNamed("gzip"), Probability: max(probability, 1e-9)}))
		r, err := doctor.Run(t.Context(), doctor.Options{Client: srv.Client()})
		if err != nil || r.Err != nil {
			t.Fatal(err, r.Err)
		}
		e := r.Find("time.gzip").Evidence
		zipped, responses := e["zipped"].(int), e["responses"].(int)
		if probability == 0 && zipped != 0 || probability == 0.5 && (zipped == 0 || zipped == responses) || probability == 1 && zipped != responses {
			t.Errorf("of %d responses, with probability %v, %d were compressed", responses, probability, zipped)
		}
	}
}

// Names of fields may be data; only what looks like a name is shown.
func TestNamesThatAreData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.change = func(body string) string {
			return strings.ReplaceAll(body, `"billingCode"`, `"zhangsan@example.com":1,"13800000000":2,"hostNick":"`+token+`","billingCode"`)
		}
		r := examine(t, w, doctor.Options{})
		names, _ := r.Find("fields.unknown").Evidence["fields"].([]string)
		if !slices.Equal(names, []string{"hostNick", "…"}) {
			t.Errorf("the names are %v", names)
		}
		if out := printed(t, r); strings.Contains(out, "zhangsan@") || strings.Contains(out, "13800000000") {
			t.Error("data is shown")
		}
	})
}

func TestTooFewRequestsAreRefused(t *testing.T) {
	client, err := confopenapi.NewClient("https://conf.example.com", confopenapi.WithToken(token))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{-1, 1, doctor.MinRequests() - 1} {
		if _, err := doctor.Run(t.Context(), doctor.Options{Client: client, MaxRequests: n}); err == nil {
			t.Errorf("%d requests are accepted", n)
		}
	}
	if doctor.MinRequests() > doctor.DefaultMaxRequests {
		t.Errorf("at least %d are needed, and %d the default", doctor.MinRequests(), doctor.DefaultMaxRequests)
	}
	if _, err := doctor.Run(t.Context(), doctor.Options{Client: &confopenapi.Client{}}); errors.Is(err, nil) {
		t.Error("a client of nothing is accepted")
	}
}

// Doctor lists as the commands do, with four requests in flight. Those that its limit cancels are no failures of the service.
func TestListsInParallel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithPaging(livelist.Paging{Cap: 20, Clamp: true, Total: livelist.TotalZero}), kit.WithConferences(kit.Conferences(2000, 1)...))
		var sent []time.Time
		w.takes = func(int) time.Duration { // is called by several at once
			w.mu.Lock()
			defer w.mu.Unlock()
			sent = append(sent, time.Now())
			return time.Millisecond * time.Duration(10+len(sent)%7)
		}
		r := examine(t, w, doctor.Options{})
		if len(r.Next) != 1 || r.Next[0].Command != "confctl doctor --max-requests 200" {
			t.Errorf("got %v, want to try a whole listing", r.Next)
		}
		most := 0
		for i, at := range sent {
			near := 0
			for _, other := range sent[:i+1] {
				if at.Sub(other) < 10*time.Millisecond {
					near++
				}
			}
			most = max(most, near)
		}
		if most != 4 {
			t.Errorf("got %d requests at the same time, want 4", most)
		}
	})
}

// A service that takes one request at a time refuses some of a listing. That is no failure which its operator could end.
func TestRefusalsOfParallelRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithMaxCount(100), kit.WithConferences(kit.Conferences(900, 1)...))
		var busy time.Time
		refused := map[int]bool{}
		w.takes = func(sent int) time.Duration {
			w.mu.Lock()
			defer w.mu.Unlock()
			if refused[sent] = time.Now().Before(busy); refused[sent] {
				return 0
			}
			busy = time.Now().Add(10 * time.Millisecond)
			return 10 * time.Millisecond
		}
		w.response = func(sent int) *http.Response {
			w.mu.Lock()
			defer w.mu.Unlock()
			if refused[sent] {
				return says(429, "", "Retry-After", "1")
			}
			return nil
		}
		r := examine(t, w, doctor.Options{})
		if len(r.Next) != 1 || r.Next[0].Command != "confctl list --all" || r.Err != nil {
			t.Errorf("got %v and the error %v, want to use it as it is", r.Next, r.Err)
		}
		if !slices.Contains(slices.Collect(maps.Values(refused)), true) {
			t.Error("no request was refused")
		}
	})
}
