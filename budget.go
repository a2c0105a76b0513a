package confopenapi

import (
	"fmt"
	"sync/atomic"
)

const retryCost = 3 // answers

// budget is what the retries of a client and of those derived from it cost, and answers have not paid for yet. It holds
// what is owed and not what is left: so clients that share it can have limits of their own, and a call that succeeds at
// once, with nothing owed, costs a look at a number that nobody writes.
type budget struct{ owed atomic.Int64 } // in answers

// draw owes one retry more, unless more than limit would then be owed.
func (b *budget) draw(limit int) bool {
	for {
		owed := b.owed.Load()
		if (owed+retryCost-1)/retryCost >= int64(limit) {
			return false
		}
		if b.owed.CompareAndSwap(owed, owed+retryCost) {
			return true
		}
	}
}

// pay owes one answer less, but never less than nothing: answers are not saved up.
func (b *budget) pay() {
	for owed := b.owed.Load(); owed > 0; owed = b.owed.Load() {
		if b.owed.CompareAndSwap(owed, owed-1) {
			return
		}
	}
}

// afford draws another attempt from the budget, or tells in the outcome that it is exhausted.
//
// Every retry costs the same. One after a timeout may weigh more on the service than one after a 503, but it also comes
// that much later, and what the budget promises is a number of attempts.
func (x *exchange) afford() bool {
	limit := x.client.settings.retry.Budget
	if limit < 0 {
		return true
	}
	if x.drawn = x.client.budget.draw(limit); !x.drawn {
		trailOf(x.outcome).note = fmt.Sprintf("the client-side retry budget of %d is exhausted", limit)
	}
	return x.drawn
}

// healthy reports whether the last attempt brought the answer of a service that works: the result, or a refusal that
// stays. Redirects, certificates and what does not decode say nothing about that: a page that apologises for an outage
// comes like this.
func (x *exchange) healthy() bool {
	switch err := x.outcome.(type) {
	case nil:
		return true
	case *StatusError:
		return !isTransientKind(err.kind)
	case *HTTPError:
		return err.StatusCode >= 400 && err.StatusCode <= 499 && !isTransientStatus(err)
	}
	return false
}
