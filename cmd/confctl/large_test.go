package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

var (
	large  = flag.Bool("export.large", false, "export lists of 10,000 and 100,000 conferences, read them back, and report the effort; needs GNU time, a Python with openpyxl, and a node with @duckdb/node-api")
	python = flag.String("export.python", "python3", "the Python to read back with")
)

// longList makes a part of a list, with ids of 19 digits, and titles that are hard on a format.
func longList(first, n int) []confopenapi.Conference {
	list := confopenapitest.ConferencesFrom(first, n, 1)
	for i := range list {
		list[i].EventID += 1 << 60
		switch (first + i) % 100 {
		case 10:
			list[i].Title = "=SUM(A1:A9)"
		case 20:
			list[i].Title = "'引用', \"逗号\"\n换行"
		case 30:
			list[i].Title = " @庆功会 🎉\t"
		case 40:
			list[i].Title = "plan;=1+1;'x"
		}
	}
	return list
}

// TestLargeExports measures a process of its own, and has another tool than the one that wrote a file read it.
func TestLargeExports(t *testing.T) {
	if !*large {
		t.Skip("it takes minutes: -export.large")
	}
	for _, total := range []int{10_000, 100_000} {
		service := confopenapitest.NewServer(t)
		service.Intercept(func(x *confopenapitest.Exchange) {
			first := (x.List.Page - 1) * x.List.Count
			x.RespondPage(total, longList(first, max(0, min(x.List.Count, total-first)))...)
		})
		dir := t.TempDir()
		source := filepath.Join(dir, "source")
		writeSource(t, source, total)
		for _, format := range export.Formats() {
			file := filepath.Join(dir, "all."+string(format))
			// The memory that the kernel counts for a process begins with that of what started it, so it is not this one.
			cmd := exec.CommandContext(t.Context(), "/usr/bin/time", "-f", "%e s, CPU %U + %S s, peak RSS %M KiB",
				"confctl", "export", "-o", file, "--with-personal-data", "--quiet")
			cmd.Env = append(os.Environ(), program.EnvBaseURL+"="+service.URL, program.EnvToken+"="+service.Token(), "TZ=UTC")
			effort, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, effort)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			read := exec.CommandContext(t.Context(), *python, "testdata/readback.py", source, file)
			if format == export.Parquet {
				read = exec.CommandContext(t.Context(), "node", "testdata/readback.cjs", source, file)
			}
			text, err := read.CombinedOutput()
			if err != nil || !strings.HasPrefix(string(text), fmt.Sprintf("%d conferences", total)) {
				t.Fatalf("%v: %s", err, text)
			}
			t.Logf("%-6s %6d: %s, file %d KiB; %s", format, total, bytes.TrimSpace(effort), info.Size()>>10, bytes.TrimSpace(text))
		}
	}
}

func writeSource(t *testing.T, path string, total int) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const part = 1000
	for first := 0; first < total; first += part {
		var lines []byte
		for _, c := range longList(first, part) {
			lines = append(c.AppendJSON(lines), '\n')
		}
		if _, err := file.Write(lines); err != nil {
			t.Fatal(err)
		}
	}
}
