package doctor

import (
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

// The checks, by names that stay in JSON, and that people read in their language.
var (
	checkService = locale.Mark("service")

	checkTokenHeader = locale.Mark("token.header")
	checkTokenBody   = locale.Mark("token.body")
	checkTokenBoth   = locale.Mark("token.both")
	checkTokenWrong  = locale.Mark("token.wrong")

	checkCountDefault  = locale.Mark("count.default")
	checkCountMax      = locale.Mark("count.max")
	checkCountHonoured = locale.Mark("count.honoured")
	checkCountOdd      = locale.Mark("count.odd")
	checkPageNumber    = locale.Mark("page.number")
	checkPageBeyond    = locale.Mark("page.beyond")
	checkPageFilled    = locale.Mark("page.filled")

	checkFilterSingle  = locale.Mark("filter.single")
	checkFilterPaging  = locale.Mark("filter.paging")
	checkFilterDefault = locale.Mark("filter.default")

	checkOrderKey    = locale.Mark("order.key")
	checkOrderTies   = locale.Mark("order.ties")
	checkOrderStable = locale.Mark("order.stable")

	checkListMoves    = locale.Mark("list.moves")
	checkListReplicas = locale.Mark("list.replicas")
	checkListDepth    = locale.Mark("list.depth")

	checkTotal       = locale.Mark("total.list")
	checkTotalFilter = locale.Mark("total.filter")

	checkFieldsSpelling = locale.Mark("fields.spelling")
	checkFieldsUnknown  = locale.Mark("fields.unknown")
	checkFieldsNull     = locale.Mark("fields.null")
	checkFieldsAbsent   = locale.Mark("fields.absent")
	checkFieldsType     = locale.Mark("fields.type")

	checkTimeLatency   = locale.Mark("time.latency")
	checkTimeGzip      = locale.Mark("time.gzip")
	checkTimeDate      = locale.Mark("time.date")
	checkTimeTimestamp = locale.Mark("time.timestamp")

	checkPages    = locale.Mark("sdk.pages")
	checkAll      = locale.Mark("sdk.all")
	checkComplete = locale.Mark("sdk.complete")
	checkWatch    = locale.Mark("sdk.watch")
)

// guarantees are the checks of what the SDK guarantees; the report shows them apart from the others.
var guarantees = []string{checkPages, checkAll, checkComplete, checkWatch}

func isGuarantee(check string) bool { return slices.Contains(guarantees, check) }

// matters says, in the order of the report, what of the SDK hangs on each check.
var matters = []struct {
	check   string
	matters Sentence
}{
	{checkService, say.Sprintf("Everything.")},
	{checkTokenHeader, say.Sprintf("confctl sends the token in the header (in a program: WithTokenPlacement).")},
	{checkTokenBody, say.Sprintf("Nothing for confctl, which uses the header (in a program: TokenInBody).")},
	{checkTokenBoth, say.Sprintf("Nothing for confctl, which uses the header (in a program: TokenInBoth).")},
	{checkTokenWrong, say.Sprintf("After HTTP 401 confctl reads the token again from its file or command; after another refusal it ends (in a program: WithStatusErrors).")},
	{checkCountDefault, say.Sprintf("A first page of fewer than 20 may be taken for the whole list.")},
	{checkCountMax, say.Sprintf("How many requests a listing takes. confctl finds a limit without an error by itself; after a refusal it tries 100 and then 20.")},
	{checkCountHonoured, say.Sprintf("If the requested page size is ignored, no listing proves anything.")},
	{checkCountOdd, say.Sprintf("Listings make pages overlap with page sizes such as 97; if that does not work, those of several pages prove nothing.")},
	{checkPageNumber, say.Sprintf("Every listing.")},
	{checkPageBeyond, say.Sprintf("How the end is found: listings look for an empty page after the last.")},
	{checkPageFilled, say.Sprintf("How the end is found: if pages are not full, a listing takes more requests to confirm it.")},
	{checkFilterSingle, say.Sprintf("What --hide-single does (in a program: FilterOneAttendee).")},
	{checkFilterPaging, say.Sprintf("With --hide-single, how full pages are: if they are not, listings take more requests to confirm the end.")},
	{checkFilterDefault, say.Sprintf("What is listed without --hide-single.")},
	{checkOrderKey, say.Sprintf("--require complete and the proven ends of watch need a list that is sorted by visible fields, unless it fits on one page.")},
	{checkOrderTies, say.Sprintf("If the order of conferences with the same start is not stable, they must fit on one page.")},
	{checkOrderStable, say.Sprintf("Listings prove by the conferences that pages share that nothing was missed; a changing order makes that impossible.")},
	{checkListMoves, say.Sprintf("How many requests a listing sends at the same time, and how many repairs it needs.")},
	{checkListReplicas, say.Sprintf("Conferences of a lagging replica count as listed: watch may report an end and a resumption that did not happen.")},
	{checkListDepth, say.Sprintf("What the service never sends cannot be listed; confctl notices only because the total counts it.")},
	{checkTotal, say.Sprintf("If the total is larger than what is listed, listings without --ignore-totals end with exit code 3.")},
	{checkTotalFilter, say.Sprintf("If the total counts hidden conferences, listings with --hide-single and without --ignore-totals end with exit code 3.")},
	{checkFieldsSpelling, say.Sprintf("Nothing: both spellings are read.")},
	{checkFieldsUnknown, say.Sprintf("Nothing is lost: they are kept (in the column extra of export, in a program: Extra).")},
	{checkFieldsNull, say.Sprintf("Null is read as 0 or as empty, and for isSecureConf and isRecord as unknown (in a program: nil).")},
	{checkFieldsAbsent, say.Sprintf("A missing field is read as 0 or as empty. Without ids and start time conferences cannot be distinguished.")},
	{checkFieldsType, say.Sprintf("Integers in quotes are read, and other single values where text is expected; any other type fails the page.")},
	{checkTimeLatency, say.Sprintf("How long a listing takes, and how far the list moves between two pages; an attempt ends after 15 s (in a program: WithAttemptTimeout).")},
	{checkTimeGzip, say.Sprintf("How long pages take; confctl accepts gzip.")},
	{checkTimeDate, say.Sprintf("Retry-After as a date, and the expiry of tokens, depend on this machine's clock.")},
	{checkTimeTimestamp, say.Sprintf("Nothing for confctl (in a program: Meta.ServerTime).")},
	{checkPages, say.Sprintf("Pager.Pages: every page once, and then the end.")},
	{checkAll, say.Sprintf("Pager.All and Client.Snapshot: nothing is missed, at least on the condition that they report.")},
	{checkComplete, say.Sprintf("VerdictComplete: nothing is missed, without a condition.")},
	{checkWatch, say.Sprintf("Event.Proven: the end really happened.")},
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
		if out[i].Matters.Format == "" { // of the kind that was found, or else of the check
			out[i].Matters = m.matters
		}
	}
	return out
}

// group is the part of a check's name that it shares with its neighbours.
func group(check string) string {
	name, _, _ := strings.Cut(check, ".")
	return name
}
