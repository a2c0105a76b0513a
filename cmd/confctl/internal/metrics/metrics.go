// Package metrics shows a View, and the calls that feed it, to Prometheus. A scrape reads memory and sends nothing.
package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/confopenapi/confopenapi-go"
)

// Options adjust the metrics.
type Options struct {
	// StaleAfter is the age from which the list is not shown: its series are absent then.
	StaleAfter time.Duration
	// Centers is how many data centres have a label of their own; all others are "other".
	Centers int
}

// View collects what a View shows. Make it with NewView, and give it the events of the View.
type View struct {
	view    *confopenapi.View
	options Options
	starts  prometheus.Counter
	ends    *prometheus.CounterVec

	mu      sync.Mutex
	centers map[string]bool // with a label of their own; once given it stays
}

// NewView returns a collector of a View.
func NewView(view *confopenapi.View, options Options) *View {
	v := &View{
		view: view, options: options, centers: map[string]bool{},
		starts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "confopenapi_conference_starts_total", Help: "Conferences that started, resumed or restarted since confctl runs.",
		}),
		ends: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "confopenapi_conference_ends_total", Help: "Conferences that ended since confctl runs, by whether the end was proven.",
		}, []string{"proven"}),
	}
	v.ends.WithLabelValues("true")
	v.ends.WithLabelValues("false")
	return v
}

// Event counts an event of the View.
func (v *View) Event(e confopenapi.Event) {
	switch e.Kind {
	case confopenapi.EventStarted, confopenapi.EventResumed, confopenapi.EventRestarted:
		v.starts.Inc()
	case confopenapi.EventEnded:
		if e.Proven {
			v.ends.WithLabelValues("true").Inc()
		} else {
			v.ends.WithLabelValues("false").Inc()
		}
	default:
	}
}

var (
	conferences = prometheus.NewDesc("confopenapi_conferences", "Live conferences.", []string{"data_center", "status"}, nil)
	attendees   = prometheus.NewDesc("confopenapi_attendees", "Attendees of live conferences.", []string{"data_center", "status"}, nil)
	clients     = prometheus.NewDesc("confopenapi_clients", "Clients of attendees of live conferences, by kind.", []string{"kind"}, nil)
	sizes       = prometheus.NewDesc("confopenapi_conference_attendees", "Live conferences by their number of attendees.", nil, nil)
	verdict     = prometheus.NewDesc("confopenapi_listing_verdict", "What the last listing that met the requirement proved: 1 for its verdict, 0 for others.", []string{"verdict"}, nil)
	age         = prometheus.NewDesc("confopenapi_listing_age_seconds", "Age of the last listing that met the requirement: the time since it began.", nil, nil)
	stale       = prometheus.NewDesc("confopenapi_listing_stale", "1 if the list is too old to be shown, or there was none, else 0.", nil, nil)
	failed      = prometheus.NewDesc("confopenapi_listing_failed_polls", "Polls in a row that failed or proved too little.", nil, nil)
)

// Describe implements prometheus.Collector.
func (v *View) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{conferences, attendees, clients, sizes, verdict, age, stale, failed} {
		ch <- d
	}
	v.starts.Describe(ch)
	v.ends.Describe(ch)
}

// Collect implements prometheus.Collector.
func (v *View) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	v.starts.Collect(ch)
	v.ends.Collect(ch)
	status := v.view.Status() // before List, which is then no older
	gauge(failed, float64(status.Failed))
	old := time.Since(status.Report.Start)
	if status.At.IsZero() {
		gauge(stale, 1)
		return
	}
	gauge(age, old.Seconds())
	if old > v.options.StaleAfter {
		gauge(stale, 1)
		return
	}
	gauge(stale, 0)
	for _, one := range []confopenapi.Verdict{confopenapi.VerdictIncomplete, confopenapi.VerdictConditional, confopenapi.VerdictComplete} {
		is := 0.0
		if one == status.Report.Verdict {
			is = 1
		}
		gauge(verdict, is, one.String())
	}
	v.list(v.view.List(), ch, gauge)
}

// bounds are those of the histogram of attendees.
var bounds = []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}

func (v *View) list(list []confopenapi.Conference, ch chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	type key struct{ center, status string }
	type sum struct{ conferences, attendees int }
	groups, kinds := map[key]sum{}, map[string]int{}
	buckets, all := make(map[float64]uint64, len(bounds)), 0
	for _, bound := range bounds {
		buckets[bound] = 0
	}
	named := v.names(list)
	for i := range list {
		c := &list[i]
		k := key{"other", statusName(c.Status)}
		if center := label(c.DataCenter); named[center] {
			k.center = center
		}
		g := groups[k]
		groups[k] = sum{g.conferences + 1, g.attendees + c.AttendeeCount}
		for kind, count := range Kinds(c) {
			kinds[KindNames[kind]] += count
		}
		all += c.AttendeeCount
		for _, bound := range bounds {
			if float64(c.AttendeeCount) <= bound {
				buckets[bound]++
			}
		}
	}
	for k, g := range groups {
		gauge(conferences, float64(g.conferences), k.center, k.status)
		gauge(attendees, float64(g.attendees), k.center, k.status)
	}
	for _, name := range KindNames {
		gauge(clients, float64(kinds[name]), name)
	}
	ch <- prometheus.MustNewConstHistogram(sizes, uint64(len(list)), float64(all), buckets)
}

// names are the data centres with a label of their own: the largest when there is still room, and then for good.
func (v *View) names(list []confopenapi.Conference) map[string]bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.centers) < v.options.Centers {
		counts := map[string]int{}
		for i := range list {
			counts[label(list[i].DataCenter)]++
		}
		found := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
		for _, name := range found {
			if len(v.centers) < v.options.Centers {
				v.centers[name] = true
			}
		}
	}
	return maps.Clone(v.centers)
}

// label is what a text can be as a label's value, of which a client library refuses what is no UTF-8.
func label(text string) string {
	const longest = 100
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

func statusName(s confopenapi.ConferenceStatus) string {
	switch s {
	case confopenapi.StatusCreated, confopenapi.StatusInProgress, confopenapi.StatusEnded, confopenapi.StatusExpired:
		return s.String()
	}
	return "other"
}

// KindNames are the kinds of clients, in the order of Kinds.
var KindNames = [...]string{"voip", "pstn", "video", "desktop", "mcu", "box"}

// Kinds are how many clients of each kind a conference has.
func Kinds(c *confopenapi.Conference) [len(KindNames)]int {
	return [...]int{c.VoIPCount, c.PSTNCount, c.VideoCount, c.DesktopCount, c.MCUCount, c.BoxCount}
}
