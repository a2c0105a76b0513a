//go:build unix

package confopenapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// generated is a service of any number of conferences, whose pages are made as they are asked for and cost next to
// nothing: the JSON of one conference, with the ids written over.
type generated struct {
	size       int
	head, tail []byte // of a conference, around its number
	after      func() // each page
}

const numberWidth = 9

func newGenerated(tb testing.TB, size int) *generated {
	tb.Helper()
	conf := confopenapitest.Conferences(1, 1)[0]
	conf.EventID, conf.ConferenceID = 0, ""
	text, err := json.Marshal(conf)
	if err != nil {
		tb.Fatal(err)
	}
	head, tail, ok := bytes.Cut(text, []byte(`"eventId":0`))
	if !ok {
		tb.Fatal("no event id")
	}
	return &generated{size: size, head: append(slices.Clone(head), `"eventId":1`...), tail: tail}
}

func (g *generated) RoundTrip(req *http.Request) (*http.Response, error) {
	list := asked(req)
	from := min((list.Page-1)*list.Count, g.size)
	to := min(from+list.Count, g.size)
	b := make([]byte, 0, 200+(to-from)*(len(g.head)+numberWidth+len(g.tail)+1))
	b = fmt.Appendf(b, `{"status":0,"result":{"totalCount":%d,"confList":[`, g.size)
	for i := from; i < to; i++ {
		if i > from {
			b = append(b, ',')
		}
		b = append(b, g.head...)
		b = append(b, strconv.Itoa(1_000_000_000 - i)[:numberWidth]...)
		b = append(b, g.tail...)
	}
	b = append(b, `]}}`...)
	if g.after != nil {
		g.after()
	}
	return &http.Response{
		StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(b)), Body: io.NopCloser(bytes.NewReader(b)), Request: req,
	}, nil
}

func (g *generated) client(tb testing.TB) *confopenapi.Client {
	tb.Helper()
	return overTransport(tb, g)
}

// byHand is what a program does without a listing: page after page, and no proof.
func byHand(b *testing.B, client *confopenapi.Client, count int) (n int) {
	b.Helper()
	for page := 1; ; page++ {
		list, err := client.ListByStatus(b.Context(), &confopenapi.ListByStatusRequest{Page: page, Count: count})
		if err != nil {
			b.Fatal(err)
		}
		n += len(list.Conferences)
		if len(list.Conferences) == 0 || n >= list.TotalCount {
			return n
		}
	}
}

func all(b *testing.B, client *confopenapi.Client) (n int) {
	b.Helper()
	for _, err := range client.Pager(nil, nil).All(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// BenchmarkAllOverByHand is the CPU that All takes for what it proves, as a ratio of paging without proof. Both read 20,000
// conferences, one after the other in each round.
func BenchmarkAllOverByHand(b *testing.B) {
	const size = 20_000
	client := newGenerated(b, size).client(b)
	var ratios []float64
	b.ReportAllocs()
	for b.Loop() {
		start := cpu()
		if n := byHand(b, client, 500); n != size {
			b.Fatal(n)
		}
		middle := cpu()
		if n := all(b, client); n != size {
			b.Fatal(n)
		}
		ratios = append(ratios, float64(cpu()-middle)/float64(middle-start))
	}
	b.ReportMetric(median(ratios), "All/byhand")
}

// BenchmarkAllOfAMillion is the live heap while All goes over a million conferences.
func BenchmarkAllOfAMillion(b *testing.B) {
	const size = 1_000_000
	g := newGenerated(b, size)
	pages, live := 0, []float64{}
	g.after = func() {
		if pages++; pages%100 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			live = append(live, float64(m.HeapAlloc)/(1<<20))
		}
	}
	client := g.client(b)
	for b.Loop() {
		pages, live = 0, live[:0]
		if n := all(b, client); n != size {
			b.Fatal(n)
		}
	}
	b.ReportMetric(live[0], "MiB-at-50k")
	b.ReportMetric(slices.Max(live), "MiB-peak")
	b.ReportMetric((live[len(live)-1]-live[0])*(1<<20)/(size-50_000), "B/conference")
}

// BenchmarkSnapshotInFlight is how much faster 10,000 conferences at 20 ms a request are with more requests in flight, and
// how that compares to a loop over pages, which loses conferences as soon as the list changes.
func BenchmarkSnapshotInFlight(b *testing.B) {
	srv, err := confopenapitest.Start(confopenapitest.WithConferences(confopenapitest.Conferences(10_000, 1)...),
		confopenapitest.WithMaxCount(100), confopenapitest.WithOrder(confopenapitest.OrderStartDown), confopenapitest.WithRequestLog(0),
		confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Delay(20 * time.Millisecond)}))
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	client := srv.Client()
	snapshot := func(parallel int) time.Duration {
		start := time.Now()
		snap, err := client.Snapshot(b.Context(), nil, &confopenapi.SnapshotOptions{Parallel: parallel})
		if err != nil || len(snap.Conferences) != 10_000 {
			b.Fatal(snap, err)
		}
		return time.Since(start)
	}
	ratios := map[string][]float64{}
	for b.Loop() {
		one := snapshot(1)
		start := time.Now()
		byHand(b, client, 100)
		naive := time.Since(start)
		for _, parallel := range []int{4, 8, 16} {
			took := snapshot(parallel)
			ratios[fmt.Sprintf("x-with-%d", parallel)] = append(ratios[fmt.Sprintf("x-with-%d", parallel)], float64(one)/float64(took))
			if parallel == 8 {
				ratios["x-naive-with-8"] = append(ratios["x-naive-with-8"], float64(naive)/float64(took))
			}
		}
	}
	for unit, of := range ratios {
		b.ReportMetric(median(of), unit)
	}
	b.ReportMetric(float64(srv.Connections()), "connections")
}
