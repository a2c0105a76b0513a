package doctor

import (
	"slices"
	"time"
)

// skewed is a difference of clocks beyond which signing, expiry and dates begin to suffer.
const skewed = 2 * time.Second

// findTimes looks at how long responses took, and what clock they go by.
func findTimes(s *session) []Finding {
	reads := s.tap.all()
	return []Finding{latency(reads), zipped(reads), date(reads), timestamp(reads)}
}

func latency(reads []read) Finding {
	took := make([]time.Duration, len(reads))
	for i, r := range reads {
		took[i] = r.came.Sub(r.sent)
	}
	slices.Sort(took)
	least, median, most := took[0], took[len(took)/2], took[len(took)-1]
	f := Finding{
		Check: checkTimeLatency, Verdict: OK,
		What:     say.Sprintf("A response takes at least %.1f ms, in the median %.1f ms and at most %.1f ms.", milliseconds(least), milliseconds(median), milliseconds(most)),
		Evidence: Evidence{"responses": len(took), "minMicroseconds": least.Microseconds(), "medianMicroseconds": median.Microseconds(), "maxMicroseconds": most.Microseconds()},
	}
	if most > 5*time.Second {
		f.Verdict = Unusual
	}
	return f
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func zipped(reads []read) Finding {
	n, bytes := 0, 0
	for _, r := range reads {
		if r.zipped {
			n++
		}
		bytes += r.bytes
	}
	f := Finding{
		Check: checkTimeGzip, Verdict: OK, What: say.Sprintf("Responses are not compressed."),
		Evidence: Evidence{"zipped": n, "responses": len(reads), "bytes": bytes},
	}
	switch n {
	case 0:
	case len(reads):
		f.What = say.Sprintf("Responses are compressed.")
	default:
		f.What = say.Sprintf("%d of %d responses are compressed.", n, len(reads))
	}
	return f
}

// skew is how far a clock is ahead of this machine's, between two bounds, and narrower with every response.
type skew struct {
	low, high time.Duration
	known     bool
}

// see takes in a clock that was read at some moment between sending and receiving, and shows whole units only.
func (k *skew) see(r read, shown time.Time, unit time.Duration) {
	low, high := shown.Sub(r.came), shown.Add(unit).Sub(r.sent)
	if k.known { // bounds that do not meet come from several clocks: what is left is between them
		low, high = max(low, k.low), min(high, k.high)
	}
	k.low, k.high, k.known = min(low, high), max(low, high), true
}

func (k *skew) middle() time.Duration { return k.low + k.doubt() }
func (k *skew) doubt() time.Duration  { return (k.high - k.low) / 2 }

func (k *skew) finding(check string, good, ahead, behind Sentence) Finding {
	f := Finding{Check: check, Verdict: OK, What: good, Evidence: Evidence{"leastMilliseconds": k.low.Milliseconds(), "mostMilliseconds": k.high.Milliseconds()}}
	switch {
	case k.low > skewed:
		f.Verdict, f.What = Unusual, ahead
	case k.high < -skewed:
		f.Verdict, f.What = Unusual, behind
	}
	return f
}

// span is a time in the unit that suits it.
func span(d time.Duration) Sentence {
	switch {
	case d < 2*time.Minute:
		return say.Sprintf("%.1f s", d.Seconds())
	case d < 48*time.Hour:
		return say.Sprintf("%.1f h", d.Hours())
	default:
		return say.Sprintf("%.1f days", d.Hours()/24)
	}
}

func date(reads []read) Finding {
	var k skew
	for _, r := range reads {
		if !r.date.IsZero() {
			k.see(r, r.date, time.Second)
		}
	}
	if !k.known {
		return Finding{Check: checkTimeDate, Verdict: Unknown, What: say.Sprintf("No response has the header Date.")}
	}
	return k.finding(checkTimeDate,
		say.Sprintf("The server's clock agrees with this machine's, within %.1f s.", max(k.high, -k.low).Seconds()),
		say.Sprintf("The server's clock is ahead of this machine's by %s (± %s).", span(k.middle()), span(k.doubt())),
		say.Sprintf("The server's clock is behind this machine's by %s (± %s).", span(-k.middle()), span(k.doubt())))
}

func timestamp(reads []read) Finding {
	var k skew
	for _, r := range reads {
		if r.timestamp != 0 {
			k.see(r, time.UnixMilli(r.timestamp), time.Millisecond)
		}
	}
	last := reads[len(reads)-1]
	switch {
	case !k.known:
		return Finding{Check: checkTimeTimestamp, Verdict: Unknown, What: say.Sprintf("No response has a timestamp that is a number.")}
	case abs(int(last.timestamp-last.came.Unix())) < 86400:
		return Finding{Check: checkTimeTimestamp, Verdict: Unusual, What: say.Sprintf("The timestamp is in seconds, not in milliseconds as documented.")}
	}
	return k.finding(checkTimeTimestamp,
		say.Sprintf("The timestamp of responses agrees with this machine's clock, within %d ms.", max(k.high, -k.low).Milliseconds()),
		say.Sprintf("The timestamp of responses is ahead of this machine's clock by %s (± %s).", span(k.middle()), span(k.doubt())),
		say.Sprintf("The timestamp of responses is behind this machine's clock by %s (± %s).", span(-k.middle()), span(k.doubt())))
}
