package doctor

import (
	"context"
	"strconv"
)

const (
	fullCount   = 500 // the SDK's default
	searchSteps = 7   // 100, and then halves of what is between it and 500 down to ten
)

// plainNumber is a number that is a name: without the marks that a language puts between thousands.
func plainNumber(n int) string { return strconv.Itoa(n) }

// findDefault looks at the first page, whose request named no count, once it is known how long the list is.
func findDefault(s *session) []Finding {
	n := len(s.first.rows)
	f := Finding{Check: checkCountDefault, Verdict: OK, Evidence: Evidence{"documented": 20, "seen": n}}
	if n > 20 {
		f.Matters = say.Sprintf("Nothing for confctl, which always requests a page size.")
	}
	switch {
	case n == 20:
		f.What = say.Sprintf("A page has 20 conferences by default, as documented.")
	case n > 20 || s.length() > n+maxShift && !s.thin && !s.pageless:
		f.Verdict, f.What = Unusual, say.Sprintf("A page has %d conferences by default, not 20 as documented.", n)
	default:
		f.Verdict, f.What = Unknown, say.Sprintf("The first page has %d conferences: this may be the whole list.", n)
	}
	return []Finding{f}
}

// fewCount asks for a page of ten, of which few can be against.
var fewCount = probe{
	checks: []string{checkCountHonoured},
	asks:   say.Sprintf("whether pages have the requested size"),
	most:   1,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		f := Finding{Check: checkCountHonoured, Verdict: OK, What: say.Sprintf("A page of 10 has 10 conferences.")}
		if s.length() <= 10 {
			f.Verdict, f.What = Unknown, say.Sprintf("Too few conferences were seen to find out.")
			return []Finding{f}, nil
		}
		page, err := s.ask(ctx, 1, 10)
		if err != nil {
			return nil, err
		}
		f.Evidence = Evidence{"asked": 10, "came": len(page.rows)}
		switch {
		case len(page.rows) > 10:
			s.loose = true
			f.Verdict, f.What = Unusual, say.Sprintf("The requested page size is ignored: a page of 10 has %d conferences.", len(page.rows))
		case len(page.rows) < 10:
			f.Verdict, f.What = Unknown, thinned(10, len(page.rows))
		}
		return []Finding{f}, nil
	},
}

func thinned(asked, came int) Sentence {
	return say.Sprintf("A page of %d has %d conferences; the cause may be a filter or a limit.", asked, came)
}

// largestCount finds how many conferences a page can have.
var largestCount = probe{
	checks: []string{checkCountMax},
	asks:   say.Sprintf("how large a page can be"),
	most:   1 + searchSteps,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		s.size, s.big = max(20, len(s.first.rows)), s.first
		if s.loose {
			return []Finding{{Check: checkCountMax, Verdict: Unknown, What: say.Sprintf("The requested page size is ignored altogether.")}}, nil
		}
		page, err := s.ask(ctx, 1, fullCount)
		if err != nil && refusal(err) {
			return s.searchCount(ctx, how(err))
		}
		if err != nil {
			return nil, err
		}
		s.big = page
		n := len(page.rows)
		f := Finding{Check: checkCountMax, Verdict: OK, Evidence: Evidence{"asked": fullCount, "came": n}}
		switch {
		case n == fullCount:
			s.size = n
			f.What = say.Sprintf("A page of %d is sent in full.", n)
			return []Finding{f}, nil
		case n > fullCount:
			f.Verdict, f.What = Unusual, say.Sprintf("A requested page of %d has %d conferences.", fullCount, n)
			return []Finding{f}, nil
		case n == 0:
			f.Verdict, f.What = Unknown, say.Sprintf("The list is empty.")
			return []Finding{f}, nil
		}
		// Behind a silent cap come more: of a service that shortens its steps too, right behind this page; of one that does
		// not, at least behind so many.
		next, err := s.ask(ctx, 2, n+10)
		if err != nil && !refusal(err) {
			return nil, err
		}
		s.size = n
		if err == nil && !within(next.rows, page.rows) {
			f.Verdict, f.What = Unusual, say.Sprintf("A page has at most %d conferences, whatever size is requested; the service does not report this.", n)
			f.Evidence["next"] = len(next.rows)
			s.atLeast = n + len(next.rows) - shared(next.rows, page.rows)
			if len(next.rows) > n {
				s.uneven = true
				f.What = say.Sprintf("A page has about %d conferences, whatever size is requested, and the next one %d.", n, len(next.rows))
			}
			return []Finding{f}, nil
		}
		s.size = fullCount
		f.Verdict, f.What = Unknown, say.Sprintf("The list is too short to find out: one page of %d holds all %d.", fullCount, n)
		return []Finding{f}, nil
	},
}

// searchCount finds the largest count that is not refused, to the ten.
func (s *session) searchCount(ctx context.Context, refused Evidence) ([]Finding, error) {
	accepted, tooLarge := s.size/10, fullCount/10
	for next := 10; tooLarge-accepted > 1; next = (accepted + tooLarge) / 2 {
		page, err := s.ask(ctx, 1, 10*next)
		switch {
		case err == nil:
			accepted, s.big = next, page
		case refusal(err):
			tooLarge = next
		default:
			return nil, err
		}
	}
	s.size, s.refuses = 10*accepted, true
	refused["accepted"], refused["refused"] = 10*accepted, 10*tooLarge
	return []Finding{{
		Check: checkCountMax, Verdict: Unusual, Evidence: refused,
		What: say.Sprintf("A page size of %d is accepted, and one of %d is refused.", 10*accepted, 10*tooLarge),
	}}, nil
}

// oddCounts asks for pages of sizes that a listing would use, and whether the second of 13 begins where it should.
var oddCounts = probe{
	checks: []string{checkCountOdd},
	asks:   say.Sprintf("whether uneven page sizes work, and their pages begin at the right place"),
	most:   2,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		f := Finding{Check: checkCountOdd, Verdict: Unknown}
		switch {
		case s.loose:
			f.What = say.Sprintf("The requested page size is ignored altogether.")
			return []Finding{f}, nil
		case s.length() < 26:
			f.What = say.Sprintf("Too few conferences were seen to find out.")
			return []Finding{f}, nil
		}
		seven, err := s.ask(ctx, 1, 7)
		if err != nil {
			return nil, err
		}
		thirteen, err := s.ask(ctx, 2, 13)
		if err != nil {
			return nil, err
		}
		f.Evidence = Evidence{"asked7": len(seven.rows), "asked13": len(thirteen.rows)}
		at, known := s.begun(thirteen)
		switch {
		case len(seven.rows) > 7 || len(thirteen.rows) > 13:
			s.rounding = true
			f.Verdict = Unusual
			f.What = say.Sprintf("Uneven page sizes do not work: pages of 7 and 13 have %d and %d conferences.", len(seven.rows), len(thirteen.rows))
		case len(seven.rows) < 7:
			f.What = thinned(7, len(seven.rows))
		case !known || s.thin:
			f.Verdict, f.What = OK, say.Sprintf("Uneven page sizes work as far as the sizes show; where the second page begins is unknown.")
		case abs(at-13) > s.shift():
			f.Verdict, f.What = Unusual, say.Sprintf("The second page of %d begins with conference %d of the list.", 13, at+1)
		default:
			f.Verdict, f.What = OK, say.Sprintf("Uneven page sizes work: pages of 7 and 13 have these sizes, and begin at the right place.")
		}
		return []Finding{f}, nil
	},
}

// begun is the index in the list at which a page begins; false if that is unknown.
func (s *session) begun(page *read) (int, bool) {
	if s.shuffled || s.pageless {
		return 0, false
	}
	return begins(s.big.rows, page.rows)
}

// shift is how far the list may have moved since a whole page of it was read.
func (s *session) shift() int { return maxShift + s.mayHaveMoved(4) }

// maxShift is how far a list may have moved between two requests without being taken for one that is cut elsewhere.
const maxShift = 5
