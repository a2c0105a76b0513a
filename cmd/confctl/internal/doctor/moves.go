package doctor

import (
	"context"
	"maps"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

const (
	repeatReads = 6
	enoughMoves = 6 // changes, for their direction to say something
)

// repeats reads the same page again and again: what changes between two readings is the list, or the replica that responds.
var repeats = probe{
	checks: []string{checkListMoves, checkListReplicas, checkOrderStable},
	asks:   say.Sprintf("whether the list changes, keeps its order, and ever goes back"),
	most:   repeatReads,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		var reads []*read
		for range repeatReads {
			r, err := s.ask(ctx, 1, s.size)
			if err != nil {
				return nil, err
			}
			reads = append(reads, r)
		}
		if len(reads[0].rows) < 2 {
			short := say.Sprintf("Too few conferences were seen to find out.")
			return []Finding{
				{Check: checkListMoves, Verdict: Unknown, What: short},
				{Check: checkListReplicas, Verdict: Unknown, What: short},
				{Check: checkOrderStable, Verdict: Unknown, What: short},
			}, nil
		}
		var changes []change
		var sum sums
		for range 2 { // whether a page has the whole list depends on whether it is shuffled
			changes, sum = nil, sums{}
			for i := range len(reads) - 1 {
				c := compare(reads[i], reads[i+1], s.whole(reads[i]) && s.whole(reads[i+1]))
				changes = append(changes, c)
				sum.add(c)
			}
			s.shuffled = sum.shuffled()
		}
		s.big, s.unstable = reads[len(reads)-1], sum.moved > 0
		findings := []Finding{movement(reads, sum), stableOrder(sum), replicas(reads, changes)}
		if s.shuffled && !s.whole(s.big) {
			findings[0] = Finding{Check: checkListMoves, Verdict: Unknown, What: say.Sprintf("The order changes too much to find out.")}
			findings[2] = Finding{Check: checkListReplicas, Verdict: Unknown, What: say.Sprintf("The order changes too much to find out.")}
			return findings, nil
		}
		s.changes = float64((sum.left+sum.entered)*s.length()) / float64((len(reads)-1)*len(s.big.rows))
		return findings, nil
	},
}

// whole reports whether a page had room for more of the list than came. Where the order changes, what seems to be all may be all
// that a page can have.
func (s *session) whole(r *read) bool {
	return r.page <= 1 && len(r.rows) < min(r.count, s.size) && !s.loose && !s.uneven && (!s.gappy() || r.count == fullCount && s.size == fullCount) &&
		(!s.shuffled || !s.gappy() && (len(r.rows)%10 != 0 || len(r.rows) < 20))
}

// sums are those of all changes.
type sums struct{ left, entered, common, moved, loose int }

func (s *sums) add(c change) {
	s.left += len(c.left)
	s.entered += len(c.entered)
	s.common += c.common
	s.moved += c.moved
	s.loose += c.loose
}

// shuffled reports whether so much moved that comparing readings means nothing.
func (s *sums) shuffled() bool { return 4*(s.moved-s.loose) > s.common }

var (
	still     = locale.Mark("Nothing changed in %d readings of %d conferences, in %.1f s.")
	stillThen = locale.Mark("Nothing changed in %d readings of %d conferences, in %.1f s; in other readings the list or its total did.")
)

func movement(reads []*read, sum sums) Finding {
	took := reads[len(reads)-1].came.Sub(reads[0].came)
	rows := len(reads[0].rows)
	f := Finding{Check: checkListMoves, Verdict: OK, Evidence: Evidence{
		"readings": len(reads), "conferences": rows, "left": sum.left, "entered": sum.entered, "milliseconds": took.Milliseconds(),
	}}
	switch between := (sum.left + sum.entered) / (len(reads) - 1); {
	case sum.left+sum.entered == 0:
		f.What = say.Sprintf(still, len(reads), rows, took.Seconds())
	case between > rows/4:
		f.Verdict, f.What = Unusual, say.Sprintf("The list changes fast: %d changes of %d conferences between two readings.", between, rows)
	default:
		f.What = say.Sprintf("Conferences that left: %d, that entered: %d, in %d readings of %d conferences and %.1f s.", sum.left, sum.entered, len(reads), rows, took.Seconds())
	}
	return f
}

func stableOrder(sum sums) Finding {
	f := Finding{Check: checkOrderStable, Verdict: OK, Evidence: Evidence{"compared": sum.common, "moved": sum.moved, "amongTies": sum.loose}}
	switch {
	case sum.moved == 0:
		f.What = say.Sprintf("The order of conferences was the same in all readings.")
	case sum.loose == sum.moved:
		f.Verdict, f.What = Unusual, say.Sprintf("The order of conferences with the same start differs between readings.")
		f.Matters = say.Sprintf("If the order of conferences with the same start is not stable, they must fit on one page.")
	case sum.shuffled():
		f.Verdict, f.What = Unusual, say.Sprintf("The order differs in every reading.")
	default:
		f.Verdict, f.What = Unusual, say.Sprintf("Some conferences changed their place relative to others: %d of %d.", sum.moved, sum.common)
	}
	return f
}

// replicas looks for conferences that were listed, then not, then again. One of them may have come back by itself; several
// are a state that had been before.
func replicas(reads []*read, changes []change) Finding {
	f := Finding{Check: checkListReplicas, Verdict: Unknown}
	seen, back, moves := map[confopenapi.Identity]bool{}, map[confopenapi.Identity]bool{}, 0
	for i, c := range changes {
		for _, r := range reads[i].rows {
			seen[r.id] = true
		}
		for _, id := range c.entered {
			back[id] = back[id] || seen[id]
		}
		moves += len(c.left) + len(c.entered)
	}
	maps.DeleteFunc(back, func(_ confopenapi.Identity, again bool) bool { return !again })
	f.Evidence = Evidence{"changes": moves, "cameBack": len(back)}
	switch {
	case len(back) >= 2:
		f.Verdict, f.What = Unusual, say.Sprintf("%d conferences were listed, then not, then again: a replica lags behind.", len(back))
	case len(back) == 1:
		f.What = say.Sprintf("One conference was listed, then not, then again: it was resumed, or a replica lags.")
	case moves < enoughMoves:
		f.What = say.Sprintf("The list changed too little to find out whether a replica lags.")
	default: // there is no proof that no replica lags
		f.What = say.Sprintf("The list never went back in %d readings; a replica that responds rarely would not be noticed.", len(reads))
	}
	return f
}
