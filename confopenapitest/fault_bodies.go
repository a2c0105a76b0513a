package confopenapitest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"

	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// MissingStatus leaves the status out of a page's envelope.
func MissingStatus() Fault {
	return Fault{name: "MissingStatus()", frame: func(f *frame) { f.status = "" }}
}

// NullStatus makes the status of a page's envelope null.
func NullStatus() Fault {
	return Fault{name: "NullStatus()", frame: func(f *frame) { f.status = "null" }}
}

// NullList sends null instead of a page's list; the total stays.
func NullList() Fault {
	return Fault{name: "NullList()", frame: func(f *frame) { f.list, f.rows = listAsNull, nil }}
}

// NoList leaves out a page's list; the total stays.
func NoList() Fault {
	return Fault{name: "NoList()", frame: func(f *frame) { f.list, f.rows = listAbsent, nil }}
}

// DuplicateKeys sends the members of a page's result twice, an empty list and a total of -1 first.
func DuplicateKeys() Fault {
	return Fault{name: "DuplicateKeys()", frame: func(f *frame) { f.lead = `"totalCount":-1,"confList":[],` }}
}

// DeepNesting adds a member to a page's result that the documentation does not have: n arrays, one within the other.
func DeepNesting(n int) Fault {
	return Fault{name: fmt.Sprintf("DeepNesting(%d)", n), frame: func(f *frame) {
		f.lead = `"nested":` + strings.Repeat("[", n) + strings.Repeat("]", n) + ","
	}}
}

// IgnorePage sends the first page whatever page is asked for.
func IgnorePage() Fault {
	return Fault{name: "IgnorePage()", list: func(q *livelist.Request) { q.IgnorePage = true }}
}

// RepeatLastPage sends the last page again where a page beyond the end is asked for.
func RepeatLastPage() Fault {
	return Fault{name: "RepeatLastPage()", list: func(q *livelist.Request) { q.RepeatLast = true }}
}

// newBody is a fault that changes the bytes of any answer.
func newBody(name string, change func([]byte) []byte) Fault {
	return Fault{name: name, change: func(out reply) reply {
		out.body = change(out.body)
		return out
	}}
}

// BOM puts a byte order mark before the answer.
func BOM() Fault {
	return newBody("BOM()", func(b []byte) []byte { return append([]byte("\uFEFF"), b...) })
}

// Trailing appends text to the answer.
func Trailing(text string) Fault {
	return newBody(fmt.Sprintf("Trailing(%q)", text), func(b []byte) []byte { return append(b, text...) })
}

// InvalidUTF8 puts a byte that is no UTF-8 before the text of every title, or confName, and of msg.
func InvalidUTF8() Fault {
	return newBody("InvalidUTF8()", func(b []byte) []byte {
		for _, member := range []string{`"title":"`, `"confName":"`, `"msg":"`} {
			b = bytes.ReplaceAll(b, []byte(member), []byte(member+"\xff"))
		}
		return b
	})
}

// newGzip is a fault that replaces the answer by a gzip stream, whether or not the client accepts one.
func newGzip(name string, zip func([]byte) []byte) Fault {
	return Fault{name: name, change: func(out reply) reply {
		out.header.Set("Content-Encoding", "gzip")
		out.body = zip(out.body)
		return out
	}}
}

// Gzip compresses the answer. It is no fault for clients that cope, which net/http does by itself.
func Gzip() Fault { return newGzip("Gzip()", func(b []byte) []byte { return zip(b) }) }

// CutGzip compresses the answer and sends half of the stream, as if that were all.
func CutGzip() Fault {
	return newGzip("CutGzip()", func(b []byte) []byte {
		zipped := zip(b)
		return zipped[:len(zipped)/2]
	})
}

// GzipBomb sends a small gzip stream that unpacks to valid JSON of at least size bytes, most of them white space.
func GzipBomb(size int64) Fault {
	const step = 1 << 20
	spaces := zip(bytes.Repeat([]byte(" "), step)) // a stream may have many members
	return newGzip(fmt.Sprintf("GzipBomb(%d)", size), func(b []byte) []byte {
		n := int(max(0, size+step-1) / step)
		return append(bytes.Repeat(spaces, n), zip(b)...)
	})
}

func zip(b []byte) []byte {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(b) // to memory: it cannot fail
	_ = w.Close()
	return zipped.Bytes()
}
