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

// A list at rest, walked page by page, is the whole list, whatever keeps its place stable.
func TestWalkAtRest(t *testing.T) {
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
					t.Fatalf("total = %d, want %d", p.Total, l.Len())
				}
				if len(p.Items) == 0 {
					break
				}
				got = append(got, identities(p.Items)...)
			}
			want := l.Truth(l.Now(), l.Now()).Always
			if len(got) != len(want) {
				t.Fatalf("walked %d rows, want %d", len(got), len(want))
			}
			for _, id := range got {
				if !want[id] {
					t.Fatalf("%v is not in the list", id)
				}
			}
		})
	}
}

func TestSameSeedSameAnswers(t *testing.T) {
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
		t.Fatal("the same seed gave other pages")
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
	}{{0, .5, 3, 3}, {0, 1.5, 2, 3}, {1.2, 1.8, 2, 2}, {1.5, 2.5, 2, 3}, {0, 4, 2, 4}, {3.5, 4, 4, 4}} {
		if always, ever := at(c.from, c.to); always != c.always || ever != c.ever {
			t.Errorf("[%v, %v]: always %d, ever %d; want %d, %d", c.from, c.to, always, ever, c.always, c.ever)
		}
	}
}

func TestOddities(t *testing.T) {
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
		t.Errorf("a refused count: %v", err)
	}
	if n := len(page(livelist.Paging{}, 1, 100).Items); n >= 100 || n < 70 {
		t.Errorf("%d rows of 100 pass a filter of 10 %%", n)
	}
	if got := page(livelist.Paging{IgnorePage: true}, 3, 50).Items; !slices.Equal(got, page(livelist.Paging{}, 1, 50).Items) {
		t.Error("IgnorePage does not give the first page")
	}
	if got := page(livelist.Paging{OddCounts: true}, 2, 47).Items; !slices.Equal(got, page(livelist.Paging{}, 2, 20).Items) {
		t.Error("OddCounts does not take 47 as 20")
	}
	if n := len(page(livelist.Paging{Bytes: 20_000}, 1, 100).Items); n > 40 || n < 5 {
		t.Errorf("%d rows in 20,000 bytes", n)
	}
	if n := len(page(livelist.Paging{Depth: 120}, 3, 60).Items); n != 0 {
		t.Errorf("%d rows beyond the depth", n)
	}
	for total, want := range map[livelist.Total]int{
		livelist.TotalRaw: 300, livelist.TotalExact: l.Len(), livelist.TotalDoubled: 2 * l.Len(),
		livelist.TotalZero: 0, livelist.TotalNegative: -1,
	} {
		if got := page(livelist.Paging{Total: total}, 1, 10).Total; got != want {
			t.Errorf("total %d = %d, want %d", total, got, want)
		}
	}
}
