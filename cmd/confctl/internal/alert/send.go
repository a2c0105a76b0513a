package alert

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
)

const (
	lookAgain   = 5 * time.Second  // for what a failed transaction did not announce
	between     = 3 * time.Second  // two messages to one webhook: robots take 20 a minute
	firstRetry  = 5 * time.Second  // doubled for each failure
	lastRetry   = 10 * time.Minute //
	giveUpAfter = 24 * time.Hour   // since the message was made
	maxResponse = 64 << 10         // bytes
	maxText     = 2000             // bytes; WeCom takes 2,048
	sendTimeout = 10 * time.Second // of one attempt
	maxHeaders  = int64(32 << 10)  // bytes
	secretMark  = "whsec_"         // before the base64 of a secret, as Standard Webhooks has it
	contentType = "application/json; charset=utf-8"
)

func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		own := &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: sendTimeout}).DialContext, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: sendTimeout, MaxResponseHeaderBytes: maxHeaders, IdleConnTimeout: time.Minute,
		}
		transport = own
	}
	return &http.Client{
		Transport: transport, Timeout: sendTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Run sends messages until ctx ends. A message that was sent but not yet deleted then is sent again by the next Run.
func (a *Alerts) Run(ctx context.Context, store *history.Store) {
	defer a.client.CloseIdleConnections()
	a.failed(store.Update(func(tx *sql.Tx) error { return (&work{a, tx, time.Now()}).forget() }))
	var wg sync.WaitGroup
	for name := range a.options.Webhooks {
		wg.Go(func() { a.deliver(ctx, store, name) })
	}
	for sleep(ctx, lookAgain, nil) {
		a.failed(store.Update(func(tx *sql.Tx) error { return (&work{a, tx, time.Now()}).tick() }))
	}
	wg.Wait()
}

func (a *Alerts) failed(err error) {
	if err != nil && a.options.Failed != nil {
		a.options.Failed(err)
	}
}

// sleep reports whether ctx has not ended. It ends early when something wakes it.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-wake:
	}
	return ctx.Err() == nil
}

// queued is a message in the outbox.
type queued struct {
	id         int64
	messageID  string
	made, next int64
	attempts   int
	body       string
	thereIsOne bool
}

// deliver sends the messages of a webhook, one after another, the oldest first.
func (a *Alerts) deliver(ctx context.Context, store *history.Store, name string) {
	arrived, unwritten := "", 0 // a message that may still be in the outbox, and failures that may not be
	for ctx.Err() == nil {
		q := queued{}
		err := store.Update(func(tx *sql.Tx) error {
			err := tx.QueryRow("SELECT id, message_id, made_at, next_at, attempts, message FROM alert_outbox WHERE webhook = ? ORDER BY id LIMIT 1", name). //nolint:noctx // it ends by itself
																					Scan(&q.id, &q.messageID, &q.made, &q.next, &q.attempts, &q.body)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			q.thereIsOne = err == nil
			return err
		})
		a.failed(err)
		switch wait := time.Until(time.Unix(q.next, 0)); {
		case !q.thereIsOne:
			sleep(ctx, lookAgain, a.wake[name])
		case wait > 0:
			sleep(ctx, wait, nil)
		default:
			var err error
			if q.messageID != arrived {
				err = a.send(ctx, name, &q)
			}
			if ctx.Err() != nil && err != nil {
				return
			}
			if err == nil {
				arrived = q.messageID
			}
			var lost error
			pause := between
			switch err = store.Update(func(tx *sql.Tx) (e error) { lost, e = a.settle(tx, name, &q, err); return e }); {
			case err == nil:
				err, unwritten = lost, 0
			case q.messageID != arrived:
				pause = min(lastRetry, firstRetry<<min(unwritten, 20))
				unwritten++
			}
			a.failed(err)
			sleep(ctx, pause, nil)
		}
	}
}

// settle deletes a message that has arrived or is given up, or plans the next attempt. What is to be reported is lost.
func (a *Alerts) settle(tx *sql.Tx, name string, q *queued, err error) (lost, e error) {
	w := work{a, tx, time.Now()}
	_, refused := errors.AsType[*RefusedError](err)
	old := w.now.Sub(time.Unix(q.made, 0)) > giveUpAfter
	switch {
	case err == nil:
		return nil, w.exec("DELETE FROM alert_outbox WHERE id = ?", q.id)
	case refused || old:
		return &DeliveryError{Webhook: name, GivenUp: true, Err: err}, w.exec("DELETE FROM alert_outbox WHERE id = ?", q.id)
	case q.attempts == 0:
		lost = &DeliveryError{Webhook: name, Err: err}
	}
	wait := min(lastRetry, firstRetry<<min(q.attempts, 20))
	return lost, w.exec("UPDATE alert_outbox SET attempts = attempts + 1, next_at = ? WHERE id = ?", history.Up(w.now.Add(wait)), q.id)
}

// DeliveryError says that a message did not arrive. It names no address, which may have a key in it.
type DeliveryError struct {
	Webhook string
	GivenUp bool // else it is tried again
	Err     error
}

func (e *DeliveryError) Error() string { return "webhook " + e.Webhook + ": " + e.Err.Error() }
func (e *DeliveryError) Unwrap() error { return e.Err }

// RefusedError says that a receiver does not take this message, now or later.
type RefusedError struct{ Status int }

func (e *RefusedError) Error() string { return fmt.Sprintf("HTTP %d", e.Status) }

// send sends a message once.
func (a *Alerts) send(ctx context.Context, name string, q *queued) error {
	hook := a.options.Webhooks[name]
	now, to, body := time.Now(), hook.URL.Reveal(), []byte(q.body)
	header := http.Header{"Content-Type": {contentType}, "User-Agent": {"confctl"}}
	secret := hook.Secret.Reveal()
	switch hook.Format {
	case WeCom, DingTalk:
		var err error
		if body, err = robotBody(body); err != nil {
			return err
		}
		if hook.Format == DingTalk && secret != "" {
			if to, err = signDingTalk(to, secret, now); err != nil {
				return err
			}
		}
	default:
		stamp := strconv.FormatInt(now.Unix(), 10)
		header["Webhook-Id"], header["Webhook-Timestamp"] = []string{q.messageID}, []string{stamp}
		if secret != "" {
			header["Webhook-Signature"] = []string{"v1," + sum(keyOf(secret), q.messageID+"."+stamp+"."+q.body)}
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address is invalid")
	}
	req.Header = header
	resp, err := a.client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err // without the address
	}
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	switch {
	case slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}, resp.StatusCode):
		return &RefusedError{resp.StatusCode}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	case hook.Format == JSON:
		return nil
	case err != nil:
		return err
	}
	var said struct {
		Code *int `json:"errcode"`
	}
	if json.Unmarshal(text, &said) != nil || said.Code == nil {
		return errors.New("the response has no errcode")
	}
	if *said.Code != 0 {
		return fmt.Errorf("errcode %d", *said.Code)
	}
	return nil
}

// robotBody is the text of a message, as both robots have it.
func robotBody(body []byte) ([]byte, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(m.Text, "<", "＜") // WeCom would take <@all> in a title for everybody
	for len(text) > maxText || !utf8.ValidString(text) {
		text = text[:min(len(text)-1, maxText)]
	}
	return json.Marshal(map[string]any{"msgtype": "text", "text": map[string]string{"content": text}})
}

// signDingTalk adds the signature to an address.
func signDingTalk(address, secret string, now time.Time) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("the address is invalid")
	}
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	query := u.Query()
	query.Set("timestamp", stamp)
	query.Set("sign", sum([]byte(secret), stamp+"\n"+secret))
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// keyOf is the key that a secret is.
func keyOf(secret string) []byte {
	if encoded, ok := strings.CutPrefix(secret, secretMark); ok {
		if key, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

func sum(key []byte, text string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, text)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
