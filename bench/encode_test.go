package main

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// TestEncodersAgree makes the figures comparable: what every encoder writes says the same.
func TestEncodersAgree(t *testing.T) {
	for _, n := range []int{20, 200} {
		p := decoded(bodies(n)())[0]
		for _, e := range encoders() {
			var got wire.Result
			if text, err := e.encode(p); err != nil {
				t.Errorf("%s: %v", e.peer, err)
			} else if err := json.Unmarshal(text, &got); err != nil {
				t.Errorf("%s: %v", e.peer, err)
			} else if diff := cmp.Diff(p.wire, &got); diff != "" {
				t.Errorf("%s, a page of %d (-page +encoded):\n%s", e.peer, n, diff)
			}
		}
		for _, e := range appenders() {
			var got wire.Conference
			if text, err := e.encode(p); err != nil {
				t.Errorf("%s: %v", e.peer, err)
			} else if err := json.Unmarshal(text, &got); err != nil {
				t.Errorf("%s: %v", e.peer, err)
			} else if diff := cmp.Diff(p.wire.ConfList[n-1], got); diff != "" {
				t.Errorf("%s, the last of %d (-conference +encoded):\n%s", e.peer, n, diff)
			}
		}
	}
}
