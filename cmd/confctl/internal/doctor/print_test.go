package doctor_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/charmbracelet/x/ansi"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/doctor"
	kit "github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestReportFormats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		o := doctor.Options{OnProbe: func(asks doctor.Sentence, sent int) { asked = append(asked, asks.In(printers[0])) }}
		w := newWorld(kit.WithOrder(kit.OrderStartDown), kit.WithMaxCount(50), kit.WithConferences(kit.Conferences(120, 1)...))
		r := examine(t, w, o)
		if len(asked) < 8 || asked[0] != "whether the service responds" {
			t.Errorf("the progress says %q", asked)
		}

		var chinese bytes.Buffer
		if err := r.Print(&chinese, printers[1], doctor.Style{}); err != nil || !strings.Contains(chinese.String(), "令牌：请求头") || strings.Contains(chinese.String(), "token.") {
			t.Errorf("got %v, and English names of checks in %s", err, &chinese)
		}
		var plain, colored, document bytes.Buffer
		if err := errors.Join(r.Print(&plain, printers[0], doctor.Style{}), r.Print(&colored, printers[0], doctor.Style{Color: true}), r.WriteJSON(&document, printers[1])); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plain.String(), "\x1b") || ansi.Strip(colored.String()) != plain.String() || colored.Len() == plain.Len() {
			t.Error("colours come where they should not, or not where they should")
		}
		for line := range strings.Lines(plain.String()) {
			if ansi.StringWidth(line) > 100 {
				t.Errorf("a line is too long: %s", line)
			}
		}
		if strings.Contains(plain.String(), "asked13") {
			t.Error("the numbers come unasked")
		}

		var parsed struct {
			Requests    int      `json:"requests"`
			MaxRequests int      `json:"maxRequests"`
			Seconds     *float64 `json:"seconds"`
			Summary     []string `json:"summary"`
			Next        []struct {
				What    string `json:"what"`
				Command string `json:"command"`
			} `json:"next"`
			Findings []struct {
				Check    string         `json:"check"`
				Verdict  string         `json:"verdict"`
				What     string         `json:"what"`
				Evidence map[string]any `json:"evidence"`
				Matters  string         `json:"matters"`
			} `json:"findings"`
		}
		decoder := json.NewDecoder(&document)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&parsed); err != nil {
			t.Fatal(err)
		}
		if parsed.Requests != r.Requests || parsed.MaxRequests != doctor.DefaultMaxRequests || len(parsed.Summary) == 0 || len(parsed.Next) != 1 || parsed.Next[0].Command != "confctl list --all" || len(parsed.Findings) != len(r.Findings) {
			t.Errorf("the document says %+v", parsed)
		}
		var checks []string
		for i, f := range parsed.Findings {
			if f.Check != r.Findings[i].Check || f.Verdict != string(r.Findings[i].Verdict) || f.What == "" || f.Matters == "" {
				t.Errorf("%s: %+v", r.Findings[i].Check, f)
			}
			checks = append(checks, f.Check)
		}
		if slices.Sort(checks); len(slices.Compact(checks)) != len(r.Findings) {
			t.Error("a check comes twice")
		}
	})
}
