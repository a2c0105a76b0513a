package confopenapitest

import "time"

// Faults returns every fault once and those with arguments with telling ones, for tests that go through all of them. Their
// names are distinct. Waits are a few milliseconds, but for Retry-After, whose unit is the second; what is large unpacks or
// grows to 20 MiB, beyond what a client takes by default; redirects go to an address that is nobody's.
func Faults() []Fault {
	const (
		brief     = 20 * time.Millisecond
		large     = 20 << 20
		elsewhere = "http://192.0.2.1/elsewhere"
	)
	list := []Fault{
		Status(401), Status(403), Status(408), Status(425), Status(429), Status(500), Status(503), Status(504),
		RetryAfter(429, "0"), RetryAfter(429, "1"), RetryAfter(429, "86400"), RetryAfter(429, "9999999999"), RetryAfter(429, "-1"),
		RetryAfter(429, "soon"), RetryAt(429, time.Second), RetryAt(429, -time.Hour), RetryAfter(503, "0"),
		HTML(200), HTML(502),
		EmptyBody(), EmptyObject(), MissingStatus(), NullStatus(), NullList(), NoList(), DuplicateKeys(), DeepNesting(10_000),
		BOM(), Trailing("<!-- served by proxy -->"), InvalidUTF8(), IgnorePage(), RepeatLastPage(),
		Gzip(), CutGzip(), GzipBomb(large), Huge(large),
		Truncate(), CutChunks(), Reset(), StaleConnection(), Delay(brief), SlowHeaders(brief), SlowBody(brief),
	}
	for _, shape := range []ResultShape{ResultNull, ResultEmptyString, ResultEmptyArray, ResultEmptyObject, ResultAbsent} {
		list = append(list, BusinessStatus(0, shape), BusinessStatus(40001, shape))
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		list = append(list, Redirect(code, elsewhere))
	}
	return list
}
