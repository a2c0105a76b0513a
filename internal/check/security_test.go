package check_test

import (
	"strings"
	"testing"
)

// Each defence that SECURITY.md claims names a test that shows it. TestDocsNameTestsThatExist knows the tests.
func TestDefencesNameTests(t *testing.T) {
	_, table, _ := strings.Cut(mustRead(t, "SECURITY.md"), "\n| threat | defence | shown by |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")[1:]
	if len(rows) < 10 {
		t.Errorf("SECURITY.md: got %d threats, want at least 10", len(rows))
	}
	for _, row := range rows {
		if cells := strings.Split(row, " | "); len(cells) != 3 || !testName.MatchString(cells[2]) {
			t.Errorf("SECURITY.md: got no test for this, want one: %s", row)
		}
	}
}
