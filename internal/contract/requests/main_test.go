package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/contract"
	"github.com/confopenapi/confopenapi-go/internal/contract/recording"
)

const (
	root        = "../../.."
	description = "../../../api/openapi.yaml"
)

// The SDK with the detour compiles, and differs from the SDK in the detour alone.
func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	if err := run([]string{"overlay", root, dir}); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "list", "-deps", "-compiled", "-overlay", filepath.Join(dir, "overlay.json"), ".")
	build.Dir = root
	out, err := build.CombinedOutput()
	if err != nil || !strings.Contains(string(out), recordingPackage+"\n") {
		t.Errorf("%v: %s", err, out)
	}
	name, text, err := hook(root)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, after := strings.Split(string(old), "\n"), strings.Split(string(text), "\n")
	var changed []string
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			changed = append(changed, strings.TrimSpace(after[i]))
		}
	}
	want := []string{
		fmt.Sprintf("package confopenapi; import %q", recordingPackage),
		"resp, err := recording.RoundTrip(x.client.transport, req)",
	}
	if diff := cmp.Diff(want, changed); diff != "" || len(before) != len(after) {
		t.Errorf("%d lines, and %d (-want +got):\n%s", len(before), len(after), diff)
	}
}

// Where requests could be missed, there is no overlay.
func TestNoOverlay(t *testing.T) {
	const call = "func f() { _, _ = t.RoundTrip(r) }\n"
	for name, files := range map[string]map[string]string{
		"no call":         {"a.go": "package a\n", "a_test.go": "package a\n" + call},
		"two calls":       {"a.go": "package a\n" + call + strings.Replace(call, "f()", "g()", 1)},
		"calls in two":    {"a.go": "package a\n" + call, "b.go": "package a\n" + call},
		"other arguments": {"a.go": "package a\nfunc f() { _, _ = t.RoundTrip(r, 1) }\n"},
		"no Go":           {"a.go": "package\n"},
	} {
		dir := t.TempDir()
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := run([]string{"overlay", dir, t.TempDir()}); err == nil {
			t.Errorf("%s: there is an overlay", name)
		}
	}
}

func TestCheck(t *testing.T) {
	api, err := contract.Open(description)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "Token": {"made-up-token"}}
	without := header.Clone()
	without.Del("Token")
	request := func(path, body string, header http.Header) recording.Request {
		return recording.Request{Method: http.MethodPost, Path: path, Header: header, Body: []byte(body)}
	}
	good := []recording.Request{
		request("/prefix"+contract.Path, `{"page":1}`, header),
		request(contract.Path, `{"token":"made-up-token"}`, without),
		request(contract.Path, `{}`, without),
		request("/confopenapi/room/list", `{"anything":true}`, header),
	}
	for _, c := range []struct {
		name     string
		recorded []recording.Request
		want     string
		wrong    bool
	}{
		{"good ones", good, "4 different requests recorded: 3 to the endpoint, 3 valid (1 of them without a token); 1 to others, not checked", false},
		{"none", nil, "0 different requests recorded: 0 to the endpoint, 0 valid (0 of them without a token); 0 to others, not checked", true},
		{"others alone", good[3:], "1 different requests recorded: 0 to the endpoint, 0 valid (0 of them without a token); 1 to others, not checked", true},
		{
			"a bad one",
			append([]recording.Request{request(contract.Path, `{"page":-1}`, header)}, good...),
			"5 different requests recorded: 4 to the endpoint, 3 valid (1 of them without a token); 1 to others, not checked", true,
		},
	} {
		found := check(api, c.recorded)
		if found.String() != c.want || (found.err() != nil) != c.wrong {
			t.Errorf("%s: %s; %v", c.name, found, found.err())
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"check"}, {"help", "a", "b"}, {"check", "none.yaml", t.TempDir()}, {"check", description, t.TempDir()}} {
		if err := run(args); err == nil {
			t.Errorf("%q: there was nothing to complain about", args)
		}
	}
}
