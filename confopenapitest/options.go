package confopenapitest

import (
	"fmt"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

const (
	defaultToken      = "confopenapitest-token"
	defaultRequestLog = 10_000
)

// Option configures New, NewServer and Start. If an option is given twice, the last one counts.
type Option func(*settings)

type settings struct {
	conferences       []confopenapi.Conference
	order             Order
	paging            livelist.Paging
	total             func(int) int // nil = that of paging
	filterAfterPaging bool
	churn             Churn
	sees              func(int64, confopenapi.Conference) bool
	exampleSpelling   bool
	clock             bool

	token       confopenapi.Secret
	tokenLimits TokenLimits
	tokenIn     *confopenapi.TokenPlacement // nil = header or body
	refusal     Fault                       // zero = HTTP 401

	faults     []Rule
	lenient    bool
	requestLog int
}

func defaultSettings() settings {
	return settings{conferences: Conferences(25, 1), order: OrderGiven, token: confopenapi.NewSecret(defaultToken), requestLog: defaultRequestLog}
}

// WithConferences sets the conferences that are live at the start. The default is Conferences(25, 1).
func WithConferences(list ...confopenapi.Conference) Option {
	return func(s *settings) { s.conferences = list }
}

// WithOrder sets the order of the list. The default is OrderGiven.
func WithOrder(order Order) Option { return func(s *settings) { s.order = order } }

// WithMaxCount limits a page to n conferences, without an error. A larger count is treated as n. The default is no limit.
// The real service's limit is unknown.
func WithMaxCount(n int) Option {
	return func(s *settings) { s.paging.Cap, s.paging.Clamp = max(0, n), true }
}

// WithTotal sets totalCount, given how many conferences can be listed. The default is that number. In the vendor's own
// example totalCount and list do not agree.
func WithTotal(total func(live int) int) Option { return func(s *settings) { s.total = total } }

// WithFilterAfterPaging makes filterOneAttendee remove conferences from the pages, which become shorter. The default is to
// remove them from the list before it is paged.
func WithFilterAfterPaging() Option { return func(s *settings) { s.filterAfterPaging = true } }

// WithPaging sets how the list is cut into pages, and replaces an earlier WithMaxCount. It is exported for the tests and tools of this
// repository: its type is internal. Other programs use WithMaxCount, WithTotal and WithFilterAfterPaging.
func WithPaging(p livelist.Paging) Option { return func(s *settings) { s.paging = p } }

// WithChurn makes conferences start and end by themselves with every request. By default only the server's methods change
// the list.
func WithChurn(c Churn) Option { return func(s *settings) { s.churn = c } }

// WithAdmins sets which conferences an administrator sees, for requests with an adminUserId; a request without one sees all.
// sees must depend on its arguments alone and must not call the server. By default everybody sees everything. The real
// service's rules are unknown.
func WithAdmins(sees func(adminUserID int64, c confopenapi.Conference) bool) Option {
	return func(s *settings) { s.sees = sees }
}

// WithExampleSpelling sends confName and guestPcode, as in the vendor's example, instead of title and pcode2 of the field
// table.
func WithExampleSpelling() Option { return func(s *settings) { s.exampleSpelling = true } }

// WithClock makes the service follow the clock, for demos: a response has the present time as its timestamp, a conference lasts since
// its start, and churn starts conferences now. However long it runs, the list stays about as long as at first, and Churn.Toggle
// has attendees come and go. Without it, the same requests get the same bytes at any time.
func WithClock() Option { return func(s *settings) { s.clock = true } }

// WithToken sets the token that requests must carry. The default is a fixed one, which Server.Token returns; "" accepts
// every request.
func WithToken(token string) Option {
	return func(s *settings) { s.token = confopenapi.NewSecret(token) }
}

// WithTokenLimits limits every token of the server. The default is no limit.
func WithTokenLimits(l TokenLimits) Option { return func(s *settings) { s.tokenLimits = l } }

// WithTokenIn sets where requests must carry the token; confopenapi.TokenInBoth requires both places. The default is either
// place, as documented.
func WithTokenIn(p confopenapi.TokenPlacement) Option {
	if p < confopenapi.TokenInHeader || p > confopenapi.TokenInBoth {
		panic(fmt.Sprintf("confopenapitest: unknown token placement %d", p))
	}
	return func(s *settings) { s.tokenIn = &p }
}

// WithRefusal sets the response to a token that is missing, wrong or expired: Status, BusinessStatus or another fault that
// makes a whole response. The default is HTTP 401. The real service's is unknown.
func WithRefusal(f Fault) Option {
	if f.replace == nil {
		panic(fmt.Sprintf("confopenapitest: the fault %s makes no response of its own and cannot be a refusal", f))
	}
	return func(s *settings) { s.refusal = f }
}

// WithFaults injects rules at the start, as Server.Inject does later.
func WithFaults(rules ...Rule) Option { return func(s *settings) { s.faults = rules } }

// WithLenience accepts requests that break the documented contract but can be understood: unknown fields and the content
// type are ignored, page and count below 1 mean their defaults. Other requests still get a 4xx, but do not fail the test.
func WithLenience() Option { return func(s *settings) { s.lenient = true } }

// WithRequestLog sets how many requests Server.Requests remembers. The default is the last 10,000; 0 = none.
func WithRequestLog(n int) Option { return func(s *settings) { s.requestLog = max(0, n) } }
