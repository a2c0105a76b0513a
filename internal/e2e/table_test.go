//go:build linux

package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const reliability = "../../RELIABILITY.md"

var (
	writeFaults = flag.Bool("reliability.write", false, "write the table of faults to RELIABILITY.md")
	writeSoak   = flag.Bool("soak.write", false, "write the figures of TestSoak to RELIABILITY.md")
)

// cell is what came of one call in one story.
type cell struct {
	outcome  string
	err      error
	attempts int
	took     time.Duration
}

func (c cell) String() string {
	return fmt.Sprintf("%s%s%d%s%s", c.outcome, separator, c.attempts, separator, rounded(c.took))
}

// separator stands between the outcome, which RELIABILITY.md promises, and what differs from run to run.
const separator = " · "

func rounded(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Round(time.Millisecond).Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// parts of the table, in its order.
var parts = []struct {
	component string
	faults    []fault
}{
	{"toxiproxy", toxicFaults},
	{"nginx", nginxFaults},
	{"nginx, redirects", redirects()},
	{"tinyproxy", tinyproxyFaults},
	{"net/http, HTTP/2", http2Faults},
}

// record is what this run has to write.
var record struct {
	sync.Mutex
	played map[string]map[string]cell // by component and name, then by call
	soak   string
}

// play plays the faults of a component.
func play(t *testing.T, component string) {
	t.Helper()
	for _, part := range parts {
		if part.component != component {
			continue
		}
		for _, f := range part.faults {
			t.Run(f.name, func(t *testing.T) {
				cells := f.row(t)
				for _, c := range calls {
					t.Logf("%-13s %s", c.name, cells[c.name])
				}
				record.Lock()
				defer record.Unlock()
				if record.played == nil {
					record.played = map[string]map[string]cell{}
				}
				record.played[component+": "+f.name] = cells
			})
		}
	}
}

// What RELIABILITY.md says is what the tests demand, fault by fault and call by call.
func TestReliabilityIsAsWritten(t *testing.T) {
	if *writeFaults {
		t.Skip("it is being written")
	}
	text, err := os.ReadFile(reliability)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _, err := region(string(text), "faults")
	if err != nil {
		t.Fatal(err)
	}
	figures := regexp.MustCompile(regexp.QuoteMeta(separator) + `[^|]* \|`)
	var written, demanded []string
	for text := range strings.Lines(table) {
		if strings.HasPrefix(text, "| ") {
			written = append(written, figures.ReplaceAllString(strings.TrimSpace(text), " |"))
		}
	}
	for _, part := range parts {
		demanded = append(demanded, head(part.component))
		for _, f := range part.faults {
			demanded = append(demanded, line(f.name, f.want.of))
		}
	}
	if diff := cmp.Diff(demanded, written); diff != "" {
		t.Errorf("make integration WRITE=yes writes it (-demanded, +written):\n%s", diff)
	}
}

// line is one of a table: what it is about, and a cell for each call.
func line(about string, cell func(call string) string) string {
	cells := []string{"", about}
	for _, c := range calls {
		cells = append(cells, cell(c.name))
	}
	return strings.TrimSpace(strings.Join(append(cells, ""), " | "))
}

func head(component string) string {
	return line(component, func(call string) string { return call })
}

// write puts what this run was asked to write into RELIABILITY.md.
func write() error {
	data, err := os.ReadFile(reliability)
	text := string(data)
	if err == nil && *writeFaults {
		var table string
		if table, err = faultTable(); err == nil {
			text, err = replaced(text, "faults", table)
		}
	}
	if err == nil && *writeSoak {
		text, err = replaced(text, "soak", record.soak)
	}
	if err != nil || text == string(data) {
		return err
	}
	return os.WriteFile(reliability, []byte(text), 0o644)
}

func faultTable() (string, error) {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, "%s\n|---|---|---|---|---|---|\n", head(part.component))
		for _, f := range part.faults {
			cells := record.played[part.component+": "+f.name]
			if len(cells) < len(calls) {
				return "", fmt.Errorf("%s: %s was not played", part.component, f.name)
			}
			fmt.Fprintln(&b, line(f.name, func(call string) string { return cells[call].String() }))
		}
		fmt.Fprintln(&b)
	}
	return b.String() + versions(), nil
}

// versions is what the figures were made with.
func versions() string {
	list := []string{runtime.Version() + " on " + runtime.GOOS + "/" + runtime.GOARCH}
	number := regexp.MustCompile(`\d+(\.\d+)+`)
	for _, of := range [][]string{
		{"toxiproxy", "go", "list", "-m", "github.com/Shopify/toxiproxy/v2"}, {"nginx", "nginx", "-v"}, {"tinyproxy", "tinyproxy", "-v"},
	} {
		path, err := find(of[1])
		if err != nil {
			continue
		}
		output, _ := exec.Command(path, of[2:]...).CombinedOutput()
		list = append(list, of[0]+" "+number.FindString(string(output)))
	}
	return fmt.Sprintf("%s, %d CPUs.", strings.Join(list, ", "), runtime.NumCPU())
}

// region is the part of a text between two markers, and what is around it.
func region(text, name string) (before, inside, after string, err error) {
	start, end := "<!-- "+name+": start -->\n", "<!-- "+name+": end -->"
	i, j := strings.Index(text, start), strings.Index(text, end)
	if i < 0 || j < i {
		return "", "", "", fmt.Errorf("%s has no place for %s", reliability, name)
	}
	i += len(start)
	return text[:i], text[i:j], text[j:], nil
}

func replaced(text, name, with string) (string, error) {
	before, _, after, err := region(text, name)
	if err == nil && with == "" {
		err = fmt.Errorf("there is nothing to write of %s", name)
	}
	return before + strings.TrimRight(with, "\n") + "\n" + after, err
}

// grouped is a number with commas.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
