package confopenapitest

import (
	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

const (
	defaultToken      = "confopenapitest-token"
	defaultRequestLog = 10_000
)

// Option changes what New, NewServer and Start make. Of one option given twice the last counts.
type Option func(*settings)

type settings struct {
	conferences       []confopenapi.Conference
	order             Order
	paging            livelist.Paging
	total             func(int) int // nil = as paging says
	filterAfterPaging bool
	churn             Churn
	sees              func(int64, confopenapi.Conference) bool
	exampleSpelling   bool

	token       confopenapi.Secret
	tokenLimits TokenLimits
	tokenIn     *confopenapi.TokenPlacement // nil = either
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

// WithMaxCount limits a page to n conferences, without saying so, whatever count asks for; pages are then n long. The
// default is no limit. The real service's is unknown.
func WithMaxCount(n int) Option {
	return func(s *settings) { s.paging.Cap, s.paging.Clamp = max(0, n), true }
}

// WithTotal sets what totalCount says, given how many conferences can be listed: in the vendor's own example total and list
// do not agree. The default is the truth.
func WithTotal(total func(live int) int) Option { return func(s *settings) { s.total = total } }

// WithFilterAfterPaging makes filterOneAttendee leave conferences out of the pages, which become shorter. The default is to
// leave them out of the list.
func WithFilterAfterPaging() Option { return func(s *settings) { s.filterAfterPaging = true } }

// WithPaging sets how the list is cut into pages, and replaces an earlier WithMaxCount. It is for this module's own tests and tools: its
// type is internal.
func WithPaging(p livelist.Paging) Option { return func(s *settings) { s.paging = p } }

// WithChurn lets conferences start and end by themselves as requests come in. The default is a list that changes only by
// the server's methods.
func WithChurn(c Churn) Option { return func(s *settings) { s.churn = c } }

// WithAdmins sets which conferences an administrator sees, for requests with an adminUserId; a request without one sees all.
// sees must depend on its arguments alone and must not call the server. The default is that everybody sees everything. The
// real service's rules are unknown.
func WithAdmins(sees func(adminUserID int64, c confopenapi.Conference) bool) Option {
	return func(s *settings) { s.sees = sees }
}

// WithExampleSpelling writes confName and guestPcode, as in the vendor's example, instead of title and pcode2 of the
// field table.
func WithExampleSpelling() Option { return func(s *settings) { s.exampleSpelling = true } }

// WithToken sets the token that requests must carry. The default is a fixed one, which Server.Token returns; "" accepts
// every request.
func WithToken(token string) Option {
	return func(s *settings) { s.token = confopenapi.NewSecret(token) }
}

// WithTokenLimits bounds every token of the server. The default is no limit.
func WithTokenLimits(l TokenLimits) Option { return func(s *settings) { s.tokenLimits = l } }

// WithTokenIn sets where requests must carry the token; with confopenapi.TokenInBoth in both places. The default is either
// place, as documented.
func WithTokenIn(p confopenapi.TokenPlacement) Option { return func(s *settings) { s.tokenIn = &p } }

// WithRefusal sets the response to a token that is missing, wrong or expired: Status, BusinessStatus or another fault that
// makes a whole response. The default is HTTP 401. The real service's is unknown.
func WithRefusal(f Fault) Option { return func(s *settings) { s.refusal = f } }

// WithFaults injects rules from the start, as Server.Inject does.
func WithFaults(rules ...Rule) Option { return func(s *settings) { s.faults = rules } }

// WithLenience accepts requests that break the documented contract where they make sense: unknown fields and the content
// type are ignored, page and count below 1 mean their defaults. Other breaches still get a 4xx, but fail no test.
func WithLenience() Option { return func(s *settings) { s.lenient = true } }

// WithRequestLog sets how many requests Server.Requests remembers. The default is the last 10,000; 0 = none.
func WithRequestLog(n int) Option { return func(s *settings) { s.requestLog = max(0, n) } }
