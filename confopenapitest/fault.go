package confopenapitest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Fault is one way in which an answer goes wrong. Constructors such as Status, Truncate and SlowBody make them, and Faults
// lists them all. A Fault is a value: it can be kept, passed around and used by many services. The zero Fault is none.
type Fault struct {
	name  string
	delay time.Duration

	// What a fault does, in the order of an answer's making; nil = nothing.
	list    func(*livelist.Request)         // to what is asked of the listing
	replace func(*Service, *Exchange) reply // instead of looking at the token and the list
	frame   func(*frame)                    // to the parts of the answer
	change  func(reply) reply               // to the finished answer
	send    func(*delivery)                 // instead of sending it in one piece
	silent  bool                            // no HTTP status is sent
}

// String names the fault and its arguments, such as "Status(503)".
func (f Fault) String() string {
	if f.name == "" {
		return "none"
	}
	return f.name
}

// After returns the same fault, d later: the answer is made when the request comes, and sent after d. The wait ends when
// the client leaves or the server closes.
func (f Fault) After(d time.Duration) Fault {
	f.delay += d
	f.name = strings.TrimPrefix(fmt.Sprintf("%s.After(%s)", f.name, d), ".")
	return f
}

// finish does to an answer what the fault does to any, whoever made it.
func (f Fault) finish(out reply) reply {
	if f.change != nil {
		out = f.change(out)
	}
	if f.send != nil {
		out.send = f.send
	}
	if f.silent {
		out.status = 0
	}
	return out
}

// Rule says which requests meet a fault. Its zero value but for Fault is all of them.
type Rule struct {
	Fault Fault
	// Times is how many requests meet the fault before the rule is used up; 0 = any number.
	Times int
	// When says which requests are meant; nil = all. It must not call the service. OnPage and OnRequest make the usual ones.
	When func(Request) bool
	// Probability is how likely a request that is meant meets the fault, above 0 and up to 1; 0 = always.
	Probability float64
	// Seed makes Probability reproducible: the same seed and the same requests give the same faults.
	Seed uint64
}

// rule is a Rule at work.
type rule struct {
	Rule
	left int
	rng  *rand.Rand
}

// OnPage means requests for page n; requests that name none are for page 1.
func OnPage(n int) func(Request) bool {
	return func(r Request) bool { return max(1, r.List.Page) == n }
}

// OnRequest means the nth request, by Request.Number.
func OnRequest(n int) func(Request) bool {
	return func(r Request) bool { return r.Number == n }
}

// FailNext has the next n requests that no earlier rule fails meet a fault. Several calls queue up:
//
//	srv.FailNext(2, confopenapitest.Status(503))
//	srv.FailNext(1, confopenapitest.Truncate())
func (s *Service) FailNext(n int, f Fault) {
	if n > 0 {
		s.Inject(Rule{Fault: f, Times: n})
	}
}

// Inject adds rules. A request meets the fault of the first rule that applies to it, in the order of injection, and no
// other. Requests that break the contract meet none.
func (s *Service) Inject(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rules {
		s.rules = append(s.rules, &rule{Rule: r, left: r.Times, rng: rand.New(rand.NewPCG(r.Seed, 0x6661756c74))})
	}
}

// ClearFaults takes all rules away.
func (s *Service) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// faultFor is the fault that a request meets, mostly none.
func (s *Service) faultFor(r Request) Fault {
	for i, rule := range s.rules {
		if rule.When != nil && !rule.When(r) {
			continue
		}
		if rule.Probability > 0 && rule.rng.Float64() >= rule.Probability {
			continue
		}
		if rule.left > 0 {
			if rule.left--; rule.left == 0 {
				s.rules = slices.Delete(slices.Clone(s.rules), i, i+1)
			}
		}
		return rule.Fault
	}
	return Fault{}
}
