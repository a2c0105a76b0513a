package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/conffleet/internal/fleet"
)

func TestStatus_Table(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	failing := []fleet.Seen{
		{Admin: 1003, Kind: "unauthorized", Since: at.Add(-90 * time.Minute)},
		{Admin: 1001, Kind: "timeout", Since: at.Add(-3 * time.Second)},
	}
	for name, c := range map[string]struct {
		status fleet.Status
		want   []string
	}{
		"nothing yet": {
			fleet.Status{},
			[]string{"administrators  none; does conffleet run have --admins", "oldest proven   none yet", "rate            no worker"},
		},
		"the first seconds": {
			fleet.Status{Admins: 3, Unproven: 3, Limit: 50, Factor: 1, Workers: []fleet.WorkerRecord{{ID: "a", Slots: 32, Limit: 50}}},
			[]string{"administrators  3, 3 without a proven listing", "0.0 of 50 requests a second", "joining"},
		},
		"a wrong token": {fleet.Status{Workers: []fleet.WorkerRecord{{ID: "a", Share: 50, Refused: true}}}, []string{"token refused"}},
		"failing": {
			fleet.Status{
				At: at, Admins: 3, Live: 1, Dead: 4, Failing: map[string]int{"unauthorized": 1, "timeout": 1}, FailingAdmins: failing,
				Workers: []fleet.WorkerRecord{{ID: "a", Share: 50, Errors: map[string]int{"timeout": 2, "unauthorized": 3}}},
			},
			[]string{"4 dead", "1 conference\n", "1 administrator: timeout", "1003     unauthorized  1h30m0s\n1 more   --failing", "ERRORS", "0       5       0.0 of 50.0"},
		},
	} {
		var out strings.Builder
		if err := c.status.WriteTable(&out, 1); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: got\n%s\nwithout %q", name, &out, want)
			}
		}
	}
}
