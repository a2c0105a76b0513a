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
	{checkTokenHeader, say.Sprintf("WithTokenPlacement: by default the SDK sends the token in the header.")},
	{checkTokenBody, say.Sprintf("WithTokenPlacement(TokenInBody) works only where it is accepted.")},
	{checkTokenBoth, say.Sprintf("WithTokenPlacement(TokenInBoth) works only where it is accepted.")},
	{checkTokenWrong, say.Sprintf("After HTTP 401 the SDK gets a new token from the token source; for a business status that needs WithStatusErrors.")},
	{checkCountDefault, say.Sprintf("If the first page has fewer than 20, the SDK assumes that it may be the whole list.")},
	{checkCountMax, say.Sprintf("How many requests a listing takes. The SDK finds a limit without an error by itself; after a refusal it tries 100 and then 20.")},
	{checkCountHonoured, say.Sprintf("All, Snapshot and Watch prove nothing if count is ignored.")},
	{checkCountOdd, say.Sprintf("All, Snapshot and Watch make pages overlap with counts such as 97; if that does not work they prove nothing.")},
	{checkPageNumber, say.Sprintf("Every listing.")},
	{checkPageBeyond, say.Sprintf("How the end is found: All and Snapshot look for an empty page after the last; Pages treats a repeated page like an empty one.")},
	{checkPageFilled, say.Sprintf("How the end is found: if pages are not full, a listing takes more requests to confirm it.")},
	{checkFilterSingle, say.Sprintf("FilterOneAttendee, which is --hide-single.")},
	{checkFilterPaging, say.Sprintf("With FilterOneAttendee, how full pages are: if they are not, listings take more requests to confirm the end.")},
	{checkFilterDefault, say.Sprintf("What a request without FilterOneAttendee lists.")},
	{checkOrderKey, say.Sprintf("VerdictComplete and the proven ends of Watch need a list that is sorted by visible fields, unless it fits on one page.")},
	{checkOrderTies, say.Sprintf("If the order of conferences with the same start is not stable, they must fit on one page.")},
	{checkOrderStable, say.Sprintf("The conferences that pages share, with which All, Snapshot and Watch prove that nothing was missed.")},
	{checkListMoves, say.Sprintf("How many requests a Snapshot sends at the same time, and how many repairs it needs.")},
	{checkListReplicas, say.Sprintf("Conferences of a lagging replica count as listed: Watch may report an end and a resumption that did not happen.")},
	{checkListDepth, say.Sprintf("What the service never sends cannot be listed; the SDK notices only because the total counts it.")},
	{checkTotal, say.Sprintf("A listing with fewer conferences than the total is incomplete; if totals are useless, an empty page is the end.")},
	{checkTotalFilter, say.Sprintf("Listings with FilterOneAttendee are incomplete if the total counts hidden conferences.")},
	{checkFieldsSpelling, say.Sprintf("Nothing: the SDK reads both spellings.")},
	{checkFieldsUnknown, say.Sprintf("Nothing is lost: the SDK keeps them in Extra.")},
	{checkFieldsNull, say.Sprintf("The SDK reads null as the zero value, and for isSecureConf and isRecord as nil.")},
	{checkFieldsAbsent, say.Sprintf("The SDK reads a missing field as the zero value. Without ids and start time conferences cannot be distinguished.")},
	{checkFieldsType, say.Sprintf("The SDK reads integers in quotes, and other scalars as text where text is expected; any other type fails the page.")},
	{checkTimeLatency, say.Sprintf("WithAttemptTimeout (15 s unless set), and how far the list moves between two pages.")},
	{checkTimeGzip, say.Sprintf("How long pages take; the SDK accepts gzip.")},
	{checkTimeDate, say.Sprintf("Retry-After as a date, and the expiry of tokens, depend on this machine's clock.")},
	{checkTimeTimestamp, say.Sprintf("Meta.ServerTime, which the SDK only passes on.")},
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
		out[i].Matters = m.matters
	}
	return out
}

// group is the part of a check's name that it shares with its neighbours.
func group(check string) string {
	name, _, _ := strings.Cut(check, ".")
	return name
}
