package doctor

import (
	"slices"
	"strings"
)

// The checks, by names that stay.
const (
	checkService = "service"

	checkTokenHeader = "token.header"
	checkTokenBody   = "token.body"
	checkTokenBoth   = "token.both"
	checkTokenWrong  = "token.wrong"

	checkCountDefault  = "count.default"
	checkCountMax      = "count.max"
	checkCountHonoured = "count.honoured"
	checkCountOdd      = "count.odd"
	checkPageNumber    = "page.number"
	checkPageBeyond    = "page.beyond"
	checkPageFilled    = "page.filled"

	checkFilterSingle  = "filter.single"
	checkFilterPaging  = "filter.paging"
	checkFilterDefault = "filter.default"

	checkOrderKey    = "order.key"
	checkOrderTies   = "order.ties"
	checkOrderStable = "order.stable"

	checkListMoves    = "list.moves"
	checkListReplicas = "list.replicas"
	checkListDepth    = "list.depth"

	checkTotal       = "total.list"
	checkTotalFilter = "total.filter"

	checkMembersSpelling = "members.spelling"
	checkMembersUnknown  = "members.unknown"
	checkMembersNull     = "members.null"
	checkMembersAbsent   = "members.absent"
	checkMembersType     = "members.type"

	checkTimeLatency   = "time.latency"
	checkTimeGzip      = "time.gzip"
	checkTimeDate      = "time.date"
	checkTimeTimestamp = "time.timestamp"

	checkPages    = "sdk.pages"
	checkAll      = "sdk.all"
	checkComplete = "sdk.complete"
	checkWatch    = "sdk.watch"
)

// guarantees are those of the SDK, which are told from the other checks.
var guarantees = []string{checkPages, checkAll, checkComplete, checkWatch}

func isGuarantee(check string) bool { return slices.Contains(guarantees, check) }

// matters says, in the order of the report, what of the SDK hangs on each check.
var matters = []struct {
	check   string
	matters Sentence
}{
	{checkService, say.Sprintf("Everything.")},
	{checkTokenHeader, say.Sprintf("WithTokenPlacement: the SDK sends the token in the header unless told otherwise.")},
	{checkTokenBody, say.Sprintf("WithTokenPlacement(TokenInBody) works only where it is accepted.")},
	{checkTokenBoth, say.Sprintf("WithTokenPlacement(TokenInBoth) works only where it is accepted.")},
	{checkTokenWrong, say.Sprintf("A token source is asked for a fresh token after HTTP 401; a business status needs WithStatusErrors for that.")},
	{checkCountDefault, say.Sprintf("The SDK takes a first page of fewer than 20 for a list that may be whole.")},
	{checkCountMax, say.Sprintf("How many requests a listing takes. The SDK finds a silent cap by itself; after a refusal it tries 100 and then 20.")},
	{checkCountHonoured, say.Sprintf("All, Snapshot and Watch prove nothing where count is ignored.")},
	{checkCountOdd, say.Sprintf("All, Snapshot and Watch let pages overlap by asking for counts such as 97; without that they prove nothing.")},
	{checkPageNumber, say.Sprintf("Every listing.")},
	{checkPageBeyond, say.Sprintf("How the end is known: All and Snapshot look for an empty page behind the last, Pages takes a repeated page for one.")},
	{checkPageFilled, say.Sprintf("How the end is known: where pages are not filled, a listing takes more requests to be sure of it.")},
	{checkFilterSingle, say.Sprintf("FilterOneAttendee, that is --hide-single.")},
	{checkFilterPaging, say.Sprintf("With FilterOneAttendee, how full pages are: listings then take more requests to be sure of the end.")},
	{checkFilterDefault, say.Sprintf("What a request without FilterOneAttendee lists.")},
	{checkOrderKey, say.Sprintf("VerdictComplete and the proven ends of Watch need a list that is sorted by what can be seen, unless one page holds it.")},
	{checkOrderTies, say.Sprintf("Conferences that start together must fit on a page if their order is not stable.")},
	{checkOrderStable, say.Sprintf("The chain of shared rows, by which All, Snapshot and Watch prove that nothing was lost.")},
	{checkListMoves, say.Sprintf("How many requests a Snapshot has in flight, and how many repairs it takes.")},
	{checkListReplicas, say.Sprintf("What a lagging replica shows counts as there: Watch may tell an end and a return that were none.")},
	{checkListDepth, say.Sprintf("What is never shown cannot be listed; the SDK notices only because the total counts it.")},
	{checkTotal, say.Sprintf("A listing with fewer conferences than the total is incomplete; where totals tell nothing, an empty page is the end.")},
	{checkTotalFilter, say.Sprintf("Listings with FilterOneAttendee are incomplete if the total counts what it hides.")},
	{checkMembersSpelling, say.Sprintf("Nothing: the SDK reads both spellings.")},
	{checkMembersUnknown, say.Sprintf("Nothing is lost: the SDK keeps them in Extra.")},
	{checkMembersNull, say.Sprintf("The SDK reads null as the zero value, and for isSecureConf and isRecord as nil.")},
	{checkMembersAbsent, say.Sprintf("The SDK reads what is absent as the zero value. Without ids and start time, conferences cannot be told apart.")},
	{checkMembersType, say.Sprintf("The SDK reads quoted integers, and keeps a scalar where text belongs; other kinds fail the page.")},
	{checkTimeLatency, say.Sprintf("WithAttemptTimeout (15 s unless set), and how far the list moves between two pages.")},
	{checkTimeGzip, say.Sprintf("How long pages take; the SDK accepts gzip.")},
	{checkTimeDate, say.Sprintf("Retry-After as a date, and the expiry of tokens, go by this machine's clock.")},
	{checkTimeTimestamp, say.Sprintf("Meta.ServerTime, which the SDK passes on and does not rely on.")},
	{checkPages, say.Sprintf("Pager.Pages: every page once, and an end.")},
	{checkAll, say.Sprintf("Pager.All and Client.Snapshot: nothing is lost, at least on the condition that they name.")},
	{checkComplete, say.Sprintf("VerdictComplete: nothing is lost, without a condition.")},
	{checkWatch, say.Sprintf("Event.Proven: an end that Watch tells is one.")},
}

// inOrder completes findings, so that every check has one, and brings them into the order of the report.
func inOrder(findings []Finding) []Finding {
	out := make([]Finding, len(matters))
	for i, m := range matters {
		out[i] = Finding{Check: m.check, Verdict: Unknown, What: notAsked}
		for _, f := range findings {
			if f.Check == m.check {
				out[i] = f
			}
		}
		out[i].Matters = m.matters
	}
	return out
}

// group is the part of a check's name that it shares with its neighbours.
func group(check string) string {
	name, _, _ := strings.Cut(check, ".")
	return name
}
