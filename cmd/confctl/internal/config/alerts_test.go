package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
)

func loadText(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

// The example in the guide is valid, and has every kind of rule.
func TestAlertsOfTheGuide(t *testing.T) {
	for _, guide := range []string{"history.md", "history.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		_, block, _ := strings.Cut(string(text), "```toml\n")
		block, _, _ = strings.Cut(block, "```")
		c, err := loadText(t, block)
		if err != nil || c.NoRules != nil || len(c.Rules) != 4 {
			t.Fatalf("%s: got %v, %v", guide, c, err)
		}
		r := c.Rules
		if r[0].AttendeesAbove != 300 || r[1].TotalAttendeesAbove != 5000 || !r[2].Title.MatchString("董事会") || r[3].NoListingFor != 10*time.Minute ||
			r[3].CoolDown != time.Hour || r[0].CoolDown != 10*time.Minute || r[0].Webhook != "ops" {
			t.Errorf("%s: got %+v", guide, r)
		}
	}
}

// The path of an address may be a key, so a file with one is for its owner only.
func TestWebhookIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte("[webhooks.a]\nurl = \"https://hooks.example.com/services/K3Y\"\n"), 0o644); err != nil { //nolint:gosec // others may read it
		t.Fatal(err)
	}
	_, err := config.Load(path)
	if wrong, ok := errors.AsType[*config.Error](err); !ok || wrong.Mistake != config.Exposed {
		t.Errorf("got %v, want that others can read it", err)
	}
}

func TestAlertsInvalid(t *testing.T) {
	const hook = "[webhooks.a]\nurl = \"https://hooks.example.com/x\"\n"
	for text, want := range map[string]string{
		"[[alerts]]\nattendees-above = 1":                                                       "[[alerts]] 1.webhook",
		hook + "[[alerts]]\nname = \"x\"":                                                       "[[alerts]] 1",
		hook + "[[alerts]]\nattendees-above = 1\ntitle-matches = \"x\"":                         "[[alerts]] 1",
		hook + "[[alerts]]\nattendees-above = -1":                                               "[[alerts]] 1.attendees-above",
		hook + "[[alerts]]\ntotal-attendees-above = -1":                                         "[[alerts]] 1.total-attendees-above",
		hook + "[[alerts]]\nno-listing-for = \"1s\"":                                            "[[alerts]] 1.no-listing-for",
		hook + "[[alerts]]\ntitle-matches = \"(\"":                                              "[[alerts]] 1.title-matches",
		hook + "[[alerts]]\nattendees-above = 1\ncool-down = \"soon\"":                          "[[alerts]] 1.cool-down",
		hook + "[webhooks.b]\nurl = \"https://h.example.com\"\n[[alerts]]\nattendees-above = 1": "[[alerts]] 1.webhook",
		"[webhooks.a]\nformat = \"smoke\"\nurl = \"https://h.example.com\"":                     "webhooks.a.format",
		"[webhooks.a]\nformat = \"json\"":                                                       "webhooks.a.url",
		"[webhooks.a]\nurl = \"https://h.example.com\"\nurl-file = \"x\"":                       "webhooks.a.url",
		"[webhooks.a]\nurl = \"https://h.example.com/?key=1\"":                                  "webhooks.a.url",
		"[webhooks.a]\nurl = \"http://h.example.com/\"":                                         "webhooks.a.url",
		"[webhooks.a]\nurl = \"https://u:p@h.example.com/\"":                                    "webhooks.a.url",
		"[webhooks.a]\nurl-file = \"x\"\nsecret-file = \"x\"\nsecret-command = [\"x\"]":         "webhooks.a.secret-file",
		"[webhooks.a]\nformat = \"wecom\"\nurl-file = \"x\"\nsecret-file = \"x\"":               "webhooks.a.secret-file",
	} {
		c, err := loadText(t, text)
		if err != nil {
			t.Fatal(err)
		}
		err = c.NoRules
		if wrong, ok := errors.AsType[*config.Error](err); !ok || wrong.Mistake != config.BadAlert || wrong.Key != want {
			t.Errorf("%s\ngot %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"https://h.example.com/?key=1", "http://127.0.0.1:8080/x", "http://[::1]/", "http://localhost/"} {
		if err := config.CheckAddress(text, true); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
