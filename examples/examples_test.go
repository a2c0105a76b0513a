package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestExamples runs every program as a newcomer does, with nothing set up.
func TestExamples(t *testing.T) {
	bin, work := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	programs := map[string]struct {
		args []string
		want string // a regular expression, of the standard output
		file string // that it writes
	}{
		"first":   {nil, `(?s)3 of 44 conferences\n.*complete.*try later: .*refused, with business status 4011\n.*ended`, ""},
		"live":    {[]string{"-address", "127.0.0.1:0", "-for", "1ms"}, `^live conferences at http://127.0.0.1:[0-9]+/live\n$`, ""},
		"list":    {[]string{"-page", "2"}, `(?s)TITLE\n.*5 of 25 live conferences, page 2\n$`, ""},
		"ndjson":  {[]string{"-o", "all.ndjson"}, `^all.ndjson: [0-9]+ conferences; the listing was complete`, "all.ndjson"},
		"nightly": {[]string{"1", "2"}, `^2 of 2 files are there\n$`, "1-" + time.Now().Format(time.DateOnly) + ".ndjson"},
		"watch":   {[]string{"-polls", "5", "-interval", "1ms", "-checkpoint", "state.json"}, `(?s)existing .*(started|updated|ended) `, "state.json"},
	}
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), filepath.Join(bin, name), p.args...)
			cmd.Dir = work
			cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CONFOPENAPI_") })
			var stderr strings.Builder
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || !regexp.MustCompile(p.want).Match(out) {
				t.Errorf("got %v and\n%s%s\nwant %s", err, out, stderr.String(), p.want)
			}
			if p.file == "" {
				return
			}
			info, err := os.Stat(filepath.Join(work, p.file))
			if err != nil || info.Size() == 0 || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: got %v, %v, want a file that only its owner can read", p.file, info, err)
			}
		})
	}
	built, err := os.ReadDir(bin)
	if err != nil || len(built) != len(programs) {
		t.Errorf("got %d programs, want one case for each: %v, %v", len(built), built, err)
	}
}
