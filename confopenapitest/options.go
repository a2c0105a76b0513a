package confopenapitest

import (
	"time"

	"github.com/confopenapi/confopenapi-go"
)

const (
	defaultToken      = "confopenapitest-token"
	defaultRequestLog = 10_000
)

// Option changes what NewService, NewServer and Start make. Of one option given twice the last counts.
type Option func(*settings)

// settings is what the options say.
type settings struct {
	conferences     []confopenapi.Conference
	order           Order
	oddities        Oddities
	churn           Churn
	sees            func(int64, confopenapi.Conference) bool
	exampleSpelling bool

	token       string
	tokenLimits TokenLimits
	tokenIn     *confopenapi.TokenPlacement // nil = either
	refusal     Fault                       // zero = HTTP 401
	now         func() time.Time

	faults     []Rule
	lenient    bool
	requestLog int
}

func defaultSettings() settings {
	return settings{conferences: Conferences(25, 1), token: defaultToken, now: time.Now, requestLog: defaultRequestLog}
}

func (s *settings) clock() time.Time { return s.now() }

// WithConferences sets the conferences that are live at the start. The default is Conferences(25, 1).
func WithConferences(list ...confopenapi.Conference) Option {
	return func(s *settings) { s.conferences = list }
}

// WithOrder sets the order of the list. The default is OrderGiven. What the real service does is unknown.
func WithOrder(order Order) Option { return func(s *settings) { s.order = order } }

// WithMaxCount makes the service send at most n conferences a page, without saying so, whatever count asks for; pages are
// then n long. It is the same as Oddities.MaxCount, and beside WithOddities the last counts. The default is no cap. What
// the real service does is unknown.
func WithMaxCount(n int) Option { return func(s *settings) { s.oddities.MaxCount = max(0, n) } }

// WithOddities sets how the listing differs from one that gives what it is asked for. The default is not at all.
func WithOddities(o Oddities) Option { return func(s *settings) { s.oddities = o } }

// WithChurn lets conferences start and end by themselves as requests come in. The default is a list that changes only by
// the service's methods.
//
// Which verdict a listing has then depends on the order. OrderStartDown, like every order that sorts by what a client can
// see, mostly gives VerdictComplete. In OrderGiven, the default, so do Conferences, whose ids rise, as long as what starts
// comes last; conferences in no such order, and with Resume or Restart, give VerdictConditional.
func WithChurn(c Churn) Option { return func(s *settings) { s.churn = c } }

// WithAdmins says which conferences an administrator sees, for requests with an adminUserId; the super administrator, whom
// a request without one means, sees all. sees must be a function of its arguments alone and must not call the service.
// The default is that everybody sees everything. Who sees what on the real service is unknown.
func WithAdmins(sees func(adminUserID int64, c confopenapi.Conference) bool) Option {
	return func(s *settings) { s.sees = sees }
}

// WithExampleSpelling writes confName and guestPcode, as in the vendor's example, instead of title and pcode2 of the
// field table.
func WithExampleSpelling() Option { return func(s *settings) { s.exampleSpelling = true } }

// WithToken sets the token that requests must carry. The default is a fixed one, which Service.Token returns; "" accepts
// every request.
func WithToken(token string) Option { return func(s *settings) { s.token = token } }

// WithTokenLimits bounds every token of the service, the first and those that Service.TokenSource and RotateToken issue.
// The default is no limit.
func WithTokenLimits(l TokenLimits) Option { return func(s *settings) { s.tokenLimits = l } }

// WithTokenIn says where requests must carry the token; with confopenapi.TokenInBoth in both places. The default is that
// either place will do, as documented.
func WithTokenIn(p confopenapi.TokenPlacement) Option { return func(s *settings) { s.tokenIn = &p } }

// WithRefusal sets the answer to a request whose token is missing, wrong or expired, such as BusinessStatus(40101,
// ResultNull). It must be a fault that answers by itself, like those of Status and BusinessStatus. The default is HTTP
// 401. What the real service does is unknown.
func WithRefusal(f Fault) Option { return func(s *settings) { s.refusal = f } }

// WithClock sets the clock by which tokens expire and dates in Retry-After are made. The default is time.Now.
// CacheTokens keeps to the real clock: a token that expires by this one is refused, not renewed ahead.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now = now } }

// WithFaults injects rules from the start, as Service.Inject does.
func WithFaults(rules ...Rule) Option { return func(s *settings) { s.faults = rules } }

// WithLenience makes sense of a request that breaks the documented contract where that is possible: unknown members and
// the content type are ignored, page and count below 1 mean their defaults. What is beyond sense is still answered with a
// 4xx, but no request fails the test.
func WithLenience() Option { return func(s *settings) { s.lenient = true } }

// WithRequestLog sets how many requests Service.Requests remembers. The default is the last 10,000; 0 = none.
func WithRequestLog(n int) Option { return func(s *settings) { s.requestLog = max(0, n) } }
