package confopenapi_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// restored is a watcher as another process would have it.
func restored(t *testing.T, w *confopenapi.Watcher) *confopenapi.Watcher {
	t.Helper()
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	back := confopenapi.NewWatcher()
	if err := json.Unmarshal(data, back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(data) {
		t.Errorf("%v\n%s\n%s", err, data, again)
	}
	return back
}

func TestARestoredWatchTellsTheGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := watchStory(t, nil)
		watcher := confopenapi.NewWatcher()
		client, _ := onWire(t, s.service)
		for _, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: watcher, OnPoll: func(confopenapi.Report) error {
			return errors.New("that is all")
		}}) {
			if err != nil {
				break
			}
		}
		one, two := s.id("1"), s.id("2")
		s.service.End(one)
		s.service.Update(two, func(c *confopenapi.Conference) { c.AttendeeCount = 9 })
		s.service.Add(confopenapi.Conference{ConferenceID: "3", EventID: 3, StartTime: 1715600003, AttendeeCount: 2})
		s.service.End(s.id("3")) // in the gap: it was never there
		s.service.Add(confopenapi.Conference{ConferenceID: "4", EventID: 4, StartTime: 1715600004, AttendeeCount: 2})
		var got []string
		for event, err := range client.Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: restored(t, watcher)}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, event.String())
			if event.Kind == confopenapi.EventEnded && (event.Conference.Identity() != one || event.Conference.AttendeeCount != 0 || !event.Proven) {
				t.Errorf("%+v", event)
			}
			if len(got) == 3 {
				break
			}
		}
		want := []string{
			`ended (proven) conference "1" (event 1, status 0, 0 attendees, started 2024-05-13T11:33:21Z)`,
			`started conference "4" (event 4, status 0, 2 attendees, started 2024-05-13T11:33:24Z)`,
			`updated conference "2" (event 2, status 0, 9 attendees, started 2024-05-13T11:33:22Z): attendeeCnt`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWatchersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`7`, `"x"`, `{}`, `{"state":null}`, `{"state":{}}`, `{"state":{"version":99}}`, `{"state":[]}`} {
		w := confopenapi.NewWatcher()
		mustBe[*confopenapi.RequestError](t, json.Unmarshal([]byte(text), w))
	}
	var zero confopenapi.Watcher
	if events := zero.Step(nil); events != nil {
		t.Error(events)
	}
	odd := confopenapi.NewWatcher()
	if err := json.Unmarshal([]byte(`{"pageSize":-5,"state":{"version":1,"known":[{"digests":[1],"seen":-1}]}}`), odd); err != nil {
		t.Fatal(err)
	}
	srv := liveList(t, 3)
	for _, err := range srv.Client().Watch(t.Context(), nil, &confopenapi.WatchOptions{Watcher: odd}) {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

func FuzzWatcher(f *testing.F) {
	f.Add(`{"pageSize":100,"list":"","state":{"version":1,"settled":true,"known":[{"eventId":1,"conferenceId":"1","start":1715600000,"seen":1715600000000,"digests":[1,2]}]}}`)
	f.Add(`{"state":{"version":1,"ended":[{"seen":0}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		w := confopenapi.NewWatcher()
		if err := json.Unmarshal([]byte(text), w); err != nil {
			return
		}
		w.Step(&confopenapi.Snapshot{
			Conferences: confopenapitest.Conferences(3, 1), Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete},
		})
		restored(t, w)
	})
}

func TestEventKinds(t *testing.T) {
	t.Parallel()
	for kind := confopenapi.EventExisting; kind <= confopenapi.EventRestarted; kind++ {
		text, err := kind.MarshalText()
		var back confopenapi.EventKind
		if err != nil || back.UnmarshalText(text) != nil || back != kind {
			t.Errorf("%v, %v", kind, back)
		}
	}
	var none confopenapi.EventKind
	if none.UnmarshalText([]byte("exploded")) == nil || none.String() != "event kind 0" {
		t.Errorf("%v", none)
	}
}
