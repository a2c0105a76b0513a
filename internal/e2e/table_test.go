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
	"go.uber.org/goleak"
)

const reliability = "../../RELIABILITY.md"

var (
	writeFaults = flag.Bool("reliability.write", false, "write the table of faults to RELIABILITY.md")
	writeSoak   = flag.Bool("soak.write", false, "write the figures of TestSoak to RELIABILITY.md")
)

// parts of the table of faults, in its order.
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

// cell is the outcome of one call in one scene.
type cell struct {
	outcome  string
	err      error
	attempts int
	took     time.Duration
}

// separator stands between the outcome, which RELIABILITY.md promises, and what differs from run to run.
const separator = " · "

func (c cell) String() string {
	took := fmt.Sprintf("%.1f s", c.took.Seconds())
	if c.took < time.Second {
		took = fmt.Sprintf("%d ms", max(1, c.took.Round(time.Millisecond).Milliseconds()))
	}
	return fmt.Sprint(c.outcome, separator, c.attempts, separator, took)
}

// record is what this run can write.
var record struct {
	sync.Mutex
	cells map[string]cell // by component, fault and call
	soak  string
}

// play plays the faults of a component, each with every call side by side, each in its own scene. Nothing may be left of them.
func play(t *testing.T, component string) {
	t.Helper()
	for _, part := range parts {
		for _, f := range part.faults {
			if part.component != component {
				continue
			}
			t.Run(f.name, func(t *testing.T) {
				running := goleak.IgnoreCurrent()
				t.Run("calls", func(t *testing.T) {
					for _, c := range calls {
						t.Run(c.name, func(t *testing.T) {
							t.Parallel()
							got, want := f.play(t, c), f.want.of(c.name)
							if got.outcome == f.or {
								got.outcome = want
							}
							if t.Log(got); got.outcome != want {
								t.Errorf("got %s, want %s; the last error: %v", got.outcome, want, got.err)
							}
							record.Lock()
							defer record.Unlock()
							if record.cells == nil {
								record.cells = map[string]cell{}
							}
							record.cells[component+f.name+c.name] = got
						})
					}
				})
				if err := goleak.Find(append(ignored, running)...); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// The outcomes in RELIABILITY.md are those that the tests want, fault by fault and call by call.
func TestReliabilityIsAsWritten(t *testing.T) {
	if *writeFaults {
		t.Skip("it is being written")
	}
	text, err := os.ReadFile(reliability)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := region(string(text), "faults")
	got := regexp.MustCompile(separator+`[^|]* \|`).ReplaceAllString(table, " |")
	want := faultTable(func(_ string, f fault, call string) string { return f.want.of(call) })
	if i := strings.LastIndex(got, "\n\n"); i >= 0 {
		got = got[:i+2] // without the versions
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table of RELIABILITY.md (-tests +document); make integration WRITE=yes writes it:\n%s", diff)
	}
}

func faultTable(of func(component string, f fault, call string) string) string {
	var b strings.Builder
	for _, part := range parts {
		line := func(name string, cell func(call string) string) {
			b.WriteString("| " + name + " |")
			for _, c := range calls {
				b.WriteString(" " + cell(c.name) + " |")
			}
			b.WriteString("\n")
		}
		line(part.component, func(call string) string { return call })
		b.WriteString("|---|---|---|---|---|---|\n")
		for _, f := range part.faults {
			line(f.name, func(call string) string { return of(part.component, f, call) })
		}
		b.WriteString("\n")
	}
	return b.String()
}

// write puts what this run was asked to write into RELIABILITY.md.
func write() error {
	data, err := os.ReadFile(reliability)
	if err != nil {
		return err
	}
	text := string(data)
	if *writeFaults {
		table := faultTable(func(component string, f fault, call string) string {
			got, played := record.cells[component+f.name+call]
			if !played {
				err = fmt.Errorf("%s: %s was not played with %s", component, f.name, call)
			}
			return got.String()
		})
		before, _, after := region(text, "faults")
		text = before + table + versions() + "\n" + after
	}
	if *writeSoak && record.soak != "" {
		before, _, after := region(text, "soak")
		text = before + record.soak + after
	}
	if err != nil || text == string(data) {
		return err
	}
	return os.WriteFile(reliability, []byte(text), 0o644)
}

// versions is what the figures were made with.
func versions() string {
	text := runtime.Version() + " on " + runtime.GOOS + "/" + runtime.GOARCH
	for _, of := range [][]string{
		{"toxiproxy", "go", "list", "-m", "github.com/Shopify/toxiproxy/v2"}, {"nginx", "nginx", "-v"}, {"tinyproxy", "tinyproxy", "-v"},
	} {
		if path, err := find(of[1]); err == nil {
			output, _ := exec.Command(path, of[2:]...).CombinedOutput()
			text += ", " + of[0] + " " + regexp.MustCompile(`\d+(\.\d+)+`).FindString(string(output))
		}
	}
	return fmt.Sprintf("%s, %d CPUs.", text, runtime.NumCPU())
}

// region is the part of RELIABILITY.md between two markers, and what is around it.
func region(text, name string) (before, inside, after string) {
	match := regexp.MustCompile(`(?s)^(.*<!-- ` + name + `: start -->\n)(.*)(<!-- ` + name + `: end -->.*)$`).FindStringSubmatch(text)
	if match == nil {
		panic(reliability + " has no place for " + name)
	}
	return match[1], match[2], match[3]
}
