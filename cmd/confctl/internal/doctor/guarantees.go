package doctor

import (
	"slices"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

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

// byChance is why only some listings prove anything here.
var byChance = say.Sprintf("the total varies, and a listing is incomplete if it is too large by chance.")

// unproven is why a listing proves nothing here, as a Sentence or a string, and whether another may prove something; nil if it does.
func (s *session) unproven() (why any, sometimes bool) {
	incomplete, heeded := s.listing.Verdict == confopenapi.VerdictIncomplete, !s.listing.TotalsIgnored
	switch kind := s.totals().kind; {
	case incomplete && s.obstacle().Format != "":
		return s.obstacle(), false
	case incomplete && s.shuffled: // whatever the listing makes of it
		return say.Sprintf("the service does not keep the order of its list."), false
	case heeded && kind == tooLarge:
		return say.Sprintf("the service counts more conferences than it lists."), false
	case heeded && kind == varying:
		return byChance, true
	case incomplete:
		return s.because(s.listing), false
	}
	return nil, false
}

// refuted is why the condition of a listing does not hold, as the checks know and one listing cannot; its Format is "" if nothing speaks
// against it. Where pages are sorted, and the list is not, a listing of several pages can seem to be complete by chance.
func (s *session) refuted(r *confopenapi.Report) Sentence {
	conditional := r.Verdict == confopenapi.VerdictConditional
	byKey := conditional && r.Reason == confopenapi.ReasonAssumesKey || r.Verdict == confopenapi.VerdictComplete && r.Received > s.size // then a page can witness an end
	switch {
	case byKey && s.found(checkOrderKey) == Unusual:
		return say.Sprintf("the list is not sorted as its pages suggest.")
	case conditional && !byKey && s.found(checkOrderStable) == Unusual:
		return say.Sprintf("the service does not keep the order of its list.")
	}
	return Sentence{}
}

// findGuarantees says which guarantees of the SDK hold, by what a listing proved, and else by what the checks found.
func findGuarantees(s *session) []Finding {
	all, complete, watch := Finding{Check: checkAll, Evidence: s.listingEvidence()}, Finding{Check: checkComplete}, Finding{Check: checkWatch}
	found := func(v Verdict, ofAll, ofComplete, ofWatch Sentence) {
		all.Verdict, all.What, complete.Verdict, complete.What, watch.Verdict, watch.What = v, ofAll, v, ofComplete, v, ofWatch
	}
	obstacle, unsorted := s.obstacle(), s.found(checkOrderKey) == Unusual || s.found(checkOrderStable) == Unusual
	noEnds := say.Sprintf("watch and web report no ends, because no listing proves that a conference has ended.")
	if s.listing == nil {
		severalPages := say.Sprintf("--require complete fails if the list has several pages.")
		found(Unknown, s.untried(), s.untried(), s.untried())
		if unsorted && s.length() > s.size {
			complete.Verdict, complete.What = Unusual, severalPages
		}
		if obstacle.Format != "" {
			found(Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven: %s", obstacle), severalPages, noEnds)
		}
		return []Finding{s.pagesGuarantee(), all, complete, watch}
	}
	why, sometimes := s.unproven()
	refuted := s.refuted(s.listing)
	switch {
	case sometimes:
		found(Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven every time: %s", why),
			say.Sprintf("--require complete does not succeed every time: %s", why),
			say.Sprintf("watch and web report ends late: %s", why))
	case why != nil:
		found(Unusual, say.Sprintf("That a whole listing misses nothing cannot be proven: %s", why),
			say.Sprintf("--require complete fails, because no listing proves anything: %s", why), noEnds)
	case refuted.Format != "":
		found(Unusual, say.Sprintf("A whole listing would miss nothing on one condition, which does not hold here: %s", refuted),
			say.Sprintf("--require complete succeeds by chance only: %s", refuted),
			say.Sprintf("watch and web may report ends that did not happen: %s", refuted))
	case s.limited():
		found(Unusual, say.Sprintf("A whole listing misses the conferences that the service never lists: totals, which count them, are ignored."),
			say.Sprintf("--require complete succeeds, although the service never lists some conferences: totals, which count them, are ignored."),
			say.Sprintf("watch and web may report ends that did not happen: %s", say.Sprintf("a conference that the service no longer lists seems to have ended.")))
	case s.unheeded() != nil:
		found(Unknown, say.Sprintf("A whole listing misses nothing if the total is wrong: it is ignored, and counts conferences that did not come."),
			say.Sprintf("--require complete succeeds, which proves something if the total is wrong: it is ignored, and counts conferences that did not come."),
			say.Sprintf("The ends that watch and web report are proven if the total is wrong: it is ignored, and counts conferences that did not come."))
	default:
		found(OK, say.Sprintf("A whole listing misses nothing."), say.Sprintf("--require complete succeeds."), say.Sprintf("The ends that watch and web report are proven."))
		if unsorted {
			complete.What = say.Sprintf("--require complete succeeds; for a list with more pages it would fail.")
		}
		if s.uncounted() {
			all.What = say.Sprintf("A whole listing misses nothing that the service lists. Totals were no evidence: what it never lists would not be noticed.")
			watch.What = say.Sprintf("The ends that watch and web report are proven, as far as the service lists every conference that is live: totals were no evidence.")
		}
	}
	conditional := why == nil && s.listing.Verdict == confopenapi.VerdictConditional
	if conditional {
		complete.Verdict, complete.What = Unusual, say.Sprintf("--require complete fails, because a whole listing has a condition: %s", s.because(s.listing))
		if refuted.Format == "" && s.listing.Reason != confopenapi.ReasonAssumesKey {
			watch.Verdict, watch.What = Unusual, say.Sprintf("watch and web report an end after two polls without the conference, without proof.")
		}
	}
	switch {
	case all.Verdict != OK:
	case obstacle.Format != "":
		all.What = say.Sprintf("This listing missed nothing, because the list is short; for a longer list nothing could be proven: %s", obstacle)
	case conditional && s.uncounted():
		all.What = say.Sprintf("A whole listing misses nothing that the service lists, on one condition: %s", s.because(s.listing))
	case conditional:
		all.What = say.Sprintf("A whole listing misses nothing, on one condition: %s", s.because(s.listing))
	}
	return []Finding{s.pagesGuarantee(), all, complete, watch}
}

// limited reports whether the service never lists some conferences, as the checks found.
func (s *session) limited() bool { return s.found(checkListDepth) == Unusual }

// advice is what to do next. One failure that passed is no reason for it.
func (s *session) advice() []Step {
	steps := s.use()
	if s.dead == nil && s.tap.failed > 1 {
		steps = append([]Step{{say.Sprintf("The service failed %d of %d requests. Tell whoever runs it, and then try again:", s.tap.failed, s.tap.sent), "confctl doctor"}}, steps...)
	} else if s.dead == nil && slices.ContainsFunc(s.findings, func(f Finding) bool { return f.Verdict == Failed }) {
		steps = append([]Step{{say.Sprintf("A check failed. Try again:"), "confctl doctor"}}, steps...)
	}
	return steps
}

// use is how to use the service as it is.
func (s *session) use() []Step {
	switch {
	case s.dead != nil || s.length() == 0 && !s.totals().misleads():
		return nil
	case s.listing == nil && (s.cut || s.obstacle().Format == ""):
		more := max(2*s.tap.limit, s.tap.sent+2*s.listingTakes()) // a list that moves takes more
		return []Step{{say.Sprintf("Let it try a whole listing:"), "confctl doctor --max-requests " + plainNumber((more+99)/100*100)}}
	case s.listing == nil:
		return []Step{withoutProof}
	}
	t, r := s.totals(), s.listing
	if t.misleads() && s.withoutTotals != nil {
		r = s.withoutTotals // what is left if the total is wrong
	}
	incomplete, refuted := r.Verdict == confopenapi.VerdictIncomplete, s.refuted(r).Format != ""
	inflated := s.found(checkListDepth) == OK // as far as the total is too large
	switch {
	case s.limited():
		command := "confctl list --all --admin ID"
		if s.listing.TotalsIgnored {
			command += " --ignore-totals=false"
		}
		return []Step{{say.Sprintf("The service counts %d conferences, and lists only %d: it never lists the others. A shorter list may be complete, such as that of one administrator, whose user id whoever runs the service knows:", t.total, t.end), command}, withoutProof}
	case s.unheeded() != nil && !incomplete && !refuted && inflated:
		return []Step{{say.Sprintf("Use it as it is:"), "confctl list --all --ignore-totals"}}
	case s.unheeded() != nil && !incomplete && !refuted:
		return []Step{{say.Sprintf("Ask whoever runs the service which is right: the total, or what it lists. --ignore-totals is on, as it should be if the total is wrong. Then use it as it is:"), "confctl list --all --ignore-totals"}}
	case t.misleads() && !s.listing.TotalsIgnored && !refuted && s.withoutTotals == nil && s.obstacle().Format == "": // requests were spent
		return []Step{{say.Sprintf("Let it try a whole listing without totals:"), "confctl doctor --ignore-totals"}, withoutProof}
	case t.misleads() && !s.listing.TotalsIgnored && !refuted && r == s.withoutTotals && !incomplete:
		what := say.Sprintf("Ask whoever runs the service which is right: the total, or what it lists. If the total is wrong, use --ignore-totals, also with export, snapshot, watch and web; confctl login --ignore-totals saves that with the address of the service:")
		if t.kind == varying || inflated {
			what = say.Sprintf("Use --ignore-totals, also with export, snapshot, watch and web: then the total plays no part, and what the service never lists is not noticed. confctl login --ignore-totals saves that with the address of the service:")
		}
		return []Step{{what, "confctl list --all --ignore-totals"}, withoutProof}
	case incomplete && s.obstacle().Format == "" && s.restless():
		return []Step{{say.Sprintf("Try again when the list changes less:"), "confctl doctor"}, withoutProof}
	case incomplete, refuted:
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

// unheeded is the totals, if these always count more than is listed, and are ignored.
func (s *session) unheeded() *totals {
	if t := s.totals(); s.listing != nil && s.listing.TotalsIgnored && t.kind == tooLarge {
		return &t
	}
	return nil
}

// uncounted reports whether no total is evidence of what the service never lists.
func (s *session) uncounted() bool { return s.totals().kind != exact }

// restless reports whether a listing failed for how the list changed meanwhile, so that another can succeed.
func (s *session) restless() bool {
	list, total, _ := s.moved()
	switch s.listing.Reason {
	case confopenapi.ReasonEffort, confopenapi.ReasonGap, confopenapi.ReasonContradiction:
		return (list || total) && !s.shuffled
	case confopenapi.ReasonTotal:
		return (list || total) && !s.totals().misleads() && !s.shuffled
	}
	return false
}

// retry says whether a listing of a list that moves may succeed another time; its Format is "" if none can.
func (s *session) retry() Sentence {
	if s.listing != nil {
		why, sometimes := s.unproven()
		switch misleads := s.totals().misleads(); {
		case why == nil || sometimes:
		case misleads && s.withoutTotals != nil && s.withoutTotals.Verdict != confopenapi.VerdictIncomplete:
			return say.Sprintf("With --ignore-totals a listing that ends with exit code 3 may succeed when it is run again.")
		case misleads || s.obstacle().Format != "" || !s.restless():
			return Sentence{}
		}
	}
	return say.Sprintf("A listing that ends with exit code 3 may succeed when it is run again.")
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

// because is why a listing was no better.
func (s *session) because(r *confopenapi.Report) string {
	reason := program.ReasonOf(*r)
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
