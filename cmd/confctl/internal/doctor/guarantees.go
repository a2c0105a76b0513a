package doctor

import "github.com/confopenapi/confopenapi-go"

// findGuarantees says which guarantees of the SDK hold, by what a listing proved, and else by what the checks found.
func findGuarantees(s *session) []Finding {
	return []Finding{s.pagesGuarantee(), s.allGuarantee(), s.completeGuarantee(), s.watchGuarantee()}
}

func (s *session) found(check string) Verdict {
	return (&Report{Findings: s.findings}).Find(check).Verdict
}

func (s *session) pagesGuarantee() Finding {
	f := Finding{Check: checkPages, Verdict: OK, What: say.Sprintf("Pages yields every page of the service, and then ends.")}
	switch s.found(checkPageNumber) {
	case Unusual:
		f.Verdict, f.What = Unusual, say.Sprintf("Pages cannot continue after the first page.")
	case Unknown, Failed:
		f.Verdict, f.What = Unknown, say.Sprintf("It is unknown whether Pages continues after the first page.")
	case OK:
	}
	return f
}

// obstacle is why no listing can prove anything here, whatever one run showed; its Format is "" if there is none.
func (s *session) obstacle() Sentence {
	switch {
	case s.found(checkPageNumber) == Unusual:
		return say.Sprintf("page does not work.")
	case s.found(checkCountHonoured) == Unusual:
		return say.Sprintf("count is ignored.")
	case s.found(checkCountOdd) == Unusual:
		return say.Sprintf("uneven counts do not work, so that pages cannot overlap.")
	}
	return Sentence{}
}

// refuted is why the condition of a conditional listing does not hold, as the checks know and one listing cannot; its
// Format is "" if nothing speaks against it.
func (s *session) refuted() Sentence {
	byKey := s.listing.Reason == confopenapi.ReasonAssumesKey // then a page can witness an end
	switch {
	case s.listing.Verdict != confopenapi.VerdictConditional:
	case byKey && s.found(checkOrderKey) == Unusual:
		return say.Sprintf("the list is not sorted as its pages suggest.")
	case !byKey && s.found(checkOrderStable) == Unusual:
		return say.Sprintf("the service does not keep the order of its list.")
	}
	return Sentence{}
}

func (s *session) allGuarantee() Finding {
	f := Finding{Check: checkAll, Verdict: OK, Evidence: s.listingEvidence()}
	why := s.obstacle()
	switch {
	case s.listing == nil && why.Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("All and Snapshot prove nothing: %s", why)
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict == confopenapi.VerdictIncomplete && why.Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("All and Snapshot prove nothing: %s", why)
	case s.listing.Verdict == confopenapi.VerdictIncomplete:
		f.Verdict, f.What = Unusual, say.Sprintf("All and Snapshot prove nothing: %s", s.because())
	case s.refuted().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("All and Snapshot would miss nothing on one condition, which does not hold here: %s", s.refuted())
	case why.Format != "":
		f.What = say.Sprintf("This listing missed nothing, because the list is short; for a longer list nothing could be proven: %s", why)
	case s.listing.Verdict == confopenapi.VerdictConditional:
		f.What = say.Sprintf("All and Snapshot miss nothing, on one condition: %s", s.because())
	default:
		f.What = say.Sprintf("All and Snapshot miss nothing.")
	}
	return f
}

func (s *session) completeGuarantee() Finding {
	f := Finding{Check: checkComplete, Verdict: OK}
	unsorted := s.found(checkOrderKey) == Unusual || s.found(checkOrderStable) == Unusual
	switch {
	case s.listing == nil && (s.obstacle().Format != "" || unsorted && s.length() > s.size):
		f.Verdict, f.What = Unusual, say.Sprintf("No listing of several pages can be complete.")
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict < confopenapi.VerdictComplete:
		f.Verdict, f.What = Unusual, say.Sprintf("A listing was not complete: %s", s.because())
	case unsorted:
		f.What = say.Sprintf("The listing was complete; a list with more pages would be conditional.")
	default:
		f.What = say.Sprintf("The listing was complete.")
	}
	return f
}

func (s *session) watchGuarantee() Finding {
	f := Finding{Check: checkWatch, Verdict: OK, What: say.Sprintf("Watch proves the ends that it reports.")}
	switch {
	case s.listing == nil && s.obstacle().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("Watch reports no ends, because no listing proves anything.")
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict == confopenapi.VerdictIncomplete:
		f.Verdict, f.What = Unusual, say.Sprintf("Watch reports no ends, because no listing proves anything.")
	case s.refuted().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("Watch may report ends that did not happen: %s", s.refuted())
	case s.listing.Verdict == confopenapi.VerdictConditional && s.listing.Reason != confopenapi.ReasonAssumesKey:
		f.Verdict, f.What = Unusual, say.Sprintf("Watch reports an end without proof, after two listings without the conference.")
	}
	return f
}

func (s *session) untried() Sentence {
	switch {
	case s.dead != nil:
		return notAsked
	case s.cut:
		return say.Sprintf("A listing of everything was started, but takes more requests than were left.")
	}
	return say.Sprintf("Not tried: a whole listing takes about %d requests, with the other checks %d.", s.listingTakes(), s.tap.sent+s.listingTakes())
}

// because is why the listing was no better.
func (s *session) because() string {
	if s.reason == nil {
		return string(s.listing.Reason)
	}
	return s.reason(s.listing.Reason)
}

func (s *session) listingEvidence() Evidence {
	if s.listing == nil {
		return nil
	}
	return Evidence{
		"verdict": s.listing.Verdict.String(), "conferences": s.listing.Received, "total": s.listing.TotalCount,
		"requests": s.listing.Calls, "repairs": s.listing.Stats.Repairs, "drift": s.listing.Stats.Drift,
	}
}
