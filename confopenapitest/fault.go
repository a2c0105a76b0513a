package confopenapitest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// Fault is one way in which a response goes wrong. Status, Truncate and others make the usual ones; Faults lists all, and
// FaultNamed finds those without a function. A Fault is a value that many servers can share. The zero Fault changes nothing.
type Fault struct {
	name  string
	delay time.Duration

	// What a fault does, in the order in which a response is made; nil = nothing.
	list    func(*livelist.Request) // changes the request to the list
	replace func(*Exchange) reply   // responds; neither token nor list is used
	page    func(*envelope)         // changes the parts of a page
	change  func(*reply)            // changes the finished response
	send    func(*delivery)         // sends it; nil = in one piece
	silent  bool                    // no HTTP status is sent
}

// String is the name of the fault, such as "Status(503)" or "gzip bomb".
func (f Fault) String() string {
	if f.name == "" {
		return "none"
	}
	return f.name
}

// After returns the same fault, delayed by d: the response is made when the request arrives, and sent after d. The wait ends
// when the client disconnects or the server closes.
func (f Fault) After(d time.Duration) Fault {
	f.delay += d
	f.name = strings.TrimPrefix(fmt.Sprintf("%s.After(%s)", f.name, d), ".")
	return f
}

// finish applies change, send and silent to a response.
func (f Fault) finish(out reply) reply {
	if f.change != nil {
		f.change(&out)
	}
	if f.send != nil {
		out.send = f.send
	}
	if f.silent {
		out.status = 0
	}
	return out
}

// Rule says which requests get a fault: all, if only Fault is set.
type Rule struct {
	Fault       Fault
	Times       int                // how many requests get the fault until the rule is removed; 0 = any number
	When        func(Request) bool // selects requests, such as OnPage(2); nil = all; it must not call the server
	Probability float64            // of the fault for a selected request, up to 1; 0 = always
	Seed        uint64             // the same seed and requests give the same faults
}

// rule is an active Rule.
type rule struct {
	Rule
	left int
	rng  *rand.Rand
}

// OnPage selects requests for page n. A request without a page is for page 1.
func OnPage(n int) func(Request) bool {
	return func(r Request) bool { return max(1, r.List.Page) == n }
}

// OnRequest selects the nth request, by Request.Number.
func OnRequest(n int) func(Request) bool {
	return func(r Request) bool { return r.Number == n }
}

// FailNext gives the next n requests a fault. Several calls queue up:
//
//	srv.FailNext(2, confopenapitest.Status(503))
//	srv.FailNext(1, confopenapitest.Truncate())
func (s *Server) FailNext(n int, f Fault) {
	if n > 0 {
		s.Inject(Rule{Fault: f, Times: n})
	}
}

// Inject adds rules, which stay until ClearFaults. A request gets the fault of the first rule that applies to it. Requests
// that break the contract get none.
func (s *Server) Inject(rules ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rules {
		if r.Times < 0 || !(r.Probability >= 0 && r.Probability <= 1) { // NaN included
			panic(fmt.Sprintf("confopenapitest: rule with Times %d, Probability %v; want at least 0, and from 0 to 1", r.Times, r.Probability))
		}
		s.rules = append(s.rules, &rule{Rule: r, left: r.Times, rng: rand.New(rand.NewPCG(r.Seed, 0x6661756c74))})
	}
}

// ClearFaults removes all rules of Inject and FailNext.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// faultFor is the fault of a request; usually none.
func (s *Server) faultFor(r Request) Fault {
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
