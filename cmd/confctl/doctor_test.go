package main

import (
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// A check that failed is no oddity: the report says how often the service failed, and the exit code that it is not complete.
func TestDoctor_FailedCheck(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]struct{ stdout, stderr string }{
		"en": {"The service failed 2 of ", "confctl: checks that failed: 1\n"},
		"zh": {"服务端有 2 个没有处理成功。请告知服务运营方", "confctl: 有 1 项检查失败\n"},
	} {
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(60, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown),
			confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(503), Times: 2, When: func(r confopenapitest.Request) bool {
				return r.List.FilterOneAttendee != nil
			}}))
		got := confctl(t.Context(), srv, "doctor", "--lang", lang)
		got.must(t, program.Failed)
		if !strings.Contains(got.Stdout, want.stdout) || !strings.HasPrefix(got.Stderr, want.stderr) {
			t.Errorf("%s: got\n%s\n%s\nwant %q and %q", lang, got.Stdout, got.Stderr, want.stdout, want.stderr)
		}
		if lang == "zh" && strings.Contains(got.Stdout, "filter.single") {
			t.Errorf("got an internal name in\n%s", got.Stdout)
		}
		if strings.Contains(got.Stdout, "in a program: FilterOneAttendee") || strings.Contains(got.Stdout, "在程序中：FilterOneAttendee") {
			t.Errorf("%s: what failed is among the consequences of what is unusual:\n%s", lang, got.Stdout)
		}
	}
}

// A listing that the service ends with a refusal says nothing of what it guarantees: the exit code is that of a failure, and what is
// reported is the refusal.
func TestDoctor_RefusedInListing(t *testing.T) {
	t.Parallel()
	refused := 0
	for first := 20; first < 32; first++ {
		srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(60, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown),
			confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.Status(403), When: func(r confopenapitest.Request) bool { return r.Number >= first }}))
		got := confctl(t.Context(), srv, "doctor")
		if got.Code == 0 { // it sends fewer
			break
		}
		refused++
		if got.Code != program.Failed || strings.Contains(got.Stderr, "incomplete") || !strings.Contains(got.Stderr, "HTTP 403") {
			t.Errorf("refused from request %d on: got exit code %d and %q, want %d and the refusal", first, got.Code, got.Stderr, program.Failed)
		}
	}
	if refused == 0 {
		t.Error("no listing was refused")
	}
}

// A check that failed in a way that is no trouble of the service is tried again, as the hint promises.
func TestDoctor_TryAgain(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(60, 1)...), confopenapitest.WithOrder(confopenapitest.OrderStartDown),
		confopenapitest.WithFaults(confopenapitest.Rule{Fault: confopenapitest.HTML(200), When: confopenapitest.OnRequest(10)}))
	got := confctl(t.Context(), srv, "doctor")
	got.must(t, program.Failed)
	if want := "A check failed. Try again:\n  confctl doctor\n"; !strings.Contains(got.Stdout, want) {
		t.Errorf("got\n%s\nwant %q in it", got.Stdout, want)
	}
}
