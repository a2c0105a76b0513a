package overlap_test

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

func TestFloorProbe(t *testing.T) {
	for _, cap := range []int{20, 50, 100, 500} {
		for _, d := range ours {
			for _, known := range []bool{false, true} {
				bad := map[string]int{}
				worst, ws := -9.0, 0
				sum, one := 0, 0
				synctest.Test(t, func(t *testing.T) {
					for size := range 451 {
						s := setting{list: livelist.Config{Size: size, Order: livelist.StartDown, Seed: uint64(size)}, paging: livelist.Paging{Cap: cap}}
						limit := 4.0
						w := newWorld(s)
						if known {
							w.known = observe(newWorld(s), d.read).report.Facts
							limit = 1
						}
						if os.Getenv("TRACE") == fmt.Sprint(cap, ",", size, ",", known) {
							w.trace = t.Logf
						}
						o := observe(w, d.read)
						pages := max(1, (size+cap-1)/cap)
						sum += o.requests
						if size <= cap {
							one += o.requests
						}
						if o.report.Verdict != overlap.Complete {
							bad["not complete"]++
							t.Logf("cap %d size %d %s: %v %s, %d requests", cap, size, d.name, o.report.Verdict, o.report.Reason, o.requests)
						}
						over := float64(o.requests) - 1.5*float64(pages)
						if over > worst {
							worst, ws = over, size
						}
						if over > limit {
							bad["over"]++
							t.Logf("cap %d size %d %s: %d requests for %d pages %+v %+v", cap, size, d.name, o.requests, pages, w.known, o.report.Facts)
						}
					}
				})
				fmt.Println(cap, known, d.name, bad, worst, ws, sum, one)
			}
		}
	}
}
