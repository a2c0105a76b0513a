package check_test

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// quoted are the places in documents that quote a figure of BENCHMARKS.md: CPU in a table's group, by the row's first cell and the
// column, from 1. In a pattern, # is the figure. Of a negative column, the figure is 1 divided by that of the table.
var quoted = []struct {
	documents, pattern string
	group, row         string
	column             int
}{
	{"README*.md", "encoding/json(?:| 相比) \\|[^|]*?#", "decode", "encoding/json, Unmarshal", 4},
	{"README*.md", "(?:seven others at its best setting|中最快的相比) \\|[^|]*?#", "decode", "goccy, NoCopyString, FirstWin", 4},
	{"README*.md", "(?:net/http and encoding/json|net/http 加 encoding/json 相比) \\|[^|]*?#", "memory", "net/http, encoding/json", 3},
	{"README*.md", "(?:from memory, |来自内存时，CPU 用量是其 )#", "memory", "net/http, body discarded", -2},
	{"README*.md", "(?:over loopback, |本机回环时是其 )#", "loopback", "net/http, body discarded", -2},
	{"BENCHMARKS.md", "For an empty page the SDK takes #", "memory", "net/http, body discarded", -2},
	{"docs/decisions/own-decoder.md", "\\| encoding/json \\| #", "decode", "encoding/json, Unmarshal", 4},
	{"docs/decisions/own-decoder.md", "UTF-8 \\| #", "decode", "go-json-experiment, v2 Unmarshal, names and UTF-8 unchecked", 4},
	{"docs/decisions/own-decoder.md", "\\| jx, by hand \\| #", "decode", "jx, by hand", 4},
	{"docs/decisions/own-decoder.md", "\\| sonic at its best setting \\| #", "decode", "sonic, OPTDEC, ConfigFastest, from a string", 4},
	{"docs/decisions/own-decoder.md", "\\| goccy at its best setting \\| #", "decode", "goccy, NoCopyString, FirstWin", 4},
	{"docs/decisions/own-decoder.md", "nothing to maintain, but #", "decode", "encoding/json, Unmarshal", 4},
	{"docs/decisions/own-decoder.md", "\\*sonic\\*: #", "decode", "sonic, Unmarshal", 4},
	{"docs/decisions/own-decoder.md", "\\*easyjson\\*: #", "decode", "easyjson, nocopy", 4},
	{"docs/decisions/own-decoder.md", "the most similar; #", "decode", "jx, by hand", 4},
	{"docs/decisions/retry-layering.md", "\\*resty v2\\*: #", "memory", "resty, v2", 2},
	{"docs/decisions/retry-layering.md", "takes # times the CPU of net/http with the body discarded", "memory", "net/http, body discarded", -2},
}

func TestQuotedBenchmarks(t *testing.T) {
	benchmarks := mustRead(t, "BENCHMARKS.md")
	for _, q := range quoted {
		_, table, _ := strings.Cut(benchmarks, "<!-- "+q.group+": start -->")
		table, _, _ = strings.Cut(table, "<!-- "+q.group+": end -->")
		_, line, _ := strings.Cut(table, "\n| "+q.row+" | ")
		line, _, _ = strings.Cut(line, "\n")
		cells := append([]string{"", q.row}, strings.Split(line, " | ")...)
		column := max(q.column, -q.column)
		if column >= len(cells) {
			t.Errorf("BENCHMARKS.md: got no row %q of %s, want one", q.row, q.group)
			continue
		}
		figure, _, _ := strings.Cut(cells[column], " ")
		value, err := strconv.ParseFloat(figure, 64)
		if err != nil {
			t.Fatal(err)
		}
		if q.column < 0 {
			value = 1 / value
		}
		pattern := regexp.MustCompile(strings.ReplaceAll(strings.ReplaceAll(q.pattern, " ", `\s+`), "#", `(\d+\.\d+)`))
		for _, doc := range documents(t) {
			if matches, _ := path.Match(q.documents, doc.name); !matches {
				continue
			}
			found := pattern.FindStringSubmatch(doc.prose)
			if found == nil {
				t.Errorf("%s: got nothing like %q: if the place was reworded, correct its pattern in figures_test.go", doc.name, q.pattern)
				continue
			}
			_, decimals, _ := strings.Cut(found[1], ".")
			if want := strconv.FormatFloat(value, 'f', len(decimals), 64); found[1] != want {
				t.Errorf("%s: got %s in %q, want %s as in BENCHMARKS.md (%s)", doc.name, found[1], found[0], want, q.row)
			}
		}
	}
}
