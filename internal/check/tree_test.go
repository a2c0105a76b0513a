package check_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	forOnePlatform = regexp.MustCompile(`_(386|amd64|arm|arm64|wasm|aix|android|darwin|freebsd|illumos|ios|js|linux|netbsd|openbsd|plan9|solaris|unix|wasip1|windows)\.go$`)
	notPlain       = regexp.MustCompile(`(?m)^//(go:build|go:linkname|go:noescape| \+build)|^(import|\t)\s*(\w+ )?"(C|unsafe|syscall)"$`)
)

// What importers compile is the same code on every platform, and all of it is safe Go.
func TestNothingIsForSomePlatformsOnly(t *testing.T) {
	files := tracked(t)
	var modules []string
	for _, name := range files {
		if dir, base := path.Split(name); base == "go.mod" && dir != "" {
			modules = append(modules, dir)
		}
	}
	seen := 0
	for _, name := range files {
		ext := path.Ext(name)
		inModule := slices.ContainsFunc(modules, func(dir string) bool { return strings.HasPrefix(name, dir) })
		if inModule || strings.Contains(name, "testdata/") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if slices.Contains([]string{".s", ".S", ".c", ".h", ".cc", ".cpp", ".m", ".syso"}, ext) || forOnePlatform.MatchString(name) {
			t.Errorf("%s is not plain Go for all platforms", name)
		}
		if ext == ".go" {
			seen++
			if found := notPlain.FindString(mustRead(t, name)); found != "" {
				t.Errorf("%s has %s", name, strings.TrimSpace(found))
			}
		}
	}
	if seen < 30 {
		t.Errorf("%d files: some were not found", seen)
	}
}
