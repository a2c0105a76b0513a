package confopenapi

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Facts are what listings learned of a service: how large its pages are, whether it fills them, what its totals count, what comes
// beyond the end, and the order. They are kept for each value of FilterOneAttendee, because a filter may change what a page means.
//
// With facts, a list of one page costs one request instead of two or three: its verdict then rests on the assumption that the
// service treats all its lists alike, and Report.Assumed says so. docs/listing.md says what that can hide.
//
// Facts marshal as JSON, so that another process can use them, and hold no personal data. They are the zero value if nothing is
// known. What a later version wrote may not decode.
type Facts struct {
	baseURL string
	filters [3]overlap.Facts // by value of FilterOneAttendee, in the order of filterNames
}

// filterNames name the values of FilterOneAttendee.
var filterNames = [...]string{"unset", "false", "true"}

// filterIndex is the place of a value in Facts.
func filterIndex(value *bool) int {
	switch {
	case value == nil:
		return 0
	case !*value:
		return 1
	}
	return 2
}

// factsJSON is the JSON of Facts.
type factsJSON struct {
	BaseURL string                   `json:"baseURL"`
	Filters map[string]overlap.Facts `json:"filterOneAttendee"`
}

// MarshalJSON is the reverse of UnmarshalJSON.
func (f Facts) MarshalJSON() ([]byte, error) {
	text := factsJSON{f.baseURL, map[string]overlap.Facts{}}
	for i, facts := range f.filters {
		if facts != (overlap.Facts{}) {
			text.Filters[filterNames[i]] = facts
		}
	}
	return json.Marshal(text)
}

// UnmarshalJSON refuses facts that this version does not know, as a *RequestError, and then leaves f as it is.
func (f *Facts) UnmarshalJSON(data []byte) error {
	var text factsJSON
	if err := json.Unmarshal(data, &text); err != nil {
		return badRequest("Facts", "they do not parse")
	}
	read := Facts{baseURL: text.BaseURL}
	for name, facts := range text.Filters {
		i := slices.Index(filterNames[:], name)
		if i < 0 || !facts.Valid() {
			return badRequest("Facts", "this version of the package does not know them")
		}
		read.filters[i] = facts
	}
	*f = read
	return nil
}

// String is one line for people, such as "https://host: unset: pages of at most 100, filled; totals count the list". It is "nothing" if
// nothing is known.
func (f Facts) String() string {
	var parts []string
	for i, facts := range f.filters {
		if facts != (overlap.Facts{}) {
			parts = append(parts, "filterOneAttendee "+filterNames[i]+": "+facts.String())
		}
	}
	if parts == nil {
		return "nothing"
	}
	return f.baseURL + ": " + strings.Join(parts, "; ")
}

// check refuses facts of another service.
func (f Facts) check(base *url.URL) error {
	if f != (Facts{}) && f.baseURL != base.String() {
		return badRequest("WithFacts", "they are of another base URL: %.100q", f.baseURL)
	}
	return nil
}

// checkEvery is how often facts are checked: one of so many listings is made without them, and the one after a listing that is not
// proven.
const checkEvery = 30

// maxTiny is how many requests are remembered as those of a tiny list. If there are more, all are forgotten.
const maxTiny = 100_000

// memory is what listings learned. A client shares it with those made of it. It is safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	filters [3]struct {
		facts overlap.Facts
		since int // listings since one was made without them
	}
	tiny map[tinyList]bool // the last listing was Complete, and had at most one conference
}

// tinyList is a request, and the token source that it was sent with.
type tinyList struct {
	tokens  *servedTokens
	request string
}

func newMemory(f Facts) *memory {
	m := &memory{tiny: map[tinyList]bool{}}
	for i, facts := range f.filters {
		m.filters[i].facts = facts
	}
	return m
}

func (m *memory) facts(base *url.URL) (f Facts) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.filters {
		f.filters[i] = m.filters[i].facts
	}
	if f != (Facts{}) {
		f.baseURL = base.String()
	}
	return f
}

// recall returns what is known for a listing.
func (m *memory) recall(filter int, list tinyList) (facts overlap.Facts, wasTiny bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := &m.filters[filter]
	if known.since++; known.since >= checkEvery {
		known.since = 0
		return overlap.Facts{}, false
	}
	return known.facts, m.tiny[list]
}

// learn keeps what a listing learned.
func (m *memory) learn(filter int, list tinyList, r overlap.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := &m.filters[filter]
	if r.Contradicted {
		known.facts = overlap.Facts{}
	}
	known.facts = known.facts.Update(r.Facts)
	if r.Verdict == overlap.Incomplete && r.Pages > 0 {
		known.since = checkEvery
	}
	switch tiny := r.Verdict == overlap.Complete && r.Rows <= 1; {
	case !tiny:
		delete(m.tiny, list)
	case len(m.tiny) >= maxTiny:
		clear(m.tiny)
		fallthrough
	default:
		m.tiny[list] = true
	}
}
