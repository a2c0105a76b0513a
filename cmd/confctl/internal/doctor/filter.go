package doctor

import "context"

// filter asks for the same page with conferences of one attendee shown, hidden, and left to the service.
var filter = probe{
	checks: filterChecks,
	asks:   say.Sprintf("what filterOneAttendee does (--hide-single), and what its absence means"),
	most:   4,
	run: func(ctx context.Context, s *session) ([]Finding, error) {
		step := s.step(100)
		if step == 0 {
			return sameOfFilter(say.Sprintf("Too few conferences were seen to find out.")), nil
		}
		shown, err := s.askFiltered(ctx, 1, step, new(false))
		if err != nil {
			return nil, err
		}
		hidden, err := s.askFiltered(ctx, 1, step, new(true))
		if err != nil {
			return nil, err
		}
		absent, err := s.askFiltered(ctx, 1, step, nil)
		if err != nil {
			return nil, err
		}
		if singles(shown.rows)+singles(hidden.rows) == 0 {
			return sameOfFilter(say.Sprintf("No conference with one attendee was seen.")), nil
		}
		findings := []Finding{filterSingle(hidden), filterDefault(shown, absent), totalFilter(shown, hidden)}
		paging, err := s.filterPaging(ctx, step, shown, hidden)
		if err != nil {
			return findings, err
		}
		return append(findings, paging), nil
	},
}

func sameOfFilter(why Sentence) []Finding {
	var findings []Finding
	for _, check := range filterChecks {
		findings = append(findings, Finding{Check: check, Verdict: Unknown, What: why})
	}
	return findings
}

var filterChecks = []string{checkFilterSingle, checkFilterPaging, checkFilterDefault, checkTotalFilter}

func singles(rows []row) int {
	n := 0
	for _, r := range rows {
		if r.single {
			n++
		}
	}
	return n
}

func filterSingle(hidden *read) Finding {
	f := Finding{
		Check: checkFilterSingle, Verdict: OK, What: say.Sprintf("Conferences with one attendee are hidden on request."),
		Evidence: Evidence{"asked": hidden.count, "came": len(hidden.rows), "withOneAttendee": singles(hidden.rows)},
	}
	if singles(hidden.rows) > 0 {
		f.Verdict, f.What = Unusual, say.Sprintf("Conferences with one attendee that were listed in spite of the filter: %d.", singles(hidden.rows))
	}
	return f
}

func filterDefault(shown, absent *read) Finding {
	f := Finding{
		Check: checkFilterDefault, Verdict: OK, What: say.Sprintf("Without filterOneAttendee, conferences with one attendee are listed."),
		Evidence: Evidence{"shown": singles(shown.rows), "absent": singles(absent.rows)},
	}
	if singles(absent.rows) == 0 {
		f.What = say.Sprintf("Without filterOneAttendee, conferences with one attendee are hidden.")
		if singles(shown.rows) < 3 {
			f.Verdict, f.What = Unknown, say.Sprintf("There were too few conferences with one attendee to find out.")
		}
	}
	return f
}

// filterPaging finds out whether a page is filled up for what is hidden.
func (s *session) filterPaging(ctx context.Context, step int, shown, hidden *read) (Finding, error) {
	n, few := len(hidden.rows), singles(shown.rows)
	f := Finding{Check: checkFilterPaging, Evidence: Evidence{"asked": step, "came": n, "hidden": few}}
	switch {
	case singles(hidden.rows) > 0 || few < 2 || s.loose || s.pageless:
		f.Verdict, f.What = Unknown, say.Sprintf("Too few are hidden to find out whether pages are filled up.")
		return f, nil
	case n >= step:
		s.hides = true
		f.Verdict, f.What = OK, say.Sprintf("Conferences are hidden before paging: pages are full.")
		return f, nil
	case len(shown.rows) < step, abs(n-(step-few)) > max(2, few/3):
		f.Verdict, f.What = Unknown, thinned(step, n)
		return f, nil
	}
	next, err := s.askFiltered(ctx, 2, step, new(true))
	if err != nil {
		return f, err
	}
	f.Evidence["next"] = len(next.rows)
	f.Verdict, f.What = Unusual, say.Sprintf("Conferences are hidden after paging: a page of %d has %d, and it is not the last.", step, n)
	if len(next.rows) == 0 {
		f.Verdict, f.What = Unknown, say.Sprintf("Too few conferences were seen to find out.")
	}
	return f, nil
}

// totalFilter finds out whether the total counts what is hidden, by how much smaller it should be.
func totalFilter(shown, hidden *read) Finding {
	f := Finding{Check: checkTotalFilter, Evidence: Evidence{"shown": shown.total, "hidden": hidden.total}}
	expected := shown.total * singles(shown.rows) / max(1, len(shown.rows))
	switch less := shown.total - hidden.total; {
	case expected < 8 || shown.total <= len(shown.rows):
		f.Verdict, f.What = Unknown, say.Sprintf("Too few are hidden to find out whether the total counts them.")
	case less <= expected/4:
		f.Verdict, f.What = Unusual, say.Sprintf("The total counts hidden conferences: %d, and %d without the filter.", hidden.total, shown.total)
	case less >= expected/2:
		f.Verdict, f.What = OK, say.Sprintf("The total does not count hidden conferences.")
	default:
		f.Verdict, f.What = Unknown, say.Sprintf("The list changed too much to find out whether the total counts hidden conferences.")
	}
	return f
}
