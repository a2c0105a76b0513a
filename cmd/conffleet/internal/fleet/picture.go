package fleet

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Picture follows what the workers say, for status and metrics.
type Picture struct {
	store *Store

	mu      sync.Mutex
	workers map[string]WorkerRecord
	beats   map[string]time.Time
	seen    map[int64]Seen
	listed  map[int64]bool // whom the fleet lists now; nil = not known
	rate    Rate
	cut     time.Time // when rate was set
}

// Status is the state of the fleet.
type Status struct {
	Version       int            `json:"v"`
	At            time.Time      `json:"at"`
	Waiting       uint64         `json:"waiting"`  // tasks that no worker has taken
	Taken         int            `json:"taken"`    // tasks in progress, and those that will be tried again
	Admins        int            `json:"admins"`   // that the fleet lists now
	Unproven      int            `json:"unproven"` // of them, that have no proven listing
	OldestProven  time.Time      `json:"oldestProven,omitzero"`
	OldestAdmin   int64          `json:"oldestAdmin,omitzero"` // whose listing that is
	Live          int            `json:"live"`
	Failing       map[string]int `json:"failing"`       // administrators whose last task failed, by kind
	FailingAdmins []Seen         `json:"failingAdmins"` // their last results, those that have failed longest first
	Events        uint64         `json:"events"`        // in the stream
	EventsBytes   uint64         `json:"eventsBytes"`
	StateBytes    uint64         `json:"stateBytes"`
	Dead          uint64         `json:"dead"`
	Limit         float64        `json:"limit"` // requests a second
	Used          float64        `json:"used"`
	Factor        float64        `json:"factor"` // part of the limit that workers may use; a 429 halves it
	Workers       []WorkerRecord `json:"workers"`
}

// NewPicture follows the store until ctx ends. It returns once it knows what is there.
func NewPicture(ctx context.Context, store *Store) (*Picture, error) {
	p := &Picture{store: store, workers: map[string]WorkerRecord{}, beats: map[string]time.Time{}, seen: map[int64]Seen{}, rate: Rate{Factor: 1}}
	for _, part := range []struct {
		kv   jetstream.KeyValue
		keys string
		see  func(jetstream.KeyValueEntry)
	}{{store.alive, workerKeys + "*", p.sawWorker}, {store.seen, "*", p.sawAdmin}, {store.shared, rateKey, p.sawRate}, {store.shared, adminsKey, p.sawAdmins}} {
		known := make(chan struct{})
		all := sync.OnceFunc(func() { close(known) })
		go func() {
			for once := true; once || pause(ctx, beat/4); once = false {
				watch(ctx, part.kv, part.keys, func(entry jetstream.KeyValueEntry) {
					if entry == nil {
						all()
						return
					}
					p.mu.Lock()
					defer p.mu.Unlock()
					part.see(entry)
				})
			}
		}()
		select {
		case <-known:
		case <-ctx.Done():
			return nil, storeError("read the status", ctx.Err())
		}
	}
	return p, nil
}

func (p *Picture) sawWorker(entry jetstream.KeyValueEntry) {
	var r WorkerRecord
	id := strings.TrimPrefix(entry.Key(), workerKeys)
	if entry.Operation() != jetstream.KeyValuePut || decode(entry.Value(), &r) != nil {
		delete(p.workers, id)
		return
	}
	p.workers[id], p.beats[id] = r, time.Now()
}

func (p *Picture) sawAdmin(entry jetstream.KeyValueEntry) {
	var s Seen
	if entry.Operation() == jetstream.KeyValuePut && decode(entry.Value(), &s) == nil {
		p.seen[s.Admin] = s
	}
}

func (p *Picture) sawAdmins(entry jetstream.KeyValueEntry) {
	var list AdminList
	if entry.Operation() == jetstream.KeyValuePut && decodeZip(entry.Value(), &list) == nil {
		p.listed = make(map[int64]bool, len(list.Admins))
		for _, admin := range list.Admins {
			p.listed[admin] = true
		}
	}
}

func (p *Picture) sawRate(entry jetstream.KeyValueEntry) {
	if decode(entry.Value(), &p.rate) == nil {
		p.cut = entry.Created()
	}
}

// Status asks NATS for the sizes, and adds up what the workers said.
func (p *Picture) Status(ctx context.Context) (*Status, error) {
	s := &Status{Version: Version, At: time.Now().UTC(), Failing: map[string]int{}, FailingAdmins: []Seen{}, Workers: []WorkerRecord{}}
	consumer, err := p.store.js.Consumer(ctx, TasksStream, tasksConsumer)
	if err != nil {
		return nil, storeError("find the queue", err)
	}
	s.Waiting, s.Taken = consumer.CachedInfo().NumPending, consumer.CachedInfo().NumAckPending
	for _, size := range []struct {
		stream      string
		msgs, bytes *uint64
	}{{EventsStream, &s.Events, &s.EventsBytes}, {DeadStream, &s.Dead, new(uint64)}, {"KV_" + StateBucket, new(uint64), &s.StateBytes}} {
		stream, err := p.store.js.Stream(ctx, size.stream)
		if err != nil {
			return nil, storeError("find stream "+size.stream, err)
		}
		*size.msgs, *size.bytes = stream.CachedInfo().State.Msgs, stream.CachedInfo().State.Bytes
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Factor = min(1, p.rate.Factor+recovery*max(0, s.At.Sub(p.cut).Seconds()))
	for id, r := range p.workers {
		if time.Since(p.beats[id]) > aliveFor+beat {
			delete(p.workers, id)
			continue
		}
		s.Workers = append(s.Workers, r)
		s.Limit, s.Used = max(s.Limit, r.Limit), s.Used+r.Used
	}
	slices.SortFunc(s.Workers, func(a, b WorkerRecord) int { return strings.Compare(a.ID, b.ID) })
	s.Admins = len(p.listed)
	for admin := range p.listed {
		if _, tried := p.seen[admin]; !tried {
			s.Unproven++
		}
	}
	for admin, seen := range p.seen {
		if p.listed == nil { // nobody has said whom the fleet lists
			s.Admins++
		} else if !p.listed[admin] {
			continue
		}
		s.Live += seen.Live
		if seen.Kind != "" {
			s.Failing[seen.Kind]++
			s.FailingAdmins = append(s.FailingAdmins, seen)
		}
		if seen.Proven.IsZero() {
			s.Unproven++
		} else if s.OldestProven.IsZero() || seen.Proven.Before(s.OldestProven) {
			s.OldestProven, s.OldestAdmin = seen.Proven, seen.Admin
		}
	}
	slices.SortFunc(s.FailingAdmins, func(a, b Seen) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Admin, b.Admin)) })
	return s, nil
}

// WriteTable writes the status for people, with so many of the administrators that fail.
func (s *Status) WriteTable(w io.Writer, most int) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	oldest, admins, rate := "none yet", fmt.Sprintf("%d, %d without a proven listing", s.Admins, s.Unproven), "no worker"
	if !s.OldestProven.IsZero() {
		oldest = fmt.Sprintf("%s ago (administrator %d)", s.At.Sub(s.OldestProven).Round(100*time.Millisecond), s.OldestAdmin)
	}
	if s.Admins == 0 {
		admins = "none; does conffleet run have --admins, with a file that is not empty?"
	}
	if len(s.Workers) > 0 {
		rate = fmt.Sprintf("%.1f of %g requests a second, factor %.2f", s.Used, s.Limit, s.Factor)
	}
	fmt.Fprintf(t, "tasks\t%d waiting, %d taken, %d dead\n", s.Waiting, s.Taken, s.Dead)
	fmt.Fprintf(t, "administrators\t%s\n", admins)
	fmt.Fprintf(t, "oldest proven\t%s\n", oldest)
	fmt.Fprintf(t, "live\t%s\n", count(s.Live, "conference"))
	fmt.Fprintf(t, "events\t%d kept, %s\n", s.Events, size(s.EventsBytes))
	fmt.Fprintf(t, "state\t%s\n", size(s.StateBytes))
	fmt.Fprintf(t, "rate\t%s\n", rate)
	for _, kind := range slices.Sorted(maps.Keys(s.Failing)) {
		fmt.Fprintf(t, "failing\t%s: %s\n", count(s.Failing[kind], "administrator"), kind)
	}
	if shown := s.FailingAdmins[:min(most, len(s.FailingAdmins))]; len(shown) > 0 {
		fmt.Fprintln(t, "\nFAILING\tKIND\tFOR")
		for _, f := range shown {
			fmt.Fprintf(t, "%d\t%s\t%s\n", f.Admin, f.Kind, s.At.Sub(f.Since).Round(time.Second))
		}
		if more := len(s.FailingAdmins) - len(shown); more > 0 {
			fmt.Fprintf(t, "%d more\t--failing shows all\n", more)
		}
	}
	fmt.Fprintln(t, "\nWORKER\tHOST\tBUSY\tTASKS\tEVENTS\tERRORS\tREQUESTS/S")
	for _, r := range s.Workers {
		errs := 0
		for _, n := range r.Errors {
			errs += n
		}
		share := fmt.Sprintf("%.1f of %.1f", r.Used, r.Share)
		if r.Share == 0 {
			share = "joining"
		}
		if r.Refused {
			share = "token refused"
		}
		fmt.Fprintf(t, "%s\t%s:%d\t%d/%d\t%d\t%d\t%d\t%s\n", r.ID, r.Host, r.PID, r.Busy, r.Slots, r.Tasks, r.Events, errs, share)
	}
	return t.Flush()
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func size(n uint64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(n)/1e3)
}

// WriteMetrics writes the status in Prometheus's text format.
func (s *Status) WriteMetrics(w io.Writer) error {
	var out strings.Builder
	gauge := func(name, help string, value float64) {
		fmt.Fprintf(&out, "# HELP conffleet_%s %s\n# TYPE conffleet_%s gauge\nconffleet_%s %g\n", name, help, name, name, value)
	}
	gauge("tasks_waiting", "Tasks that no worker has taken.", float64(s.Waiting))
	gauge("tasks_taken", "Tasks in progress, and those that will be tried again.", float64(s.Taken))
	gauge("tasks_dead", "Tasks that are not tried again, of the last 30 days.", float64(s.Dead))
	gauge("administrators", "Administrators that the fleet lists now.", float64(s.Admins))
	gauge("administrators_unproven", "Administrators without a proven listing.", float64(s.Unproven))
	oldest := 0.0
	if !s.OldestProven.IsZero() {
		oldest = float64(s.OldestProven.UnixMilli()) / 1000
	}
	gauge("oldest_proven_timestamp_seconds", "When the oldest of the last proven listings began; 0 if there is none.", oldest)
	gauge("live_conferences", "Conferences that are live.", float64(s.Live))
	gauge("events", "Events in the stream.", float64(s.Events))
	gauge("events_bytes", "Bytes of the stream of events.", float64(s.EventsBytes))
	gauge("state_bytes", "Bytes of the bucket of states.", float64(s.StateBytes))
	gauge("workers", "Workers that show signs of life.", float64(len(s.Workers)))
	refused := 0
	for _, r := range s.Workers {
		if r.Refused {
			refused++
		}
	}
	gauge("workers_refused", "Workers that pause because the service refuses their token.", float64(refused))
	gauge("limit_requests_per_second", "The limit of the whole fleet.", s.Limit)
	gauge("used_requests_per_second", "Requests a second that the fleet sends.", s.Used)
	gauge("rate_factor", "Share of the limit that workers may use, less than 1 after a refusal.", s.Factor)
	fmt.Fprint(&out, "# HELP conffleet_administrators_failing Administrators whose last task failed.\n# TYPE conffleet_administrators_failing gauge\n")
	for _, kind := range slices.Sorted(maps.Keys(s.Failing)) {
		fmt.Fprintf(&out, "conffleet_administrators_failing{kind=%q} %d\n", kind, s.Failing[kind])
	}
	_, err := io.WriteString(w, out.String())
	return err
}
