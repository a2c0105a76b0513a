package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/alert"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// recording opens a history, and sends the alerts of the configuration until end is called, or ctx ends. Its store records polls. What failed
// gets is for undelivered.
func (a *app) recording(ctx context.Context, path string, keepDays uint, service *program.Service, failed func(error)) (store *history.Store, end func(), err error) {
	alerts, err := a.alerts(ctx, service.Name, failed)
	if err != nil {
		return nil, nil, err
	}
	options := history.Options{Service: service.Name, Request: a.request, Keep: time.Duration(min(keepDays, 100_000)) * 24 * time.Hour}
	if alerts != nil {
		options.Polled = alerts.Polled
	}
	if store, err = history.Open(path, options); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, a.unsent(a.Sprintf("the directory of --store must exist"), err)
	} else if err != nil {
		return nil, nil, a.unopened(path, err)
	}
	ctx, stop := context.WithCancel(ctx)
	var sender sync.WaitGroup
	if alerts != nil {
		sender.Go(func() { alerts.Run(ctx, store) })
	}
	return store, func() {
		stop()
		sender.Wait()
		_ = store.Close()
	}, nil
}

// queue is what a screen shows of problems, one after another. Problems that it cannot keep up with are dropped.
func queue() (problems <-chan error, report func(error)) {
	queued := make(chan error, 16)
	return queued, func(err error) {
		select {
		case queued <- err:
		default:
		}
	}
}

// unrecorded is the problem of a poll that could not be recorded, or nil.
func (a *app) unrecorded(err error) error {
	if err == nil {
		return nil
	}
	return &program.Problem{
		Err: fmt.Errorf("%s: %w", a.Sprintf("writing the history"), err), Code: program.Failed,
		Hint: a.Sprintf("is the disk full? The next poll that can be written makes up for it"),
	}
}

// alerts are those of the configuration; nil = there are none.
func (a *app) alerts(ctx context.Context, service string, failed func(error)) (*alert.Alerts, error) {
	c, err := a.config()
	if err == nil && c.NoRules != nil {
		err = a.misconfigured(c.NoRules)
	}
	if err != nil || len(c.Rules) == 0 {
		return nil, err
	}
	hooks := map[string]alert.Webhook{}
	for name, w := range c.Webhooks {
		hook := alert.Webhook{Format: cmp.Or(w.Format, alert.JSON), WithPersonalData: w.WithPersonalData}
		address := w.URL
		if address == "" {
			if address, err = a.hookSecret(ctx, c, name, "url", w.URLFile, w.URLCommand); err != nil {
				return nil, err
			}
		}
		if err := config.CheckAddress(address, true); err != nil {
			return nil, a.unsent(a.Sprintf("the address is https, or http on this machine"), errors.New(a.Sprintf("the address of the webhook %s is invalid", name)))
		}
		hook.URL = confopenapi.NewSecret(address)
		if w.SecretFile != "" || len(w.SecretCommand) > 0 {
			secret, err := a.hookSecret(ctx, c, name, "secret", w.SecretFile, w.SecretCommand)
			if err != nil {
				return nil, err
			}
			hook.Secret = confopenapi.NewSecret(secret)
		}
		hooks[name] = hook
	}
	a.note(a.Sprintf("Alert rules: %d; webhooks: %d.", len(c.Rules), len(hooks)))
	return alert.New(alert.Options{
		Text: a.Printer, Service: service, Zone: a.zone, Rules: c.Rules, Webhooks: hooks,
		Failed: failed,
	}), nil
}

// hookSecret is a secret of a webhook.
func (a *app) hookSecret(ctx context.Context, c *config.Config, name, what, file string, command []string) (text string, err error) {
	if file != "" {
		text, err = a.privateText(c.Beside(file))
	} else {
		text, err = outputOf(ctx, command, a.stderr)
	}
	if text = program.TrimBlanks(text); err == nil && text == "" {
		err = errors.New(a.Sprintf("it is empty"))
	}
	if err == nil {
		return text, nil
	}
	if problem, ok := errors.AsType[*program.Problem](err); ok && !errors.Is(err, fs.ErrNotExist) {
		return "", problem
	}
	return "", a.unsent(a.alertExample(), errors.New(a.Sprintf("%s of the webhook %s: %s", what, name, err.Error())))
}

// undelivered is the problem of a message that did not arrive.
func (a *app) undelivered(err error) error {
	lost, ok := errors.AsType[*alert.DeliveryError](err)
	switch {
	case !ok:
		return a.unrecorded(err)
	case lost.GivenUp:
		return &program.Problem{Err: errors.New(a.Sprintf("an alert to the webhook %s is given up: %s", lost.Webhook, lost.Err.Error())), Hint: a.Sprintf("check the address, the secret and the receiver"), Code: program.Failed}
	}
	return &program.Problem{Err: errors.New(a.Sprintf("an alert did not reach the webhook %s: %s", lost.Webhook, lost.Err.Error())), Hint: a.Sprintf("it is sent again for a day, with growing pauses"), Code: program.Failed}
}
