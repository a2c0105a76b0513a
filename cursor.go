package confopenapi

import (
	"hash"
	"hash/fnv"
	"net/url"
	"strconv"

	"github.com/google/go-querystring/query"
)

// Cursor resumes Pages at a page. It is text that may be kept, sent and put into a URL: the place in the list and the
// request, without secrets and personal data. What changed in the list meanwhile can be skipped or repeated.
//
// The empty Cursor means the end in Page.Next, and the beginning in PagerOptions.Start: whoever passes the one on to the
// other tests for it, or lists for ever.
type Cursor string

const cursorVersion = 1

// cursorText is a Cursor's text, as go-querystring writes it.
type cursorText struct {
	Version int `url:"v"`
	ListByStatusRequest
	Seen int    `url:"seen"`
	Last string `url:"last"`
	Sum  string `url:"sum,omitempty"` // of the rest
}

// encode is the cursor of a place in the list of a request.
func (at position) encode(filter ListByStatusRequest) Cursor {
	filter.Page, filter.Count = at.page, at.count
	text := cursorText{
		Version: cursorVersion, ListByStatusRequest: filter, Seen: at.seen, Last: strconv.FormatUint(at.last, 36),
	}
	text.Sum = text.digest()
	return Cursor(text.String())
}

func (t cursorText) String() string {
	values, err := query.Values(t)
	if err != nil {
		return ""
	}
	return values.Encode()
}

func (t cursorText) digest() string {
	t.Sum = ""
	d := newDigest()
	d.add(t.String())
	return strconv.FormatUint(d.sum(), 36)
}

// decode is the place of a cursor that encode made for the same request.
func (c Cursor) decode(filter ListByStatusRequest) (position, error) {
	bad := func(why string) (position, error) { return position{}, badRequest("Start", "%s", why) }
	values, err := url.ParseQuery(string(c))
	if err != nil {
		return bad("it is no cursor of this package")
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(values.Get(name))
		return n
	}
	last, _ := strconv.ParseUint(values.Get("last"), 36, 64)
	at := position{page: number("page"), count: number("count"), seen: number("seen"), last: last}
	text := cursorText{Version: number("v"), Seen: at.seen, Last: values.Get("last"), Sum: values.Get("sum")}
	text.Page, text.Count = at.page, at.count
	text.AdminUserID, _ = strconv.ParseInt(values.Get("adminUserId"), 10, 64)
	if values.Has("filterOneAttendee") {
		text.FilterOneAttendee = new(values.Get("filterOneAttendee") == "true")
	}
	switch {
	case !values.Has("v") || !values.Has("sum"):
		return bad("it is no cursor of this package")
	case text.Version != cursorVersion:
		return bad("it is of another version of this package")
	case string(c) != text.String() || text.Sum != text.digest() || at.page < 1 || at.count < 1:
		return bad("it is damaged")
	}
	text.Page, text.Count = 0, 0
	if text.ListByStatusRequest.String() != filter.String() {
		return bad("it is of another request")
	}
	return at, nil
}

// digest is a 64-bit hash of texts, the same in every process. It tells changes and damage, and keeps nothing secret.
type digest struct{ hash.Hash64 }

func newDigest() digest { return digest{fnv.New64a()} }

func (d digest) add(texts ...string) {
	for _, text := range texts {
		_, _ = d.Write([]byte(text))
		_, _ = d.Write([]byte{0})
	}
}

func (d digest) sum() uint64 { return d.Sum64() }
