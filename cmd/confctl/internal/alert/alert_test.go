package alert_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/alert"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver is a webhook. It has each message before it responds.
type receiver struct {
	mu     sync.Mutex
	got    []received
	status func(n int) int // of the nth request; 0 = 200, negative = the connection breaks
	body   string
	slow   time.Duration
}

type received struct {
	at     time.Time
	url    string
	header http.Header
	body   string
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, received{time.Now(), req.URL.String(), req.Header, string(body)})
	n, slow, answer, text := len(r.got), r.slow, r.status, r.body
	r.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	status := 0
	if answer != nil {
		status = answer(n)
	}
	if status < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.example.com/"}}, Body: io.NopCloser(strings.NewReader(text)), Request: req,
	}, nil
}

// The message that the guides show has the fields of a real one.
func TestMessageOfTheGuide(t *testing.T) {
	for _, guide := range []string{"history.md", "history.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		_, block, _ := strings.Cut(string(text), "```json\n")
		block, _, _ = strings.Cut(block, "```")
		var message alert.Message
		var got, want any
		if err := errors.Join(json.Unmarshal([]byte(block), &message), json.Unmarshal([]byte(block), &got)); err != nil {
			t.Fatal(guide, err)
		}
		sent, err := json.Marshal(&message)
		if err := errors.Join(err, json.Unmarshal(sent, &want)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: got a message that is not what confctl sends (-want +got)\n%s", guide, diff)
		}
	}
}

// set changes what it does.
func (r *receiver) set(change func(*receiver)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// messages are the texts that arrived, the first line of each.
func (r *receiver) messages(t *testing.T) (texts []string) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.got {
		var message alert.Message
		if err := json.Unmarshal([]byte(m.body), &message); err != nil {
			t.Fatal(err)
		}
		text, _, _ := strings.Cut(message.Text, "\n")
		texts = append(texts, text)
	}
	return texts
}

// scene is a history with alerts.
type scene struct {
	t        *testing.T
	path     string
	options  alert.Options
	receiver *receiver
	store    *history.Store
	stop     func()
	failures []string
}

func newScene(t *testing.T, rules ...alert.Rule) *scene {
	t.Helper()
	s := &scene{t: t, path: filepath.Join(t.TempDir(), "history.db"), receiver: &receiver{body: `{"errcode":0}`}}
	for i := range rules {
		rules[i].Webhook = "ops"
	}
	s.options = alert.Options{
		Text: locale.Printer(language.English), Service: "fake", Zone: time.UTC, Rules: rules, Transport: s.receiver,
		Webhooks: map[string]alert.Webhook{"ops": {Format: alert.JSON, URL: confopenapi.NewSecret("https://hooks.example.com/x?key=k3y")}},
		Failed:   func(err error) { s.failures = append(s.failures, err.Error()) },
	}
	return s
}

func (s *scene) start() {
	s.t.Helper()
	alerts := alert.New(s.options)
	var err error
	if s.store, err = history.Open(s.path, history.Options{Service: "fake", Polled: alerts.Polled}); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() { alerts.Run(ctx, s.store); close(done) }()
	s.stop = func() {
		cancel()
		<-done
		_ = s.store.Close()
	}
}

// poll records a complete listing of conferences with so many attendees, and waits.
func (s *scene) poll(wait time.Duration, attendees ...int) {
	s.t.Helper()
	list := make([]confopenapi.Conference, len(attendees))
	for i, n := range attendees {
		list[i] = confopenapi.Conference{EventID: int64(i + 1), ConferenceID: "c", StartTime: 1715600000, Title: "董事会 <@all>", HostOrgName: "HQ", HostName: "张三", AttendeeCount: n}
	}
	now := time.Now()
	if err := s.store.Record(&confopenapi.Snapshot{Conferences: list, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete, Start: now, End: now}}); err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(wait)
	synctest.Wait()
}

func (s *scene) want(messages ...string) {
	s.t.Helper()
	if diff := cmp.Diff(messages, s.receiver.messages(s.t)); diff != "" {
		s.t.Errorf("messages (-want +got)\n%s", diff)
	}
}

// A rule reports a conference once while it is above, what comes during the cool-down is one message, and a restart repeats nothing.
func TestAttendeesAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{Name: "large", AttendeesAbove: 100, CoolDown: 10 * time.Minute})
		s.start()
		s.poll(time.Minute, 100, 101)
		s.want("large: 1 conference with more than 100 attendees")
		s.poll(time.Minute, 150, 101, 7)
		s.poll(time.Minute, 150, 101, 200)
		s.want("large: 1 conference with more than 100 attendees")
		s.stop()
		s.start()
		s.poll(8*time.Minute, 150, 101, 200)
		s.want("large: 1 conference with more than 100 attendees", "large: 2 conferences with more than 100 attendees")
		s.poll(20*time.Minute, 150, 50, 200)
		s.poll(time.Minute, 150, 101, 200)
		s.want("large: 1 conference with more than 100 attendees", "large: 2 conferences with more than 100 attendees", "large: 1 conference with more than 100 attendees")
		s.stop()
		if len(s.failures) > 0 {
			t.Errorf("got the failures %v", s.failures)
		}
	})
}

func TestTotalTitleAndNoListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{TotalAttendeesAbove: 100}, alert.Rule{Title: regexp.MustCompile("董事会")}, alert.Rule{NoListingFor: 5 * time.Minute})
		s.start()
		s.poll(time.Minute, 60) // the first poll of a history knows nothing that started
		s.want()
		s.poll(time.Minute, 60, 60)
		s.want("120 attendees in all, more than 100", "1 conference started that matches 董事会")
		s.poll(10*time.Minute, 60, 10)
		want := []string{"120 attendees in all, more than 100", "1 conference started that matches 董事会", "no listing was proven for 5m0s; the last one was at 2000-01-01 00:02:00 UTC"}
		s.want(want...)
		s.poll(10*time.Minute, 60, 10)
		s.want(append(want, "no listing was proven for 5m0s; the last one was at 2000-01-01 00:12:00 UTC")...)
		s.stop()
	})
}

// Whatever a receiver does, each message arrives in the order in which it was made, with growing pauses, and no redirect is followed.
func TestReceiverInTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		trouble func(r *receiver)
		why     string
	}{
		"down":     {func(r *receiver) { r.status = func(n int) int { return map[bool]int{true: -1}[n < 6] } }, "unexpected EOF"},
		"500":      {func(r *receiver) { r.status = func(n int) int { return map[bool]int{true: 500}[n < 6] } }, "HTTP 500"},
		"redirect": {func(r *receiver) { r.status = func(n int) int { return map[bool]int{true: 307}[n < 6] } }, "HTTP 307"},
		"slow": {func(r *receiver) {
			r.slow = time.Hour
			r.status = func(int) int { return 0 }
		}, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, alert.Rule{Name: "a", AttendeesAbove: 100}, alert.Rule{Name: "b", TotalAttendeesAbove: 100})
				c.trouble(s.receiver)
				s.start()
				s.poll(10*time.Minute, 101)
				attempts := 0
				s.receiver.set(func(r *receiver) { attempts, r.slow = len(r.got), 0 })
				if attempts < 5 || attempts > 8 {
					t.Errorf("got %d attempts in ten minutes, want 5 to 8", attempts)
				}
				time.Sleep(30 * time.Minute)
				s.stop()
				var order []string
				ids := map[string]bool{}
				for _, m := range s.receiver.got {
					var message alert.Message
					if err := json.Unmarshal([]byte(m.body), &message); err != nil {
						t.Fatal(err)
					}
					ids[message.ID] = true
					if !strings.Contains(m.url, "hooks.example.com") {
						t.Errorf("sent to %s", m.url)
					}
					if n := len(order); n == 0 || order[n-1] != message.Rule {
						order = append(order, message.Rule)
					}
				}
				if diff := cmp.Diff([]string{"a", "b"}, order); diff != "" || len(ids) != 2 {
					t.Errorf("got %d ids; order (-want +got)\n%s", len(ids), diff)
				}
				if len(s.failures) != 1 || !strings.Contains(s.failures[0], c.why) || strings.Contains(s.failures[0], "k3y") {
					t.Errorf("got the failures %q, want one with %q and without the key", s.failures, c.why)
				}
			})
		})
	}
}

// A message whose receiver took it is sent again if the process was killed before it knew, with the same id; one that it refuses is given up.
func TestAtLeastOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{Name: "a", AttendeesAbove: 100})
		s.receiver.slow = time.Second
		s.start()
		s.poll(500*time.Millisecond, 101) // it has the message, and has not responded
		s.stop()
		s.receiver.set(func(r *receiver) { r.slow = 0 })
		s.start()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(s.receiver.got) != 2 || s.receiver.got[0].header.Get("Webhook-Id") != s.receiver.got[1].header.Get("Webhook-Id") {
			t.Errorf("got %d messages, want the same one twice", len(s.receiver.got))
		}
		s.receiver.set(func(r *receiver) { r.status = func(int) int { return http.StatusUnprocessableEntity } })
		s.poll(time.Hour, 101, 102)
		s.stop()
		if len(s.receiver.got) != 3 || len(s.failures) != 1 || !strings.Contains(s.failures[0], "HTTP 422") {
			t.Errorf("got %d messages and %v, want the refused one once", len(s.receiver.got)-2, s.failures)
		}
	})
}

// While a receiver is down, findings gather in few messages. After a day a message is given up.
func TestNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{Name: "a", AttendeesAbove: 100})
		s.receiver.status = func(int) int { return 503 }
		s.start()
		for i := range 200 {
			s.poll(time.Minute, 101*(i%2), 150)
		}
		s.receiver.set(func(r *receiver) { r.status, r.got = nil, nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		total := 0
		for i, m := range s.receiver.got {
			var message alert.Message
			if err := json.Unmarshal([]byte(m.body), &message); err != nil {
				t.Fatal(err)
			}
			total += message.Total
			if i > 0 && m.at.Sub(s.receiver.got[i-1].at) < 3*time.Second {
				t.Errorf("message %d came after %s", i, m.at.Sub(s.receiver.got[i-1].at))
			}
		}
		if n := len(s.receiver.got); n > 11 || total != 101 {
			t.Errorf("got %d messages with %d findings, want at most 11 with all 101", n, total)
		}
		s.receiver.set(func(r *receiver) { r.status = func(int) int { return 503 } })
		s.poll(time.Minute, 0, 0)
		s.poll(time.Minute, 101, 0)
		before := len(s.failures)
		if err := s.store.Update(func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE alert_outbox SET made_at = made_at - 86400")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		s.stop()
		if got := s.failures[before:]; len(got) != 1 || !strings.Contains(got[0], "HTTP 503") {
			t.Errorf("after a day: got the failures %q, want that it is given up", got)
		}
	})
}

// A receiver that is down gets no more attempts when these cannot be written, as on a full disk.
func TestReceiverDown_NothingWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{Name: "a", AttendeesAbove: 100})
		s.receiver.status = func(int) int { return 503 }
		s.start()
		defer s.stop()
		if err := s.store.Update(func(tx *sql.Tx) error {
			_, err := tx.ExecContext(t.Context(), "CREATE TRIGGER full BEFORE UPDATE ON alert_outbox BEGIN SELECT RAISE(ABORT, 'no room'); END")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.poll(10*time.Minute, 101)
		if n := len(s.receiver.messages(t)); n < 5 || n > 8 {
			t.Errorf("got %d attempts in ten minutes, want 5 to 8", n)
		}
	})
}

// The signature is that of Standard Webhooks.
func TestSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{AttendeesAbove: 100})
		key := []byte("0123456789abcdef")
		hook := s.options.Webhooks["ops"]
		hook.Secret = confopenapi.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(key))
		s.options.Webhooks["ops"] = hook
		s.start()
		s.poll(time.Minute, 101)
		s.stop()
		got := s.receiver.got[0]
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(got.header.Get("Webhook-Id") + "." + got.header.Get("Webhook-Timestamp") + "." + got.body))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.header.Get("Webhook-Signature") != want {
			t.Errorf("got %s, want %s", got.header.Get("Webhook-Signature"), want)
		}
		if strings.Contains(got.body, "张三") || !strings.Contains(got.body, "董事会") {
			t.Errorf("got %s, want the title and no host", got.body)
		}
	})
}

// Robots get texts, in the forms that their documents have.
func TestRobots(t *testing.T) {
	for _, format := range []alert.Format{alert.WeCom, alert.DingTalk} {
		synctest.Test(t, func(t *testing.T) {
			s := newScene(t, alert.Rule{Name: strings.Repeat("长", 50), AttendeesAbove: 100})
			s.options.Webhooks["ops"] = alert.Webhook{Format: format, URL: confopenapi.NewSecret("https://robot.example.com/send?key=k3y"), Secret: confopenapi.NewSecret("SEC1"), WithPersonalData: true}
			s.start()
			attendees := make([]int, 40)
			for i := range attendees {
				attendees[i] = 101 + i
			}
			s.receiver.body = `{"errcode":310000,"errmsg":"sign not match"}`
			s.poll(time.Second, attendees...)
			s.receiver.set(func(r *receiver) { r.body = `{"errcode":0,"errmsg":"ok"}` })
			time.Sleep(time.Minute)
			s.stop()
			if len(s.receiver.got) != 2 || len(s.failures) != 1 || !strings.Contains(s.failures[0], "errcode 310000") {
				t.Fatalf("%s: got %d messages and %v, want a second after errcode 310000", format, len(s.receiver.got), s.failures)
			}
			got := s.receiver.got[1]
			var body struct {
				Type string `json:"msgtype"`
				Text struct {
					Content string `json:"content"`
				} `json:"text"`
			}
			if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.Type != "text" || len(body.Text.Content) > 2048 ||
				strings.Contains(body.Text.Content, "<@all>") || !strings.Contains(body.Text.Content, "张三") || !strings.Contains(body.Text.Content, "and 30 more") {
				t.Errorf("%s: got %v, %d bytes: %s", format, err, len(body.Text.Content), got.body)
			}
			u, err := url.Parse(got.url)
			if err != nil {
				t.Fatal(err)
			}
			query := u.Query()
			if format == alert.WeCom {
				if u.RawQuery != "key=k3y" {
					t.Errorf("got %s", u.RawQuery)
				}
				return
			}
			mac := hmac.New(sha256.New, []byte("SEC1"))
			mac.Write([]byte(query.Get("timestamp") + "\nSEC1"))
			if query.Get("sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || query.Get("timestamp") == "" || query.Get("key") != "k3y" {
				t.Errorf("got %s", u.RawQuery)
			}
		})
	}
}

// If recording fails, nothing is sent of it.
func TestNothingOfAFailedPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, alert.Rule{AttendeesAbove: 100})
		s.start()
		alerts := alert.New(s.options)
		broken := errors.New("broken")
		if err := s.store.Update(func(tx *sql.Tx) error {
			now := time.Now()
			list := []confopenapi.Conference{{EventID: 1, AttendeeCount: 500}}
			return errors.Join(alerts.Polled(tx, history.Poll{Snapshot: &confopenapi.Snapshot{Conferences: list, Report: confopenapi.Report{End: now}}}), broken)
		}); !errors.Is(err, broken) {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		s.stop()
		s.want()
	})
}
