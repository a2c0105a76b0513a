package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestWatchReportsFailedPollAndContinues(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	sent := 0
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if sent++; sent == 3 { // a listing of a short list takes two requests
			x.Fail(confopenapitest.Status(403))
		}
	})
	got := confctl(t.Context(), srv, "watch", "--polls", "3", "--interval", "1ms", "--lang", "zh")
	got.must(t, program.OK, "HTTP 403", "提示：令牌有效", "事件：3，轮询：2")
	if strings.Count(got.Stdout, "已存在") != 3 {
		t.Error(got.Stdout)
	}
}

func TestWatchFirstPollRefused(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	srv.FailNext(1, confopenapitest.Status(403))
	got := confctl(t.Context(), srv, "watch", "--interval", "1ms")
	got.must(t, program.Failed, "HTTP 403", "hint: the token is valid")
	if got.Stdout != "" || srv.RequestCount() != 1 {
		t.Errorf("got stdout %q after %d requests, want nothing after 1", got.Stdout, srv.RequestCount())
	}
}

func TestTheWatchOfTheEmbeddedFakeIsEventful(t *testing.T) {
	t.Parallel()
	got := confctl(t.Context(), nil, "watch", "--polls", "6", "--interval", "1ms", "--json")
	got.must(t, program.OK)
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventEnded; kind++ {
		if !strings.Contains(got.Stdout, `"kind":"`+kind.String()+`"`) {
			t.Errorf("nothing %s", kind)
		}
	}
}

// The next run prints the events that could not be printed.
func TestAnUnwrittenEventEndsTheWatch(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	file := filepath.Join(t.TempDir(), "seen.json")
	for _, form := range []string{"--json", "--json=false"} {
		var stderr bytes.Buffer
		code := run(t.Context(), []string{"watch", "--checkpoint", file, form}, envOf(srv), strings.NewReader(""), &brokenPipe{Writes: 2}, &stderr)
		outcome{Code: code, Stderr: stderr.String()}.must(t, program.Failed, "confctl: writing the result: broken pipe\nhint: is the disk full")
	}
	got := confctl(t.Context(), srv, "watch", "--polls", "1", "--checkpoint", file)
	if got.must(t, program.OK); strings.Count(got.Stdout, "existing") != 3 {
		t.Error(got.Stdout)
	}
}
