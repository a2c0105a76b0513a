package livelist_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

func identities(items []livelist.Item) []livelist.Identity {
	ids := make([]livelist.Identity, 0, len(items))
	for _, it := range items {
		ids = append(ids, it.Identity())
	}
	return ids
}

// Reading a list at rest page by page gives the whole list, in every order that is stable between requests.
func TestPagesOfListAtRest(t *testing.T) {
	for _, order := range livelist.Orders() {
		if order == livelist.Shuffled || order == livelist.LooseTies {
			continue
		}
		t.Run(order.String(), func(t *testing.T) {
			l := livelist.New(livelist.Config{Seed: 1, Size: 250, Order: order, Warm: 20, Churn: 5, Round: 600})
			s := livelist.NewServer(l, livelist.Paging{Cap: 40})
			var got []livelist.Identity
			for page := 1; ; page++ {
				p, err := s.Page(page, 40)
				if err != nil {
					t.Fatal(err)
				}
				if p.Total != l.Len() {
					t.Fatalf("page %d: got total %d, want %d", page, p.Total, l.Len())
				}
				if len(p.Items) == 0 {
					break
				}
				got = append(got, identities(p.Items)...)
			}
			want := l.Truth(l.Now(), l.Now()).Always
			if len(got) != len(want) {
				t.Fatalf("got %d rows on all pages, want %d", len(got), len(want))
			}
			for _, id := range got {
				if !want[id] {
					t.Fatalf("got %v, which is not in the list", id)
				}
			}
		})
	}
}

func TestSameSeedSamePages(t *testing.T) {
	read := func() (all [][]livelist.Identity) {
		l := livelist.New(livelist.Config{
			Seed: 7, Size: 100, Order: livelist.LooseTies, Round: 900, Churn: 8, Toggle: 2, Return: .3, Restart: .2,
			Filter: livelist.FilterAfter, Single: .2, Burst: livelist.Burst{Every: 3, Size: 9},
		})
		s := livelist.NewServer(l, livelist.Paging{Cap: 30, Total: livelist.TotalNoisy, Lags: []float64{0, 1.5}})
		for i := range 40 {
			l.Advance(float64(i) / 2)
			p, _ := s.Page(i%4+1, 30)
			all = append(all, identities(p.Items))
		}
		return all
	}
	if a, b := read(), read(); !slices.EqualFunc(a, b, slices.Equal) {
		t.Fatal("two lists with the same seed give different pages")
	}
}

func TestTruthOfAnInterval(t *testing.T) {
	l := livelist.New(livelist.Config{Seed: 3, Size: 3, Order: livelist.Arbitrary})
	items := l.Items()
	l.Advance(1)
	l.End(items[0].Identity())
	l.Advance(2)
	l.Add(livelist.Item{EventID: 5, ConferenceID: "5", Start: 5, Attendees: 2})
	l.Advance(3)
	l.Resume(items[0].Identity())
	l.Advance(4)

	at := func(from, to float64) (always, ever int) {
		truth := l.Truth(from, to)
		return len(truth.Always), len(truth.Ever)
	}
	for _, c := range []struct {
		from, to     float64
		always, ever int
	}{{0, .5, 3, 3}, {0, 1, 2, 3}, {1, 1, 2, 3}, {0, 1.5, 2, 3}, {1.2, 1.8, 2, 2}, {1.5, 2.5, 2, 3}, {0, 4, 2, 4}, {3.5, 4, 4, 4}} {
		if always, ever := at(c.from, c.to); always != c.always || ever != c.ever {
			t.Errorf("Truth(%v, %v): got %d always and %d ever, want %d and %d", c.from, c.to, always, ever, c.always, c.ever)
		}
	}
}

func TestPaging(t *testing.T) {
	l := livelist.New(livelist.Config{Seed: 4, Size: 300, Order: livelist.StartDown, Single: .1, Filter: livelist.FilterAfter})
	page := func(p livelist.Paging, page, count int) livelist.Page {
		t.Helper()
		got, err := livelist.NewServer(l, p).Page(page, count)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if _, err := livelist.NewServer(l, livelist.Paging{Reject: 100}).Page(1, 101); !errors.Is(err, livelist.ErrCount) {
		t.Errorf("Reject 100, count 101: got %v, want %v", err, livelist.ErrCount)
	}
	if n := len(page(livelist.Paging{}, 1, 100).Items); n >= 100 || n < 70 {
		t.Errorf("got %d rows of 100 after a filter that removes about 10 %%, want 70 to 99", n)
	}
	if got := page(livelist.Paging{IgnorePage: true}, 3, 50).Items; !slices.Equal(got, page(livelist.Paging{}, 1, 50).Items) {
		t.Error("IgnorePage: page 3 differs from page 1")
	}
	if got := page(livelist.Paging{OddCounts: true}, 2, 47).Items; !slices.Equal(got, page(livelist.Paging{}, 2, 20).Items) {
		t.Error("OddCounts: page 2 of 47 differs from page 2 of 20")
	}
	bytes := len(page(livelist.Paging{Bytes: 20_000}, 1, 100).Items)
	if bytes > 40 || bytes < 5 {
		t.Errorf("Bytes 20,000: got %d rows, want 5 to 40", bytes)
	}
	if n := len(page(livelist.Paging{Bytes: 20_000, Heavy: 300}, 1, 100).Items); n >= bytes/2 || n < 1 {
		t.Errorf("Bytes 20,000, all rows heavy: got %d rows, want fewer than half of %d", n, bytes)
	}
	if n := len(page(livelist.Paging{Bytes: 1}, 2, 100).Items); n != 1 {
		t.Errorf("Bytes 1: got %d rows, want the one that is always returned", n)
	}
	if n := len(page(livelist.Paging{IgnoreCount: true}, 1, 100).Items); n > livelist.DefaultCount || n < 10 {
		t.Errorf("IgnoreCount: got %d rows for a count of 100, want at most %d", n, livelist.DefaultCount)
	}
	if n := len(page(livelist.Paging{Depth: 120}, 3, 60).Items); n != 0 {
		t.Errorf("Depth 120: got %d rows behind it, want none", n)
	}
	for total, want := range map[livelist.Total]int{
		livelist.TotalRaw: 300, livelist.TotalExact: l.Len(), livelist.TotalDoubled: 2 * l.Len(),
		livelist.TotalZero: 0, livelist.TotalNegative: -1, livelist.TotalPage: len(page(livelist.Paging{}, 1, 10).Items), livelist.TotalCached: l.Len(),
	} {
		if got := page(livelist.Paging{Total: total}, 1, 10).Total; got != want {
			t.Errorf("total of kind %d: got %d, want %d", total, got, want)
		}
	}
}

// A cached total is renewed after five units of time, and a noisy one is within 2 %.
func TestTotalsOfMovingList(t *testing.T) {
	l := livelist.New(livelist.Config{Seed: 5, Size: 200, Churn: 20})
	cached := livelist.NewServer(l, livelist.Paging{Total: livelist.TotalCached})
	noisy := livelist.NewServer(l, livelist.Paging{Total: livelist.TotalNoisy})
	total := func(s *livelist.Server) int {
		t.Helper()
		p, err := s.Page(1, 10)
		if err != nil {
			t.Fatal(err)
		}
		return p.Total
	}
	first, differs := total(cached), false
	for range 40 {
		l.Advance(l.Now() + 0.1)
		if got := total(cached); got != first {
			t.Fatalf("time %.1f: got the cached total %d, want %d of the first request", l.Now(), got, first)
		}
		got, off := total(noisy), max(1, l.Len()/50)
		if got < l.Len()-off || got > l.Len()+off {
			t.Errorf("time %.1f: got the noisy total %d, want %d with an error of 2 %%", l.Now(), got, l.Len())
		}
		differs = differs || got != l.Len()
	}
	if !differs {
		t.Error("the noisy total is always exact")
	}
	l.Advance(5)
	if got := total(cached); got != l.Len() {
		t.Errorf("time 5: got the cached total %d, want the present one, %d", got, l.Len())
	}
}

// An unknown constant must not behave like a known one.
func TestUnknownConstantsPanic(t *testing.T) {
	l := livelist.New(livelist.Config{Size: 1})
	for name, use := range map[string]func(){
		"order -1": func() { livelist.New(livelist.Config{Order: -1}) },
		"order 16": func() { livelist.New(livelist.Config{Order: livelist.Order(len(livelist.Orders()))}) },
		"filter 3": func() { livelist.New(livelist.Config{Filter: 3}) },
		"total 9":  func() { livelist.NewServer(l, livelist.Paging{Total: livelist.Total(len(livelist.Totals()))}) },
		"filter -1": func() {
			_, _ = livelist.NewServer(l, livelist.Paging{}).Serve(livelist.Request{Filter: -1})
		},
	} {
		func() {
			defer func() {
				if got, want := recover(), "livelist: unknown "+name; got != want {
					t.Errorf("got the panic %v, want %s", got, want)
				}
			}()
			use()
		}()
	}
}

// What an order promises by Sorted and Stable, and how it lists a resumed row.
func TestOrders(t *testing.T) {
	for _, order := range livelist.Orders() {
		l := livelist.New(livelist.Config{Order: order, Items: given(6), Size: 6})
		s := livelist.NewServer(l, livelist.Paging{})
		read := func() []int64 {
			t.Helper()
			p, err := s.Page(1, 100)
			if err != nil {
				t.Fatal(err)
			}
			return events(p.Items)
		}
		first, same := read(), true
		for range 20 {
			same = same && slices.Equal(first, read())
		}
		if want := order != livelist.Shuffled; same != want {
			t.Errorf("%s: got the same order in 20 requests: %t, want %t", order, same, want)
		}
		second := livelist.Identity{EventID: first[1], ConferenceID: "c", Start: first[1] - 1}
		if !l.End(second) || !l.Resume(second) {
			t.Fatalf("%s: no row of %v", order, second)
		}
		if back := slices.Equal(first, read()); order.Stable() && !back || order.Sorted() && !order.Stable() {
			t.Errorf("%s: got the row at its old place: %t, Stable is %t, Sorted is %t", order, back, order.Stable(), order.Sorted())
		}
	}
	for order, want := range map[livelist.Order][]int64{
		livelist.StartDown: {3, 2, 1}, livelist.StartUp: {1, 2, 3}, livelist.EventUp: {1, 2, 3}, livelist.EventDown: {3, 2, 1},
		livelist.NumberUp: {2, 1, 3}, livelist.NumberDown: {3, 1, 2}, livelist.TextUp: {1, 3, 2}, livelist.TextDown: {2, 3, 1},
		livelist.StartOnly: {3, 2, 1}, livelist.Given: {1, 2, 3}, livelist.SwapRemove: {1, 2, 3},
	} {
		items := []livelist.Item{
			{EventID: 1, ConferenceID: "10", Start: 1}, {EventID: 2, ConferenceID: "9", Start: 2}, {EventID: 3, ConferenceID: "100", Start: 3},
		}
		if got := events(livelist.New(livelist.Config{Order: order, Items: items, Size: 3}).Items()); !slices.Equal(got, want) {
			t.Errorf("%s: got events %v, want %v", order, got, want)
		}
	}
	for order, want := range map[livelist.Order][]int64{
		livelist.Given: {1, 2, 3, 4}, livelist.Reentry: {2, 1, 3, 4}, livelist.SwapRemove: {1, 4, 3, 2},
	} {
		items := given(4)
		l := livelist.New(livelist.Config{Order: order, Items: items, Size: 4})
		l.End(items[1].Identity())
		l.Resume(items[1].Identity())
		if got := events(l.Items()); !slices.Equal(got, want) {
			t.Errorf("%s: got events %v after 2 ended and was resumed, want %v", order, got, want)
		}
	}
}

// LooseTies shuffles rows with the same start, and only these, also where a page cuts them.
func TestLooseTies(t *testing.T) {
	items := given(12)
	for i := range items {
		items[i].Start = int64(i / 4) // four rows each
	}
	s := livelist.NewServer(livelist.New(livelist.Config{Order: livelist.LooseTies, Items: items, Size: 12}), livelist.Paging{})
	seen := map[int64]bool{}
	for range 200 {
		p, err := s.Page(2, 3) // the last row of the latest start, and two of the next
		if err != nil {
			t.Fatal(err)
		}
		for i, it := range p.Items {
			if want := int64(2 - (i+3)/4); it.Start != want {
				t.Fatalf("got row %d with the start %d, want %d", i+4, it.Start, want)
			}
			seen[it.EventID] = true
		}
	}
	if len(seen) != 8 {
		t.Errorf("got %d different rows on page 2, want each of the 8 rows with the two starts", len(seen))
	}
}

// Returns, restarts and toggles happen as often as Config says.
func TestChurn(t *testing.T) {
	for name, c := range map[string]struct {
		cfg                livelist.Config
		resumed, restarted [2]int // of a hundred that end
	}{
		"neither":      {livelist.Config{}, [2]int{0, 0}, [2]int{0, 0}},
		"Return .6":    {livelist.Config{Return: .6}, [2]int{45, 75}, [2]int{0, 0}},
		"Restart .6":   {livelist.Config{Restart: .6}, [2]int{0, 0}, [2]int{45, 75}},
		"half of each": {livelist.Config{Return: .5, Restart: .5}, [2]int{35, 65}, [2]int{35, 65}},
	} {
		c.cfg.Seed, c.cfg.Size, c.cfg.Churn, c.cfg.RisingIDs = 3, 1000, 20, true
		l := livelist.New(c.cfg)
		first := l.Items()
		l.Advance(20)
		truth := l.Truth(0, 20)
		l.SetChurn(livelist.Config{}) // no new conferences; what was scheduled is cancelled
		runs, ended, resumed, restarted := map[int64]int{}, 0, 0, 0
		for _, it := range l.History() {
			runs[it.EventID]++
		}
		now := l.Truth(20, 20).Ever
		for _, it := range first {
			if truth.Always[it.Identity()] {
				continue
			}
			ended++
			if now[it.Identity()] {
				resumed++
			}
			if runs[it.EventID] > 1 {
				restarted++
			}
		}
		for what, got := range map[string]struct {
			n    int
			want [2]int
		}{"resumed": {resumed, c.resumed}, "restarted": {restarted, c.restarted}} {
			if percent := 100 * got.n / ended; percent < got.want[0] || percent > got.want[1] {
				t.Errorf("%s: got %d %% of %d ended conferences %s, want %d to %d %%", name, percent, ended, what, got.want[0], got.want[1])
			}
		}
	}

	l := livelist.New(livelist.Config{Seed: 1, Size: 200, Toggle: 1, Single: .5})
	first := l.Items()
	l.Advance(300)
	up, down := 0, 0
	for i, it := range l.Items() {
		if was := first[i].Attendees; was == 1 && it.Attendees == 2 {
			up++
		} else if was != 1 && it.Attendees == 1 {
			down++
		}
	}
	if up < 20 || down < 20 {
		t.Errorf("Toggle: got %d changes from one attendee to two and %d to one, want 20 or more of each", up, down)
	}

	for _, filter := range []livelist.Filter{livelist.FilterBefore, livelist.FilterAfter} {
		l := livelist.New(livelist.Config{Seed: 1, Size: 200, Single: .5, Filter: filter})
		if n := len(l.Items()); n != l.Len() || n < 70 || n > 130 || slices.ContainsFunc(l.Items(), func(it livelist.Item) bool { return it.Attendees == 1 }) {
			t.Errorf("filter %d: got %d visible rows of 200, of which half have one attendee; want about 100, and none of those", filter, n)
		}
	}
}

// Each number of Config has the effect that its comment says.
func TestConfig(t *testing.T) {
	within := func(what string, got, low, high int) {
		t.Helper()
		if got < low || got > high {
			t.Errorf("%s: got %d, want %d to %d", what, got, low, high)
		}
	}
	l := livelist.New(livelist.Config{Seed: 1, Size: 1000, Single: .3, Anonymous: .2, Twins: .1, Round: 600})
	single, anonymous, uneven, rows := 0, 0, 0, map[livelist.Identity]int{}
	for _, it := range l.Items() {
		rows[it.Identity()]++
		if it.Attendees == 1 {
			single++
		}
		if it.EventID == 0 && it.ConferenceID == "" {
			anonymous++
		}
		if it.Start%600 != 0 {
			uneven++
		}
	}
	within("rows of 1,000 with Twins .1", l.Len(), 1050, 1150)
	within("rows with one attendee, Single .3", single, 250, 400)
	within("rows without ids, Anonymous .2", anonymous, 170, 270)
	within("starts that are not multiples of Round", uneven, 0, 0)

	l = livelist.New(livelist.Config{Seed: 1, Size: 500, Shrink: livelist.Shrink{At: 7, To: 40}, RisingIDs: true})
	l.Advance(6.9)
	within("rows before Shrink", l.Len(), 500, 500)
	l.Advance(7)
	within("rows after Shrink", l.Len(), 40, 40)

	l = livelist.New(livelist.Config{Seed: 1, Size: 100, Burst: livelist.Burst{Every: 10, Size: 30}, RisingIDs: true})
	changed := func(from, to float64) int {
		l.Advance(to)
		truth := l.Truth(from, to)
		return len(truth.Ever) - len(truth.Always)
	}
	within("changes before the first burst", changed(0, 9.9), 0, 0)
	within("changes of the first burst", changed(9.9, 10.1), 45, 60)
	within("changes between two bursts", changed(10.1, 19.9), 0, 0)
	within("changes of the second burst", changed(19.9, 20.1), 45, 60)
	ids := map[int64]bool{}
	var last livelist.Item
	for _, it := range l.History()[100:] {
		if it.EventID <= last.EventID || it.Start < last.Start || ids[it.EventID] {
			t.Errorf("RisingIDs: got event %d after event %d", it.EventID, last.EventID)
		}
		ids[it.EventID], last = true, it
	}
}
