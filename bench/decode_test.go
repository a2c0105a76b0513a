package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/bytedance/sonic"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// TestDecodersAgree makes the figures comparable: no decoder is fast because it leaves something out.
func TestDecodersAgree(t *testing.T) {
	for _, n := range []int{0, 20, 200} {
		response := bodies(n)()[0]
		var want *wire.Result
		for _, d := range decoders() {
			page, err := d.decode(response.result)
			if err != nil {
				t.Fatalf("%s: %v", d.peer, err)
			}
			got := plain(t, page)
			if want == nil {
				want = got
				if got.TotalCount != n || len(got.ConfList) != n {
					t.Fatalf("%s: %d of %d conferences, want %d", d.peer, len(got.ConfList), got.TotalCount, n)
				}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s, a page of %d (-SDK +peer):\n%s", d.peer, n, diff)
			}
		}
	}
}

// TestForms makes sure that the SDK gets the same values in every form, and the peers too, unless they do not know the spelling.
func TestForms(t *testing.T) {
	responses := bodies(20)
	want, err := decodeWithSDK(responses()[0].result)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		result := inForm(f, responses)()[0].result
		for i, d := range decoders() {
			page, err := d.decode(result)
			if err != nil {
				t.Fatalf("%s, %s: %v", f.name, d.peer, err)
			}
			got := plain(t, page)
			if diff := cmp.Diff(plain(t, want), got); diff != "" && (i == 0 || f.name != forms[0].name) {
				t.Errorf("%s, %s (-usual +form):\n%s", f.name, d.peer, diff)
			}
		}
	}
}

// TestWithSetting repeats the test above in a process with the setting that the workers have.
func TestWithSetting(t *testing.T) {
	if os.Getenv(sonicVariable) != "" {
		t.Skip("this is that process")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run", "^(TestDecodersAgree|TestSonicIsItself)$", "-test.v")
	cmd.Env = append(os.Environ(), sonicOptDec)
	output, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(output), "--- PASS") != 2 {
		t.Errorf("%v\n%s", err, output)
	}
}

// A stack notes which functions have called its UnmarshalJSON.
type stack string

func (s *stack) UnmarshalJSON([]byte) error {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		*s += stack(frame.Function + "\n")
	}
	return nil
}

// TestSonicIsItself fails where sonic would be measured under a false name: on processors and versions of Go that it does
// not know, it silently is encoding/json; on others it does not compile, or the setting does nothing.
func TestSonicIsItself(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("sonic has its compiler for amd64 alone")
	}
	if sonic.APIKind != sonic.UseSonicJSON {
		t.Fatal("sonic falls back to encoding/json")
	}
	want := "sonic/internal/decoder/jitdec"
	if os.Getenv(sonicVariable) == "1" {
		want = "sonic/internal/decoder/optdec"
	}
	var v struct{ Stack stack }
	if err := sonic.Unmarshal([]byte(`{"Stack":0}`), &v); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(v.Stack), want) {
		t.Errorf("%s is not among the callers:\n%s", want, v.Stack)
	}
}

// plain writes what a subject made of a response as the result that it says.
func plain(t *testing.T, page any) *wire.Result {
	t.Helper()
	switch page := page.(type) {
	case *wire.Result:
		return page
	case *confopenapi.ConfList:
		return wire.Of(page)
	}
	var envelope wire.Envelope
	text, err := json.Marshal(page) // the structs of generators
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatal(err)
	}
	return &envelope.Result
}
