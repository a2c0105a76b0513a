package fleet

import (
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

func TestOneLineNamesNoOption(t *testing.T) {
	t.Parallel()
	err := &confopenapi.IncompleteError{Report: confopenapi.Report{Verdict: confopenapi.VerdictIncomplete, Reason: confopenapi.ReasonTotal}}
	if got := oneLine(err); !strings.HasSuffix(got, "see confctl doctor") {
		t.Errorf("got %q, want a command and no option of Go", got)
	}
}
