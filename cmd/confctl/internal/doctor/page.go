package doctor

import "context"

// pageNumbers asks for the first two pages of a size.
var pageNumbers = probe{
	checks: []string{checkPageNumber},
	asks:   say.Sprintf("whether the second page differs from the first"),
	most:   2,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		step := s.step(100)
		if step == 0 {
			return []Finding{{Check: checkPageNumber, Verdict: Unknown, What: say.Sprintf("Too few conferences were seen to find out.")}}, nil
		}
		first, err := s.ask(ctx, 1, step)
		if err != nil {
			return nil, err
		}
		second, err := s.ask(ctx, 2, step)
		if err != nil {
			return nil, err
		}
		f := Finding{
			Check: checkPageNumber, Verdict: OK,
			Evidence: Evidence{"count": step, "first": len(first.rows), "second": len(second.rows), "shared": shared(first.rows, second.rows)},
		}
		s.thin = len(first.rows) < step
		at, known := s.begun(second)
		switch {
		case alike(first.rows, second.rows):
			s.pageless = true
			f.Verdict, f.What = Unusual, say.Sprintf("The page number is ignored: the second page is the first again.")
		case len(second.rows) == 0:
			f.Verdict, f.What = Unknown, say.Sprintf("The second page is empty: the list may have ended there.")
		case s.loose:
			f.What = say.Sprintf("The second page differs from the first.")
		case known && abs(at-len(first.rows)) > s.shift():
			f.Verdict, f.What = Unusual, say.Sprintf("The second page of %d begins with conference %d of the list.", step, at+1)
		default:
			f.What = say.Sprintf("The second page begins where the first ends.")
		}
		return []Finding{f}, nil
	},
}

// beyondEnd asks for a page far beyond the last.
var beyondEnd = probe{
	checks: []string{checkPageBeyond},
	asks:   say.Sprintf("what is sent beyond the last page"),
	most:   1,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		f := Finding{Check: checkPageBeyond, Verdict: OK, What: say.Sprintf("A page beyond the end is empty.")}
		if s.pageless {
			f.Verdict, f.What = Unknown, say.Sprintf("The page number is ignored altogether.")
			return []Finding{f}, nil
		}
		const far = 1000
		page, err := s.ask(ctx, far+s.length()/10+max(0, min(s.first.total, 1_000_000))/10, 20)
		switch {
		case err != nil && refusal(err):
			f.Verdict, f.What, f.Evidence = Unusual, say.Sprintf("A page beyond the end is refused."), how(err)
			return []Finding{f}, nil
		case err != nil:
			return nil, err
		}
		f.Evidence = Evidence{"page": page.page, "came": len(page.rows)}
		switch {
		case len(page.rows) == 0:
		case alike(page.rows, s.first.rows):
			f.Verdict, f.What = Unusual, say.Sprintf("A page beyond the end is the first page again.")
		default:
			s.far = page.offset()
			f.Verdict, f.What = Unusual, say.Sprintf("A page beyond the end repeats the last page.")
		}
		return []Finding{f}, nil
	},
}

// filled counts the pages that were full, and those that were not although others came behind them.
func (s *session) filled() (full, short int) {
	length := s.length()
	for _, r := range s.own() {
		switch {
		case r.count == 0 || r.count > s.size || len(r.rows) == 0 || !s.placed(&r) || s.again(&r):
		case len(r.rows) >= r.count:
			full++
		case r.offset()+r.count+maxShift < length:
			short++
		}
	}
	return full, short
}

// gappy reports whether pages are not filled, such as where what is hidden has a place on them.
func (s *session) gappy() bool {
	_, short := s.filled()
	return s.thin || short > 0
}

func findFilled(s *session) []Finding {
	f := Finding{Check: checkPageFilled, Verdict: OK}
	full, short := s.filled()
	f.Evidence = Evidence{"full": full, "short": short}
	switch {
	case s.loose || s.pageless:
		f.Verdict, f.What = Unknown, say.Sprintf("The page number or the requested page size is ignored.")
	case s.uneven:
		f.Verdict, f.What = Unusual, say.Sprintf("Pages before the last differ in size; the cause may be a limit in bytes.")
	case short > 0 && s.far > 0: // the last page may have come for another number
		f.Verdict, f.What = Unknown, say.Sprintf("Pages are not as requested, so that it cannot be found out.")
	case short > 0:
		f.Verdict, f.What = Unusual, say.Sprintf("Pages before the last that were not full: %d; full: %d.", short, full)
	case full > 2:
		f.What = say.Sprintf("Every page except the last was full.")
	default:
		f.Verdict, f.What = Unknown, say.Sprintf("There were too few pages to find out.")
	}
	return []Finding{f}
}
