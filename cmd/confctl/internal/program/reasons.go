package program

import (
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
)

// Because is a report's reason as a sentence.
func Because(p *message.Printer, reason confopenapi.Reason) string {
	if sentence, ok := reasons[reason]; ok {
		return p.Sprintf(sentence)
	}
	return string(reason)
}

// ReasonOf is the reason of a report. A contradiction in which the total is the larger is one of totals.
func ReasonOf(r confopenapi.Report) confopenapi.Reason {
	if r.Reason == confopenapi.ReasonContradiction && r.TotalCount > r.Received {
		return confopenapi.ReasonTotal
	}
	return r.Reason
}

// WithoutTotals reports whether no total was evidence: what the service never lists is then not noticed.
func WithoutTotals(r confopenapi.Report) bool {
	return r.TotalsIgnored || r.TotalCount <= r.Received/2 && r.Received > 0 // 0, or that of a page
}

// reasons has a sentence for every reason.
var reasons = map[confopenapi.Reason]string{
	confopenapi.ReasonStopped:       locale.Mark("the listing was stopped before its end."),
	confopenapi.ReasonFailed:        locale.Mark("a page could not be read."),
	confopenapi.ReasonPaging:        locale.Mark("the service does not send the pages that are requested, so that pages cannot overlap."),
	confopenapi.ReasonNoEnd:         locale.Mark("it is not certain that the end of the list was reached."),
	confopenapi.ReasonEffort:        locale.Mark("the list changes so fast that reading it would take too many requests."),
	confopenapi.ReasonTies:          locale.Mark("more conferences start at the same time than a page holds, and their order is not stable."),
	confopenapi.ReasonOrder:         locale.Mark("the service does not keep the order of its list."),
	confopenapi.ReasonGap:           locale.Mark("between two pages there is a gap that could not be closed."),
	confopenapi.ReasonTotal:         locale.Mark("the service counts more conferences than it lists. If it always does, confctl doctor says what to do."),
	confopenapi.ReasonContradiction: locale.Mark("the responses of the service contradict each other: some may have lacked conferences."),
	confopenapi.ReasonLimit:         locale.Mark("there are more conferences than the limit of a snapshot."),
	confopenapi.ReasonIdentity:      locale.Mark("some conferences have the same ids and start."),
	confopenapi.ReasonAssumesOrder:  locale.Mark("that the service keeps the order of its list."),
	confopenapi.ReasonAssumesKey:    locale.Mark("that the list is really sorted as its pages suggest."),
}
