package doctor

import (
	"context"
	"strconv"
)

const (
	fullCount   = 500 // what the SDK asks for unless told otherwise
	searchSteps = 9   // halve 500 down to one
)

// plainNumber is a number that is a name: without the marks that a language puts between thousands.
func plainNumber(n int) string { return strconv.Itoa(n) }

// largestCount finds how many conferences a page can have.
var largestCount = probe{
	checks: []string{checkCountMax},
	asks:   say.Sprintf("how large a page may be"),
	most:   2 + searchSteps,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		s.size, s.big = max(20, len(s.first.rows)), s.first
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
			f.What = say.Sprintf("A page of %d is given in full.", n)
			return []Finding{f}, nil
		case n > fullCount:
			f.Verdict, f.What = Odd, say.Sprintf("A page of %d asked for has %d conferences.", fullCount, n)
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
		s.size = min(fullCount, max(20, n))
		if err == nil && len(next.rows) > 0 && 2*shared(next.rows, page.rows) < len(next.rows) {
			f.Verdict, f.What = Odd, say.Sprintf("A page has at most %d conferences, whatever count asks for, and the service does not say so.", n)
			f.Evidence["next"] = len(next.rows)
			return []Finding{f}, nil
		}
		s.size = fullCount
		f.Verdict, f.What = Unknown, say.Sprintf("The list is too short to tell: one page of %d holds all of its %d.", fullCount, n)
		return []Finding{f}, nil
	},
}

// searchCount finds the largest count that is not refused.
func (s *session) searchCount(ctx context.Context, refused Evidence) ([]Finding, error) {
	accepted, tooLarge := s.size, fullCount
	for next := 100; tooLarge-accepted > 1; next = (accepted + tooLarge) / 2 {
		page, err := s.ask(ctx, 1, next)
		switch {
		case err == nil:
			accepted, s.big = next, page
		case refusal(err):
			tooLarge = next
		default:
			return nil, err
		}
	}
	s.size = accepted
	refused["largest"] = accepted
	return []Finding{{
		Check: checkCountMax, Verdict: Odd, Evidence: refused,
		What: say.Sprintf("A count of more than %d is refused.", accepted),
	}}, nil
}

// counts asks for pages of few: first of ten, then of odd sizes, and whether a page of 13 begins where it should.
var counts = probe{
	checks: []string{checkCountHonoured, checkCountOdd},
	asks:   say.Sprintf("whether pages have the size that is asked for, odd ones too"),
	most:   3,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		if s.length() < 14 {
			few := say.Sprintf("The list is too short to tell.")
			return []Finding{{Check: checkCountHonoured, Verdict: Unknown, What: few}, {Check: checkCountOdd, Verdict: Unknown, What: few}}, nil
		}
		ten, err := s.ask(ctx, 1, 10)
		if err != nil {
			return nil, err
		}
		plain := Finding{
			Check: checkCountHonoured, Verdict: OK, Evidence: Evidence{"asked": 10, "came": len(ten.rows)},
			What: say.Sprintf("A page of 10 has 10 conferences."),
		}
		if len(ten.rows) > 10 {
			s.loose = true
			plain.Verdict, plain.What = Odd, say.Sprintf("Count is ignored: a page of 10 has %d conferences.", len(ten.rows))
			return []Finding{plain, {Check: checkCountOdd, Verdict: Unknown, What: say.Sprintf("Count is ignored altogether.")}}, nil
		}
		if len(ten.rows) < 10 {
			plain.Verdict, plain.What = Unknown, say.Sprintf("A page of 10 has %d conferences; a filter or a limit may have thinned it out.", len(ten.rows))
		}
		odd, err := s.oddCounts(ctx)
		return []Finding{plain, odd}, err
	},
}

func (s *session) oddCounts(ctx context.Context) (Finding, error) {
	f := Finding{Check: checkCountOdd}
	seven, err := s.ask(ctx, 1, 7)
	if err != nil {
		return f, err
	}
	thirteen, err := s.ask(ctx, 2, 13)
	if err != nil {
		return f, err
	}
	f.Evidence = Evidence{"asked7": len(seven.rows), "asked13": len(thirteen.rows)}
	at, known := begins(s.big.rows, thirteen.rows)
	switch {
	case len(seven.rows) > 7 || len(thirteen.rows) > 13:
		f.Verdict, f.What = Odd, say.Sprintf("Odd counts are not honoured: pages of 7 and 13 have %d and %d conferences.", len(seven.rows), len(thirteen.rows))
		return f, nil
	case len(seven.rows) < 7:
		f.Verdict, f.What = Unknown, say.Sprintf("A page of 7 has %d conferences; a filter or a limit may have thinned it out.", len(seven.rows))
	case !known || len(thirteen.rows) < 13:
		f.Verdict, f.What = OK, say.Sprintf("Pages of 7 have 7 conferences; where the second page of 13 begins cannot be told.")
	case at < 13-maxShift || at > 13+maxShift:
		f.Verdict, f.What = Odd, say.Sprintf("The second page of 13 begins with conference %d of the list, not with the 14th.", at+1)
		f.Evidence["begins"] = at
	default:
		f.Verdict, f.What = OK, say.Sprintf("Odd counts are honoured: pages of 7 and 13 have that many, and begin where they should.")
		f.Evidence["begins"] = at
	}
	return f, nil
}

// maxShift is how far a list may have moved between two requests without being taken for one that is cut elsewhere.
const maxShift = 5
