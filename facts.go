package confopenapi

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"weak"

	"github.com/confopenapi/confopenapi-go/internal/overlap"
)

// Facts are what listings learned of a service: how large its pages are, whether it fills them, what its totals count, what comes
// beyond the end, and the order. They are kept for each value of FilterOneAttendee, because a filter may change what a page means.
//
// With facts, a list of one page costs one request instead of two or three: its verdict then rests on the assumption that the
// service treats all its lists alike, and Report.Assumed says so. One listing of 30 checks the facts. See docs/listing.md.
//
// Facts marshal as JSON, for another process, and hold no personal data. They are the zero value if nothing is known.
type Facts struct {
	baseURL string
	filters [3]overlap.Facts // by value of FilterOneAttendee, in the order of filterNames
}

// filterNames name the values of FilterOneAttendee.
var filterNames = [...]string{"unset", "false", "true"}

// filterIndex is the place of a value in Facts.
func filterIndex(value *bool) int {
	if value == nil {
		return 0
	}
	return slices.Index(filterNames[:], strconv.FormatBool(*value))
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
	if string(data) == "null" {
		return nil
	}
	var text factsJSON
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&text); err != nil {
		return badRequest("Facts", "they do not parse, or this version of the package does not know them")
	}
	read := Facts{}
	if len(text.Filters) > 0 {
		base, err := parseBaseURL(text.BaseURL)
		if err != nil {
			return err
		}
		read.baseURL = base.String()
	}
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

// String is one line for people, such as "https://host: filterOneAttendee unset: at most 100 a page, pages are filled". It is "nothing" if
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

// checkEvery is how often facts are checked: one of so many listings is made without them.
const checkEvery = 30

// maxTiny is how many tiny lists are remembered. If there are more, some are forgotten.
const maxTiny = 100_000

// memory is what listings learned. A client shares it with those made of it. It is safe for concurrent use.
type memory struct {
	mu      sync.Mutex
	filters [len(filterNames)]known
	tiny    map[listName]int // how many listings in a row were Complete, with at most one conference
}

// known is what is known of one value of the filter.
type known struct {
	facts    overlap.Facts
	since    int  // listings since one showed facts that it did not know
	checking bool // such a listing is under way
	ranges   int  // of Pages, since one did not know the facts
	pageSize int  // that the last listing found; it is believed if the next one finds the same
}

// listName is a request, and the token source that it was sent with.
type listName struct {
	tokens  weak.Pointer[servedTokens]
	request string
}

// recalled is what a listing knows beforehand.
type recalled struct {
	facts   overlap.Facts
	wasTiny bool
	checks  bool // it knows nothing, to check the facts
}

func newMemory(f Facts) *memory {
	m := &memory{tiny: map[listName]int{}}
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

// recall returns what a listing may use. A check goes on until a listing shows facts: an empty list shows none.
func (m *memory) recall(filter int, name listName) recalled {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.filters[filter]
	k.since++
	wasTiny := m.tiny[name]%checkEvery != 0
	if k.since >= checkEvery && !k.checking && !wasTiny {
		k.checking = true
		return recalled{checks: true}
	}
	return recalled{facts: k.facts, wasTiny: wasTiny}
}

// learn keeps what a listing showed. It believes a page size that two listings in a row found, until a page has more rows.
func (m *memory) learn(filter int, name listName, r overlap.Report, was recalled) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.filters[filter]
	if was.checks {
		k.checking = false
	}
	if r.Contradicted {
		k.facts = overlap.Facts{}
	}
	if was.facts == (overlap.Facts{}) && (r.Facts.Pages != "" || r.Facts.Totals != "") {
		k.since = 0
	}
	k.facts = k.facts.Update(r.Facts)
	if found := r.Facts.PageSize; found > 0 || was.facts.PageSize == 0 && r.Pages > 0 {
		switch {
		case found > 0 && found == k.pageSize:
			k.facts.PageSize = found
		case r.Fullest > k.facts.PageSize:
			k.facts.PageSize = 0
		}
		k.pageSize = found
	}
	if r.Verdict != overlap.Complete || r.Rows > 1 {
		delete(m.tiny, name)
		return
	}
	if m.tiny[name]++; len(m.tiny) > maxTiny {
		for another := range m.tiny {
			delete(m.tiny, another)
			break
		}
	}
}

// recallForPages returns what a range over Pages may use, and whether it is to check that instead.
func (m *memory) recallForPages(filter int) (facts overlap.Facts, checks bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &m.filters[filter]
	k.ranges++
	return k.facts, k.ranges%checkEvery == 0
}

// forget drops facts that a range over Pages found wrong.
func (m *memory) forget(filter int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.filters[filter].facts = overlap.Facts{}
}
