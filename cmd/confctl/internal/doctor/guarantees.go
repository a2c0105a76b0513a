package doctor

import (
	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// findGuarantees says which guarantees of the SDK hold, by what a listing proved, and else by what the checks found.
func findGuarantees(s *session) []Finding {
	return []Finding{s.pagesGuarantee(), s.allGuarantee(), s.completeGuarantee(), s.watchGuarantee()}
}

func (s *session) found(check string) Verdict {
	return (&Report{Findings: s.findings}).Find(check).Verdict
}

func (s *session) pagesGuarantee() Finding {
	f := Finding{Check: checkPages, Verdict: OK, What: say.Sprintf("The pages can be read one after the other.")}
	switch s.found(checkPageNumber) {
	case Unusual:
		f.Verdict, f.What = Unusual, say.Sprintf("Nothing can be read after the first page.")
	case Unknown, Failed:
		f.Verdict, f.What = Unknown, say.Sprintf("It is unknown whether pages after the first can be read.")
	case OK:
	}
	return f
}

// obstacle is why no listing can prove anything here, whatever one run showed; its Format is "" if there is none.
func (s *session) obstacle() Sentence {
	switch {
	case s.found(checkPageNumber) == Unusual:
		return say.Sprintf("pages after the first are not sent as requested.")
	case s.found(checkCountHonoured) == Unusual:
		return say.Sprintf("the requested page size is ignored.")
	case s.found(checkCountOdd) == Unusual:
		return say.Sprintf("uneven page sizes do not work, so that pages cannot overlap.")
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
		f.Verdict, f.What = Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven: %s", why)
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict == confopenapi.VerdictIncomplete && why.Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven: %s", why)
	case s.listing.Verdict == confopenapi.VerdictIncomplete:
		f.Verdict, f.What = Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven: %s", s.because())
	case s.refuted().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("A whole listing would miss nothing on one condition, which does not hold here: %s", s.refuted())
	case why.Format != "":
		f.What = say.Sprintf("This listing missed nothing, because the list is short; for a longer list nothing could be proven: %s", why)
	case s.listing.Verdict == confopenapi.VerdictConditional:
		f.What = say.Sprintf("A whole listing misses nothing, on one condition: %s", s.because())
	case s.limited():
		f.Verdict, f.What = Unusual, say.Sprintf("A whole listing misses the conferences that the service never lists: totals, which count them, are ignored.")
	case s.uncounted():
		f.What = say.Sprintf("A whole listing misses nothing that the service lists. Totals were no evidence: what it never lists would not be noticed.")
	default:
		f.What = say.Sprintf("A whole listing misses nothing.")
	}
	return f
}

func (s *session) completeGuarantee() Finding {
	f := Finding{Check: checkComplete, Verdict: OK}
	unsorted := s.found(checkOrderKey) == Unusual || s.found(checkOrderStable) == Unusual
	switch {
	case s.listing == nil && (s.obstacle().Format != "" || unsorted && s.length() > s.size):
		f.Verdict, f.What = Unusual, say.Sprintf("--require complete fails if the list has several pages.")
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict == confopenapi.VerdictConditional:
		f.Verdict, f.What = Unusual, say.Sprintf("--require complete fails, because a whole listing has a condition: %s", s.because())
	case s.listing.Verdict < confopenapi.VerdictComplete:
		f.Verdict, f.What = Unusual, say.Sprintf("--require complete fails, because no listing proves anything: %s", s.because())
	case s.limited():
		f.Verdict, f.What = Unusual, say.Sprintf("--require complete succeeds, although the service never lists some conferences: totals, which count them, are ignored.")
	case unsorted:
		f.What = say.Sprintf("--require complete succeeds; for a list with more pages it would fail.")
	default:
		f.What = say.Sprintf("--require complete succeeds.")
	}
	return f
}

func (s *session) watchGuarantee() Finding {
	f := Finding{Check: checkWatch, Verdict: OK, What: say.Sprintf("The ends that watch and web report are proven.")}
	switch {
	case s.listing == nil && s.obstacle().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("watch and web report no ends, because no listing proves that a conference has ended.")
	case s.listing == nil:
		f.Verdict, f.What = Unknown, s.untried()
	case s.listing.Verdict == confopenapi.VerdictIncomplete:
		f.Verdict, f.What = Unusual, say.Sprintf("watch and web report no ends, because no listing proves that a conference has ended.")
	case s.refuted().Format != "":
		f.Verdict, f.What = Unusual, say.Sprintf("watch and web may report ends that did not happen: %s", s.refuted())
	case s.listing.Verdict == confopenapi.VerdictConditional && s.listing.Reason != confopenapi.ReasonAssumesKey:
		f.Verdict, f.What = Unusual, say.Sprintf("watch and web report an end after two polls without the conference, without proof.")
	case s.limited():
		f.Verdict, f.What = Unusual, say.Sprintf("watch and web may report ends that did not happen: %s", say.Sprintf("a conference that the service no longer lists seems to have ended."))
	case s.uncounted():
		f.What = say.Sprintf("The ends that watch and web report are proven, as far as the service lists every conference that is live: totals were no evidence.")
	}
	return f
}

// limited reports whether the service never lists some conferences, as the checks found.
func (s *session) limited() bool { return s.found(checkListDepth) == Unusual }

// advice is what to do next. A failure alone is no reason for it.
func (s *session) advice() []Step {
	steps := s.use()
	if s.dead == nil && s.tap.failed > 1 {
		steps = append([]Step{{say.Sprintf("The service failed %d of %d requests. Tell whoever runs it, and then try again:", s.tap.failed, s.tap.sent), "confctl doctor"}}, steps...)
	}
	return steps
}

// use is how to use the service as it is.
func (s *session) use() []Step {
	incomplete := s.listing != nil && s.listing.Verdict == confopenapi.VerdictIncomplete
	byTotal := incomplete && s.listing.Reason == confopenapi.ReasonTotal
	switch {
	case s.dead != nil || s.length() == 0:
		return nil
	case s.listing == nil && (s.cut || s.obstacle().Format == ""):
		more := max(2*s.tap.limit, s.tap.sent+2*s.listingTakes()) // a list that moves takes more
		return []Step{{say.Sprintf("Let it try a whole listing:"), "confctl doctor --max-requests " + plainNumber((more+99)/100*100)}}
	case s.listing == nil:
		return []Step{withoutProof}
	case s.limited():
		command := "confctl list --all --admin ID"
		if s.listing.TotalsIgnored {
			command += " --ignore-totals=false"
		}
		return []Step{{say.Sprintf("The service counts %d conferences, and lists only %d: it never lists the others. A shorter list may be complete, such as that of one administrator, whose user id whoever runs the service knows:", s.listing.TotalCount, s.listing.Received), command}, withoutProof}
	case s.unheeded() && !incomplete && s.refuted().Format == "":
		return []Step{{say.Sprintf("Ask whoever runs the service which is right: the total, or what it lists. --ignore-totals is on, as it should be if the total is wrong. Then use it as it is:"), "confctl list --all --ignore-totals"}}
	case !s.listing.TotalsIgnored && (byTotal || s.overcounted()):
		return []Step{
			{say.Sprintf("Ask whoever runs the service which is right: the total, or what it lists. If the total is wrong, use --ignore-totals, also with export, snapshot, watch and web; confctl login --ignore-totals saves that with the address of the service:"), "confctl list --all --ignore-totals"},
			withoutProof,
		}
	case incomplete && s.obstacle().Format == "" && s.restless():
		return []Step{{say.Sprintf("Try again when the list changes less:"), "confctl doctor"}, withoutProof}
	case incomplete, s.refuted().Format != "":
		return []Step{withoutProof}
	case s.obstacle().Format != "":
		return []Step{{say.Sprintf("Use it as it is:"), "confctl list --all"}, {say.Sprintf("If the list is longer, and listings end with exit code 3:"), withoutProof.Command}}
	case s.listing.Verdict == confopenapi.VerdictConditional:
		return []Step{{say.Sprintf("Use it as it is, without --require complete:"), "confctl list --all"}}
	}
	return []Step{{say.Sprintf("Use it as it is:"), "confctl list --all"}}
}

// withoutProof is what is left where no listing proves anything.
var withoutProof = Step{say.Sprintf("For a file that may lack conferences:"), "confctl export -o list.csv --require incomplete"}

// unheeded reports whether the totals count more than was listed, and are ignored.
func (s *session) unheeded() bool {
	return s.listing.TotalsIgnored && s.listing.TotalCount > s.listing.Received+s.margin()
}

// uncounted reports whether no total is evidence of what the service never lists.
func (s *session) uncounted() bool { return s.unheeded() || s.found(checkTotal) == Unusual }

// restless reports whether a listing failed for how the list changed meanwhile, so that another can succeed.
func (s *session) restless() bool {
	switch s.listing.Reason {
	case confopenapi.ReasonEffort, confopenapi.ReasonGap, confopenapi.ReasonContradiction:
		return true
	}
	return false
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
	reason := program.ReasonOf(*s.listing)
	if s.reason == nil {
		return string(reason)
	}
	return s.reason(reason)
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
