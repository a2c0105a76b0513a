// Package alert tells webhooks what rules find in the list: a conference or all of them have many attendees, a title started, or
// no listing was proven for a while.
//
// What a poll finds is decided in the transaction of the history that records the poll, and so is the message that goes into the
// outbox there. A message is deleted once its receiver has taken it: it arrives at least once, whatever is killed.
package alert

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
)

// Rule is one condition, and who is told.
type Rule struct {
	Name     string // for people
	Webhook  string
	CoolDown time.Duration // after a message; what comes meanwhile is one message at its end

	// One of these is set.
	AttendeesAbove      int
	TotalAttendeesAbove int
	NoListingFor        time.Duration
	Title               *regexp.Regexp // of a conference that starts
}

// key names a rule in the file. A rule that is changed is another one.
func (r *Rule) key() string {
	title := ""
	if r.Title != nil {
		title = r.Title.String()
	}
	return fmt.Sprintf("%s attendees>%d total>%d unlisted>%s title=%s", r.Webhook, r.AttendeesAbove, r.TotalAttendeesAbove, r.NoListingFor, title)
}

// Format is how a webhook wants its messages.
type Format string

// The formats.
const (
	JSON     Format = "json" // a Message, signed as Standard Webhooks has it
	WeCom    Format = "wecom"
	DingTalk Format = "dingtalk"
)

// Webhook is where messages go.
type Webhook struct {
	Format           Format
	URL              confopenapi.Secret // robots have their key in it
	Secret           confopenapi.Secret // signs messages; empty = they are not signed
	WithPersonalData bool               // the host's name is in messages
}

// Options are the rules, and what messages say about their sender.
type Options struct {
	Text     *message.Printer // the language of messages
	Service  string
	Zone     *time.Location
	Rules    []Rule
	Webhooks map[string]Webhook

	Failed    func(error)       // is told of the first failure of a message, and of messages that are given up
	Transport http.RoundTripper // nil = one of its own
}

// Alerts apply rules to polls. History.Options.Polled is its Polled, and Run sends.
type Alerts struct {
	options Options
	client  *http.Client
	began   time.Time
	wake    map[string]chan struct{} // by webhook
}

// New makes Alerts.
func New(o Options) *Alerts {
	a := &Alerts{options: o, client: newClient(o.Transport), began: time.Now(), wake: map[string]chan struct{}{}}
	for name := range o.Webhooks {
		a.wake[name] = make(chan struct{}, 1)
	}
	return a
}

// Message is what a webhook of the format JSON gets.
type Message struct {
	ID      string    `json:"id"` // the same if it is sent again
	Type    string    `json:"type"`
	Service string    `json:"service"`
	Rule    string    `json:"rule"`
	At      time.Time `json:"at"`
	Text    string    `json:"text"`   // what robots show
	Total   int       `json:"total"`  // how many findings there were
	Found   []Finding `json:"found"`  // the first of them
	Limit   int       `json:"limit"`  // of attendees; 0 = the rule has none
	Within  float64   `json:"within"` // seconds of no-listing-for; 0 = the rule has none
}

// Finding is one thing that a rule found.
type Finding struct {
	At         time.Time   `json:"at"`
	Attendees  int         `json:"attendees,omitempty"`
	ProvenAt   time.Time   `json:"provenAt,omitzero"` // of no-listing-for: when the last listing was proven
	Conference *Conference `json:"conference,omitempty"`
}

// Conference is what a message says about one.
type Conference struct {
	EventID      int64  `json:"eventId"`
	ConferenceID string `json:"conferenceId"`
	StartTime    int64  `json:"startTime"`
	Title        string `json:"title"`
	HostOrgName  string `json:"hostOrgName"`
	HostName     string `json:"hostName,omitempty"` // only with personal data
	Attendees    int    `json:"attendeeCnt"`
}

const (
	maxFound  = 20 // in a message
	maxQueued = 10 // messages of a webhook: more findings wait, and become one
)

// work is one transaction.
type work struct {
	*Alerts
	tx  *sql.Tx
	now time.Time
}

// Polled applies the rules to a poll. It is for history.Options.
func (a *Alerts) Polled(tx *sql.Tx, poll history.Poll) error {
	w := work{a, tx, poll.Snapshot.Report.End}
	for i := range a.options.Rules {
		rule := &a.options.Rules[i]
		var err error
		switch {
		case rule.AttendeesAbove > 0:
			err = w.large(rule, poll)
		case rule.TotalAttendeesAbove > 0:
			err = w.total(rule, poll)
		case rule.Title != nil:
			err = w.started(rule, poll)
		case poll.Snapshot.Report.Verdict >= confopenapi.VerdictConditional:
			err = w.withdraw(rule, "")
		}
		if err == nil {
			err = w.flush(rule)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func subject(c *confopenapi.Conference) string {
	return fmt.Sprintf("%d %d %s", c.EventID, c.StartTime, c.ConferenceID)
}

func (w *work) large(rule *Rule, poll history.Poll) error {
	active, err := w.active(rule)
	if err != nil {
		return err
	}
	for i := range poll.Snapshot.Conferences {
		c := &poll.Snapshot.Conferences[i]
		id := subject(c)
		switch above := c.AttendeeCount > rule.AttendeesAbove; {
		case above && !active[id]:
			active[id] = true
			err = w.find(rule, id, Finding{Attendees: c.AttendeeCount, Conference: w.conference(rule, c)})
		case !above && active[id]:
			err = w.withdraw(rule, id)
		}
		if err != nil {
			return err
		}
	}
	for i := range poll.Events {
		if e := &poll.Events[i]; e.Kind == confopenapi.EventEnded && active[subject(&e.Conference)] {
			if err := w.withdraw(rule, subject(&e.Conference)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) total(rule *Rule, poll history.Poll) error {
	sum := 0
	for i := range poll.Snapshot.Conferences {
		sum += poll.Snapshot.Conferences[i].AttendeeCount
	}
	active, err := w.active(rule)
	switch {
	case err != nil:
		return err
	case sum > rule.TotalAttendeesAbove && !active[""]:
		return w.find(rule, "", Finding{Attendees: sum})
	case sum <= rule.TotalAttendeesAbove && poll.Snapshot.Report.Verdict >= confopenapi.VerdictConditional:
		return w.withdraw(rule, "")
	}
	return nil
}

// started also takes what was there unseen, after a listing that may have missed it; but not what a new history begins with.
func (w *work) started(rule *Rule, poll history.Poll) error {
	for i := range poll.Events {
		e := &poll.Events[i]
		isNew := e.Kind == confopenapi.EventStarted || e.Kind == confopenapi.EventRestarted || e.Kind == confopenapi.EventExisting && !poll.First
		if isNew && rule.Title.MatchString(e.Conference.Title) {
			if err := w.queue(rule, Finding{Attendees: e.Conference.AttendeeCount, Conference: w.conference(rule, &e.Conference)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// conference is what a message may say about one.
func (w *work) conference(rule *Rule, c *confopenapi.Conference) *Conference {
	said := &Conference{
		EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: int64(c.StartTime), Title: c.Title, HostOrgName: c.HostOrgName, Attendees: c.AttendeeCount,
	}
	if w.options.Webhooks[rule.Webhook].WithPersonalData {
		said.HostName = c.HostName
	}
	return said
}

// tick finds that nothing was proven for too long, and ends cool-downs while polls fail.
func (w *work) tick() error {
	var unix sql.NullInt64
	if err := w.tx.QueryRow("SELECT proven_at FROM state").Scan(&unix); err != nil { //nolint:noctx // it ends by itself
		return err
	}
	proven := time.Unix(unix.Int64, 0).UTC()
	since := proven
	if !unix.Valid {
		proven, since = time.Time{}, w.began
	}
	for i := range w.options.Rules {
		rule := &w.options.Rules[i]
		if rule.NoListingFor > 0 && w.now.Sub(since) > rule.NoListingFor {
			active, err := w.active(rule)
			if err == nil && !active[""] {
				err = w.find(rule, "", Finding{ProvenAt: proven})
			}
			if err != nil {
				return err
			}
		}
		if err := w.flush(rule); err != nil {
			return err
		}
	}
	return nil
}

// active are the subjects for which a rule holds already.
func (w *work) active(rule *Rule) (map[string]bool, error) {
	rows, err := w.tx.Query("SELECT subject FROM alert_active WHERE rule = ?", rule.key()) //nolint:noctx // it ends by itself
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	active := map[string]bool{}
	for rows.Next() {
		var subject string
		if err := rows.Scan(&subject); err != nil {
			return nil, err
		}
		active[subject] = true
	}
	return active, rows.Err()
}

// find records that a rule holds for a subject from now on.
func (w *work) find(rule *Rule, subject string, f Finding) error {
	if err := w.exec("INSERT OR IGNORE INTO alert_active VALUES (?, ?)", rule.key(), subject); err != nil {
		return err
	}
	return w.queue(rule, f)
}

func (w *work) withdraw(rule *Rule, subject string) error {
	return w.exec("DELETE FROM alert_active WHERE rule = ? AND subject = ?", rule.key(), subject)
}

func (w *work) queue(rule *Rule, f Finding) error {
	f.At = w.now.UTC().Truncate(time.Second)
	detail, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO alert_pending (rule, detail) VALUES (?, ?)", rule.key(), string(detail))
}

func (w *work) exec(query string, args ...any) error {
	_, err := w.tx.Exec(query, args...) //nolint:noctx // it ends by itself
	return err
}

// flush makes one message of all that a rule has found, unless it is quiet or too many messages wait.
func (w *work) flush(rule *Rule) error {
	var total, queued int
	var quiet int64
	err := w.tx.QueryRowContext(context.Background(), `SELECT (SELECT count(*) FROM alert_pending WHERE rule = ?1), (SELECT count(*) FROM alert_outbox WHERE webhook = ?2),
		ifnull((SELECT quiet_until FROM alert_rule WHERE rule = ?1), 0)`, rule.key(), rule.Webhook).Scan(&total, &queued, &quiet)
	if err != nil || total == 0 || queued >= maxQueued || w.now.Unix() < quiet {
		return err
	}
	m := Message{
		ID: "msg_" + rand.Text(), Type: "confctl.alert", Service: w.options.Service, Rule: rule.Name, At: w.now.UTC().Truncate(time.Second),
		Total: total, Limit: max(rule.AttendeesAbove, rule.TotalAttendeesAbove), Within: rule.NoListingFor.Seconds(),
	}
	if m.Found, err = w.pending(rule); err != nil {
		return err
	}
	m.Text = w.text(rule, &m)
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	err = errors.Join(
		w.exec("DELETE FROM alert_pending WHERE rule = ?", rule.key()),
		w.exec("INSERT OR REPLACE INTO alert_rule VALUES (?, ?)", rule.key(), w.now.Add(rule.CoolDown).Unix()),
		w.exec("INSERT INTO alert_outbox (message_id, webhook, made_at, message) VALUES (?, ?, ?, ?)", m.ID, rule.Webhook, w.now.Unix(), string(body)))
	select {
	case w.wake[rule.Webhook] <- struct{}{}: // it looks again a little later if this transaction fails
	default:
	}
	return err
}

// pending are the first findings of a rule.
func (w *work) pending(rule *Rule) (found []Finding, err error) {
	rows, err := w.tx.Query("SELECT detail FROM alert_pending WHERE rule = ? ORDER BY id LIMIT ?", rule.key(), maxFound) //nolint:noctx // it ends by itself
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var detail string
		var f Finding
		if err := rows.Scan(&detail); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(detail), &f); err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, rows.Err()
}

// forget deletes what is of rules and webhooks that there are no longer.
func (w *work) forget() error {
	keys, names := []any{}, []any{}
	for i := range w.options.Rules {
		keys = append(keys, w.options.Rules[i].key())
	}
	for name := range w.options.Webhooks {
		names = append(names, name)
	}
	list := func(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")" }
	return errors.Join(
		w.exec("DELETE FROM alert_active WHERE rule NOT IN "+list(len(keys)), keys...),
		w.exec("DELETE FROM alert_pending WHERE rule NOT IN "+list(len(keys)), keys...),
		w.exec("DELETE FROM alert_rule WHERE rule NOT IN "+list(len(keys)), keys...),
		w.exec("DELETE FROM alert_outbox WHERE webhook NOT IN "+list(len(names)), names...))
}
