package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// maxBody is how much of a response is looked at: what the SDK accepts by default.
const maxBody = 16 << 20

var errSpent = errors.New("the requests that were allowed are spent")

// tap stands between the SDK and the network. It counts every request, retries included, refuses those beyond the limit,
// and notes of each response what the checks need: who was on the page, and the names and kinds of its fields. Values that
// may be personal pass through and are not kept.
type tap struct {
	next  http.RoundTripper
	limit int

	mu     sync.Mutex
	sent   int
	failed int         // of sent, how many got no response, or one of a service in trouble
	stop   func(error) // ends what is asking once the limit is reached
	reads  []read
	fields *tally
}

// row is a conference on a page.
type row struct {
	id     confopenapi.Identity
	single bool // it has exactly one attendee
}

// read is a page that came.
type read struct {
	page, count int   // as asked for; 0 = not
	filter      *bool // likewise
	rows        []row
	total       int

	sent, came time.Time
	date       time.Time // of the header Date; zero = none
	timestamp  int64     // of the envelope; 0 = none
	zipped     bool
	bytes      int // unzipped
}

// offset is where the page begins if the service cuts pages as it is asked.
func (r *read) offset() int { return (max(1, r.page) - 1) * r.count }

// end is the place behind the last conference of the page.
func (r *read) end() int { return r.offset() + len(r.rows) }

func (t *tap) left() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.limit - t.sent
}

func (t *tap) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent >= t.limit {
		if t.stop != nil {
			t.stop(errSpent)
		}
		return false
	}
	t.sent++
	return true
}

func (t *tap) onSpent(stop func(error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = stop
}

// all are the pages that came so far, the earliest first.
func (t *tap) all() []read {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reads[:len(t.reads):len(t.reads)]
}

// RoundTrip passes a request on, if one is left.
func (t *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	asked, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	if !t.take() {
		return nil, errSpent
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(asked))
	r := read{sent: time.Now()}
	resp, err := t.next.RoundTrip(req)
	if err != nil || resp == nil || resp.StatusCode >= 500 {
		t.mu.Lock()
		if !errors.Is(req.Context().Err(), context.Canceled) { // as the limit does, and no service
			t.failed++
		}
		t.mu.Unlock()
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	r.came = time.Now()
	resp.Body = struct { // what came, and then what the network has yet to say, be it an error
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), resp.Body), resp.Body}
	if err == nil && resp.StatusCode/100 == 2 {
		t.note(r, asked, resp, body)
	}
	return resp, nil
}

// note keeps a page. What is no page, the SDK complains about.
func (t *tap) note(r read, asked []byte, resp *http.Response, body []byte) {
	var request confopenapi.ListByStatusRequest
	var envelope struct {
		Status    *int                  `json:"status"`
		Result    *confopenapi.ConfList `json:"result"`
		Timestamp json.RawMessage       `json:"timestamp"`
	}
	if json.Unmarshal(asked, &request) != nil || json.Unmarshal(body, &envelope) != nil ||
		envelope.Status == nil || *envelope.Status != 0 || envelope.Result == nil {
		return
	}
	r.page, r.count, r.filter = request.Page, request.Count, request.FilterOneAttendee
	r.total = envelope.Result.TotalCount
	r.rows = make([]row, len(envelope.Result.Conferences))
	for i, c := range envelope.Result.Conferences {
		r.rows[i] = row{c.Identity(), c.AttendeeCount == 1}
	}
	r.date, _ = http.ParseTime(resp.Header.Get("Date"))
	_ = json.Unmarshal(envelope.Timestamp, &r.timestamp) // 0 if it is absent or no number
	r.zipped = resp.Uncompressed || resp.Header.Get("Content-Encoding") == "gzip"
	r.bytes = len(body)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads = append(t.reads, r)
	t.fields.see(body)
}
