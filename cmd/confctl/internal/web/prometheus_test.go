package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// promtool runs Prometheus's checker with an input.
func promtool(t *testing.T, input string, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("promtool is missing: apt-get install prometheus")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestMetricsAreSound has Prometheus's checker read /metrics, the alert rules, and each expression of the dashboard as a rule.
// What rules and dashboard name must be in /metrics.
func TestMetricsAreSound(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	address := serve(t, srv, nil)
	await(t, address, "complete")
	srv.FailNext(1, confopenapitest.Status(503))
	await(t, address, "failing")
	await(t, address, "complete")
	_, metrics := get(t, address+"/metrics")
	promtool(t, metrics, "check", "metrics")

	const alerts = "../metrics/alerts.yml"
	promtool(t, "", "check", "rules", alerts)
	rules, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	dashboard, err := os.ReadFile("../metrics/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(dashboard, &board); err != nil {
		t.Fatal(err)
	}
	text, n := "groups:\n- name: dashboard\n  rules:\n", 0
	for _, panel := range board.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("the panel %q shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			n++
			text += fmt.Sprintf("  - record: panel_%d\n    expr: %q\n", n, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
		}
	}
	if want := strings.Count(string(dashboard), `"expr"`); n != want {
		t.Errorf("found %d expressions, want %d", n, want)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "", "check", "rules", file)
	for _, name := range regexp.MustCompile(`confopenapi_\w+`).FindAllString(text+string(rules), -1) {
		if !regexp.MustCompile(`(?m)^` + name + `[{ ]`).MatchString(metrics) {
			t.Errorf("/metrics has no %s", name)
		}
	}
}
