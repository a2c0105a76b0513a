package check_test

import (
	"strings"
	"testing"
)

// Each defence that SECURITY.md claims is one that a test shows. TestDocsNameTestsThatExist knows the tests.
func TestDefencesAreShown(t *testing.T) {
	_, section, found := strings.Cut(mustRead(t, "SECURITY.md"), "\n## What the SDK defends against\n")
	section, _, ends := strings.Cut(section, "\n## ")
	if !found || !ends {
		t.Fatal("SECURITY.md does not say what the SDK defends against")
	}
	rows := 0
	for line := range strings.Lines(section) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat ") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !testName.MatchString(cells[2]) {
			t.Errorf("no test shows this: %s", line)
		}
	}
	if rows < 10 {
		t.Errorf("%d threats: some were not found", rows)
	}
}
