package main

import (
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/examples/internal/program"
)

func TestWatchTellsAFailedPollAndGoesOn(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(confopenapitest.Conferences(3, 7)...))
	srv.FailNext(1, confopenapitest.Status(403))
	got := confctl(t.Context(), srv, "watch", "--polls", "2", "--interval", "1ms", "--lang", "zh")
	got.Must(t, program.OK, "HTTP 403", "提示：令牌有效", "事件：3，查询：1")
	if strings.Count(got.Stdout, "已存在") != 3 {
		t.Error(got.Stdout)
	}
}

func TestTheWatchOfTheEmbeddedFakeIsEventful(t *testing.T) {
	t.Parallel()
	got := confctl(t.Context(), nil, "watch", "--polls", "6", "--interval", "1ms", "--json")
	got.Must(t, program.OK)
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventEnded; kind++ {
		if !strings.Contains(got.Stdout, `"kind":"`+kind.String()+`"`) {
			t.Errorf("nothing %s", kind)
		}
	}
}
