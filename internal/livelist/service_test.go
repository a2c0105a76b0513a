package livelist_test

import (
	"slices"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

func given(n int) []livelist.Item {
	items := make([]livelist.Item, n)
	for i := range items {
		items[i] = livelist.Item{EventID: int64(i + 1), ConferenceID: "c", Start: int64(i), Attendees: 2 - i%2, Ref: i + 1}
	}
	return items
}

func events(items []livelist.Item) (ids []int64) {
	for _, it := range items {
		ids = append(ids, it.EventID)
	}
	return ids
}

func TestServe(t *testing.T) {
	l := livelist.New(livelist.Config{Order: livelist.Given, Items: given(10), Size: 10})
	for name, c := range map[string]struct {
		paging livelist.Paging
		req    livelist.Request
		want   []int64
		total  int
	}{
		"as given":                         {livelist.Paging{}, livelist.Request{Count: 4}, []int64{1, 2, 3, 4}, 10},
		"cap":                              {livelist.Paging{Cap: 3}, livelist.Request{Page: 2, Count: 4}, []int64{5, 6, 7}, 10},
		"cap and clamp":                    {livelist.Paging{Cap: 3, Clamp: true}, livelist.Request{Page: 2, Count: 4}, []int64{4, 5, 6}, 10},
		"repeat last":                      {livelist.Paging{RepeatLast: true}, livelist.Request{Page: 9, Count: 4}, []int64{9, 10}, 10},
		"repeat last, just behind the end": {livelist.Paging{RepeatLast: true}, livelist.Request{Page: 3, Count: 5}, []int64{6, 7, 8, 9, 10}, 10},
		"repeat last, asked":               {livelist.Paging{}, livelist.Request{Page: 9, Count: 5, RepeatLast: true}, []int64{6, 7, 8, 9, 10}, 10},
		"ignore page, asked":               {livelist.Paging{}, livelist.Request{Page: 9, Count: 2, IgnorePage: true}, []int64{1, 2}, 10},
		"filter before":                    {livelist.Paging{}, livelist.Request{Count: 4, Filter: livelist.FilterBefore}, []int64{1, 3, 5, 7}, 5},
		"filter after":                     {livelist.Paging{}, livelist.Request{Count: 4, Filter: livelist.FilterAfter}, []int64{1, 3}, 5},
		"raw total":                        {livelist.Paging{Total: livelist.TotalRaw}, livelist.Request{Count: 2, Filter: livelist.FilterBefore}, []int64{1, 3}, 10},
		"keep": {livelist.Paging{}, livelist.Request{
			Count: 2, Page: 2, Keep: func(it livelist.Item) bool { return it.EventID > 5 },
		}, []int64{8, 9}, 5},
	} {
		p, err := livelist.NewServer(l, c.paging).Serve(c.req)
		if err != nil || !slices.Equal(events(p.Items), c.want) || p.Total != c.total {
			t.Errorf("%s: got events %v, total %d, error %v; want %v, %d, none", name, events(p.Items), p.Total, err, c.want, c.total)
		}
	}
}

func TestTruthAtRequests(t *testing.T) {
	l := livelist.New(livelist.Config{Order: livelist.Given, Items: given(4), Size: 4})
	s := livelist.NewServer(l, livelist.Paging{})
	items := l.Items()
	l.Advance(2)
	l.End(items[0].Identity()) // request 2 does not see it
	l.Advance(2.5)
	l.End(items[1].Identity()) // ended and resumed between two requests
	l.Resume(items[1].Identity())
	l.Update(items[2].Identity(), 1, 9) // one attendee from request 3 on
	l.Advance(5)
	for _, c := range []struct {
		from, to     int
		filter       livelist.Filter
		always, ever int
	}{
		{1, 1, livelist.FilterNone, 4, 4},
		{1, 2, livelist.FilterNone, 3, 4},
		{2, 3, livelist.FilterNone, 3, 3},
		{1, 5, livelist.FilterBefore, 0, 2}, // only 1 and 3 have two attendees; 1 ends, and 3 goes down to one
		{1, 1, livelist.FilterBefore, 2, 2},
		{3, 3, livelist.FilterBefore, 0, 0},
	} {
		truth := s.TruthAt(c.from, c.to, c.filter)
		if len(truth.Always) != c.always || len(truth.Ever) != c.ever {
			t.Errorf("TruthAt(%d, %d, filter %d): got %d always and %d ever, want %d and %d",
				c.from, c.to, c.filter, len(truth.Always), len(truth.Ever), c.always, c.ever)
		}
	}
	if it, ok := l.Ended(items[0].Identity()); !ok || it.Ref != 1 || len(l.History()) != 4 {
		t.Errorf("got the ended item %v, %t and a history of %d; want reference 1 and 4", it, ok, len(l.History()))
	}
	l.Replace(given(2), 0)
	if got := events(l.Items()); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("after Replace: got events %v, want [1 2]", got)
	}
}
