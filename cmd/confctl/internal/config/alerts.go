package config

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/alert"
)

// Webhook is where alerts go. What is secret is in files or comes from commands, as tokens do: of robots that is the address.
type Webhook struct {
	Format           alert.Format `toml:"format"` // default json
	URL              string       `toml:"url"`    // without a query
	URLFile          string       `toml:"url-file"`
	URLCommand       []string     `toml:"url-command"`
	SecretFile       string       `toml:"secret-file"`
	SecretCommand    []string     `toml:"secret-command"`
	WithPersonalData bool         `toml:"with-personal-data"`
}

// Alert is a rule.
type Alert struct {
	Name                string `toml:"name"`
	Webhook             string `toml:"webhook"` // may be left out if there is one
	CoolDown            string `toml:"cool-down"`
	AttendeesAbove      int    `toml:"attendees-above"`
	TotalAttendeesAbove int    `toml:"total-attendees-above"`
	NoListingFor        string `toml:"no-listing-for"`
	TitleMatches        string `toml:"title-matches"`
}

const (
	defaultCoolDown = 10 * time.Minute
	leastUnlisted   = 10 * time.Second
)

func (w *Webhook) check(key string) string {
	given := 0
	for _, is := range []bool{w.URL != "", w.URLFile != "", len(w.URLCommand) > 0} {
		if is {
			given++
		}
	}
	switch {
	case !slices.Contains([]alert.Format{"", alert.JSON, alert.WeCom, alert.DingTalk}, w.Format):
		return key + ".format"
	case given != 1:
		return key + ".url"
	case w.URL != "" && CheckAddress(w.URL, false) != nil:
		return key + ".url"
	case w.SecretFile != "" && len(w.SecretCommand) > 0, w.Format == alert.WeCom && (w.SecretFile != "" || len(w.SecretCommand) > 0):
		return key + ".secret-file"
	}
	return ""
}

// CheckAddress returns an error for what is no address of a webhook: https, or http on this machine. One in the configuration has
// no query, where robots have their key. The error does not contain the address.
func CheckAddress(address string, query bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("it is not the address of a webhook")
	case !query && u.RawQuery != "":
		return fmt.Errorf("an address with a key belongs in a file of its own")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()):
		return nil
	}
	return fmt.Errorf("it is neither https nor on this machine")
}

// rule is a rule with its webhook, or the key that is wrong.
func (a *Alert) rule(key string, webhooks map[string]Webhook) (r alert.Rule, wrong string) {
	r = alert.Rule{Name: a.Name, Webhook: a.Webhook, CoolDown: defaultCoolDown, AttendeesAbove: a.AttendeesAbove, TotalAttendeesAbove: a.TotalAttendeesAbove}
	if r.Webhook == "" && len(webhooks) == 1 {
		for r.Webhook = range webhooks {
		}
	}
	if _, ok := webhooks[r.Webhook]; !ok {
		return r, key + ".webhook"
	}
	conditions := 0
	for _, is := range []bool{a.AttendeesAbove != 0, a.TotalAttendeesAbove != 0, a.NoListingFor != "", a.TitleMatches != ""} {
		if is {
			conditions++
		}
	}
	var err error
	switch {
	case conditions != 1:
		return r, key
	case a.AttendeesAbove < 0:
		return r, key + ".attendees-above"
	case a.TotalAttendeesAbove < 0:
		return r, key + ".total-attendees-above"
	}
	if a.CoolDown != "" {
		if r.CoolDown, err = time.ParseDuration(a.CoolDown); err != nil || r.CoolDown < 0 {
			return r, key + ".cool-down"
		}
	}
	if a.NoListingFor != "" {
		if r.NoListingFor, err = time.ParseDuration(a.NoListingFor); err != nil || r.NoListingFor < leastUnlisted {
			return r, key + ".no-listing-for"
		}
	}
	if a.TitleMatches != "" {
		if r.Title, err = regexp.Compile(a.TitleMatches); err != nil {
			return r, key + ".title-matches"
		}
	}
	return r, ""
}

// alerts checks webhooks and rules, and returns the rules.
func alerts(path string, webhooks map[string]Webhook, list []Alert) (rules []alert.Rule, err error) {
	for _, name := range slices.Sorted(maps.Keys(webhooks)) {
		w := webhooks[name]
		if wrong := w.check("webhooks." + name); wrong != "" || !IsName(name) {
			return nil, &Error{Path: path, Mistake: BadAlert, Key: wrong}
		}
	}
	for i := range list {
		rule, wrong := list[i].rule(fmt.Sprintf("[[alerts]] %d", i+1), webhooks)
		if wrong != "" {
			return nil, &Error{Path: path, Mistake: BadAlert, Key: wrong}
		}
		rules = append(rules, rule)
	}
	return rules, nil
}
