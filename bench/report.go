package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// A report is all that a run has found out.
type report struct {
	Time     time.Time         `json:"time"`
	Took     time.Duration     `json:"took"` // nanoseconds
	Rounds   int               `json:"rounds"`
	Go       string            `json:"go"`
	Platform string            `json:"platform"`
	CPU      string            `json:"cpu"`      // its model
	Cores    int               `json:"cores"`    // that there are; a run uses one
	Versions map[string]string `json:"versions"` // of the peers' modules
	Programs []program         `json:"programs,omitzero"`
	results  []result
}

func newReport(begin time.Time, rounds int, results []result, programs []program) report {
	return report{
		Time: begin.UTC(), Took: time.Since(begin), Rounds: rounds, Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, CPU: model(), Cores: runtime.NumCPU(), Versions: versions(results),
		results: results, Programs: programs,
	}
}

// model is what Linux says, and empty elsewhere.
func model() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// versions are those that this program is built with.
func versions(results []result) map[string]string {
	found := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return found
	}
	for _, r := range results {
		for _, row := range r.rows {
			for _, dep := range info.Deps {
				if dep.Path == row.module && dep.Path != sdkModule {
					found[dep.Path] = dep.Version
				}
			}
		}
	}
	return found
}

// A section is a part of the report, with the name of its place in BENCHMARKS.md.
type section struct {
	name   string
	title  string
	tables []table.Writer
}

func (r report) sections() []section {
	var sections []section
	for _, group := range []struct {
		name, title string
		cpu, memory []column
	}{
		{decodeGroup, "Decoding", decodeCPU, decodeMemory},
		{formsGroup, "Decoding pages of 200 in other forms", decodeCPU, nil},
		{encodeGroup, "Encoding pages", decodeCPU, encodeMemory},
		{appendGroup, "Encoding conferences into a buffer with room", decodeCPU, encodeMemory},
		{memoryGroup, "Whole calls, responses from memory", callCPU, callMemory},
		{loopbackGroup, "Whole calls over loopback", callCPU, callMemory},
	} {
		var of []result
		for _, result := range r.results {
			if result.group == group.name {
				of = append(of, result)
			}
		}
		if of != nil {
			tables := []table.Writer{fill(of, slices.Concat(ratios(of), group.cpu))}
			if group.memory != nil {
				tables = append(tables, fill(of, group.memory))
			}
			sections = append(sections, section{group.name, group.title, tables})
		}
	}
	if r.Programs != nil {
		sections = append(sections, section{sizeGroup, "Size of a program", []table.Writer{sizeTable(r.Programs)}})
	}
	return sections
}

// circumstances are lines about when, where and with what this was measured.
func (r report) circumstances() []string {
	lines := []string{
		fmt.Sprintf("%s, %s on %s, %d cores of %s", r.Time.Format(time.DateOnly), r.Go, r.Platform, r.Cores, r.CPU),
		fmt.Sprintf("%d rounds in %s", r.Rounds, r.Took.Round(time.Second)),
	}
	var modules []string
	for path, version := range r.Versions {
		modules = append(modules, path+" "+version)
	}
	slices.Sort(modules)
	return append(lines, strings.Join(modules, ", "))
}

// print is the report for people.
func (r report) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintln(&b, strings.Join(r.circumstances(), "\n"))
	for _, s := range r.sections() {
		fmt.Fprintf(&b, "\n%s\n", s.title)
		for _, t := range s.tables {
			fmt.Fprintln(&b, t.Render())
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A jsonRow is a row for programs.
type jsonRow struct {
	Task    string        `json:"task"`
	Subject string        `json:"subject"`
	Strings string        `json:"strings,omitzero"`
	Ratio   [3]float64    `json:"ratio"`  // quartiles of CPU over the SDK's
	CPU     time.Duration `json:"cpu"`    // nanoseconds of a run
	Allocs  float64       `json:"allocs"` // of a run
	Bytes   float64       `json:"bytes"`  // that a run allocates
	Kept    *retention    `json:"kept,omitzero"`
}

// printJSON is the report for programs.
func (r report) printJSON(w io.Writer) error {
	rows := []jsonRow{}
	for _, result := range r.results {
		for _, of := range result.rows {
			rows = append(rows, jsonRow{
				result.String(), of.String(), of.strings, of.ratio, of.cpu, of.allocs, of.bytes, of.retention,
			})
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		report
		Rows []jsonRow `json:"rows"`
	}{r, rows})
}
