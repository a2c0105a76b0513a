package fleet

import "time"

// access is how the service takes the token of this worker. One that is refused would fail the tasks of the whole fleet.
type access struct {
	served  bool           // lately
	refused map[int64]bool // administrators since the last listing that succeeded
	tries   int            // that were refused since then
	pauses  int            // since then
	until   time.Time      // of the last pause
}

const (
	doubtAfter = 3 // administrators that are refused in a row, if the token has not served
	loseAfter  = 10
	triesAfter = 3 * loseAfter // that are refused in a row, of a fleet with fewer administrators
	longPause  = time.Minute
)

// refuses reports whether a kind of error may be the token's fault.
func refuses(kind string) bool { return kind == "unauthorized" || kind == "forbidden" }

// took takes in how a task ended, and reports whether the worker began to pause, or ceased to.
func (a *access) took(admin int64, kind string, now time.Time) (changed bool) {
	switch {
	case kind == "" || kind == "incomplete":
		changed = a.pauses > 0
		*a = access{served: true}
	case refuses(kind) && !now.Before(a.until):
		if a.refused == nil {
			a.refused = map[int64]bool{}
		}
		a.refused[admin] = true
		a.tries++
		if len(a.refused) < a.most() && a.tries < triesAfter {
			return false
		}
		changed = a.pauses == 0
		*a = access{pauses: a.pauses + 1, until: now.Add(min(longPause, storeWait<<min(a.pauses, 10)))}
	}
	return changed
}

// doubted reports whether a refusal may be the token's fault, and not the administrator's: the last try was refused, too.
func (a *access) doubted() bool { return !a.served || a.tries > 1 }

// most is how many administrators may be refused in a row.
func (a *access) most() int {
	switch {
	case a.served:
		return loseAfter
	case a.pauses > 0:
		return 1
	}
	return doubtAfter
}

// slots is how many tasks the worker may have at the same time.
func (a *access) slots(all int, now time.Time) int {
	switch {
	case a.served:
		return all
	case now.Before(a.until):
		return 0
	}
	return min(all, a.most())
}
