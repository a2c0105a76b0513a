package check_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What importers compile is the same code on every platform, and all of it is safe Go. So each list of files that differ by
// platform is empty on two platforms that have nothing in common.
func TestSameSafeGoOnEveryPlatform(t *testing.T) {
	for _, platform := range []string{"GOOS=linux GOARCH=amd64", "GOOS=plan9 GOARCH=arm"} {
		list := "env " + platform + ` CGO_ENABLED=1 GOWORK=off go list -f '{{.ImportPath}}: {{.IgnoredGoFiles}} {{.IgnoredOtherFiles}} {{.CgoFiles}}` +
			` {{.CFiles}} {{.CXXFiles}} {{.HFiles}} {{.SFiles}} {{.SysoFiles}};{{join .Imports ";"}}' ./...`
		out, err := execute(t, ".", "sh", "-euc", list)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		packages := strings.Split(regexp.MustCompile(`\w+_test\.go`).ReplaceAllString(out, ""), "\n")
		if len(packages) < 8 {
			t.Errorf("got %d packages, want at least 8", len(packages))
		}
		for _, line := range packages {
			name, imports, _ := strings.Cut(line, ";")
			if !strings.HasSuffix(name, ": [] [] [] [] [] [] [] []") {
				t.Errorf("got files for some platforms only, or not of Go, want none: %s (%s)", name, platform)
			}
			for _, unsafe := range []string{"unsafe", "syscall", "C"} {
				if slices.Contains(strings.Split(imports, ";"), unsafe) {
					t.Errorf("%s imports %s", strings.Fields(name)[0], unsafe)
				}
			}
		}
	}
}
