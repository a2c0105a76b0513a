package send

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Policy says how often and how patiently a call is sent.
type Policy struct {
	MaxAttempts   int
	MinWait       time.Duration
	MaxWait       time.Duration
	MaxRetryAfter time.Duration
	Budget        int
}

// Backoff doubles MinWait per earlier failure, up to MaxWait, and takes 50 to 100 % of that. What the server asks for instead is
// taken as it is, and up to 10 % more. So clients that failed together do not come back together.
func Backoff(p Policy, failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return asked + min(rand.N(asked/10+1), math.MaxInt64-asked)
	}
	wait := p.MaxWait
	if failures < 32 && p.MinWait<<failures>>failures == p.MinWait {
		wait = min(p.MinWait<<failures, p.MaxWait)
	}
	return wait/2 + rand.N(wait/2+1)
}

const maxDate = 64 // bytes; that of HTTP has 29

// RetryAfter reads Retry-After: seconds, or a date by the server's own clock if the header has one. A date in the past, a
// negative number and garbage are 0. What is too large to wait for is the longest duration.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if strings.Trim(text, "0123456789") == "" {
		digits := "0" + strings.TrimLeft(text, "0")
		seconds, err := strconv.ParseInt(digits[:min(len(digits), maxDate)], 10, 64)
		if err != nil || seconds > int64(math.MaxInt64/time.Second) {
			return math.MaxInt64
		}
		return time.Duration(seconds) * time.Second
	}
	if len(text) > maxDate { // an error would copy it
		return 0
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	date := h.Get("Date")
	if serverNow, err := http.ParseTime(date[:min(len(date), maxDate)]); err == nil {
		now = serverNow
	}
	return max(0, at.Sub(now))
}

// Budget counts what the retries of a family of clients cost, less what healthy responses gave back. It counts what is used and
// not what is left, so clients with different limits can share it.
type Budget struct {
	mu   sync.Mutex
	used int // in healthy responses
}

const retryCost = 3 // healthy responses

// take uses one retry more, unless that exceeds limit.
func (b *Budget) take(limit int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if (b.used+retryCost-1)/retryCost >= limit {
		return false
	}
	b.used += retryCost
	return true
}

// give returns what so many healthy responses are worth. Nothing is saved up beyond the limit.
func (b *Budget) give(responses int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used = max(0, b.used-responses)
}
