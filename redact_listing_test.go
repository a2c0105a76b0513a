package confopenapi_test

import (
	"encoding/json"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// What listings give shows nothing secret or personal either, and what they keep for later holds none.
func TestListingsShowNothingPersonal(t *testing.T) {
	t.Parallel()
	var marked confopenapi.Conference
	if err := json.Unmarshal([]byte(markedConference()), &marked); err != nil {
		t.Fatal(err)
	}
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(append(confopenapitest.Conferences(40, 1), marked)...),
		confopenapitest.WithToken(markToken))
	client := srv.Client(quick)

	for page, err := range client.Pager(nil, &confopenapi.PagerOptions{PageSize: 41}).Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		examine(t, "page", page)
		examine(t, "page's value", *page)
		wantNoMarks(t, "cursor", string(page.Next))
	}
	examine(t, "zero page", confopenapi.Page{})

	snap, err := client.Snapshot(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	examine(t, "snapshot", snap)
	examine(t, "snapshot's value", *snap)
	examine(t, "report", snap.Report)

	watcher := confopenapi.NewWatcher()
	for _, event := range watcher.Step(snap) {
		examine(t, "event", event)
	}
	data, err := json.Marshal(watcher)
	if err != nil {
		t.Fatal(err)
	}
	wantNoMarks(t, "watcher", string(data))

	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.Status(503), When: func(r confopenapitest.Request) bool { return r.List.Page > 1 }})
	_, err = client.Snapshot(t.Context(), &confopenapi.ListByStatusRequest{Count: 20}, nil)
	mustBe[*confopenapi.IncompleteError](t, err)
	examineError(t, err)
	examine(t, "built error", &confopenapi.IncompleteError{})
}

// The digests that a Watcher keeps are of too few bits to tell what was there; the passcode is short, and has none.
func TestAWatchersJSONDoesNotTellThePasscode(t *testing.T) {
	t.Parallel()
	state := func(passcode string) string {
		w := confopenapi.NewWatcher()
		w.Step(&confopenapi.Snapshot{
			Conferences: []confopenapi.Conference{{ConferenceID: "1", Passcode: confopenapi.NewSecret(passcode)}},
			Report:      confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		data, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if state("1234") != state("9876") {
		t.Error("it depends on the passcode")
	}
}
