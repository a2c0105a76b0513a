package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// sizeGroup is the sizes of programs. They are built, not run.
const sizeGroup = "size"

// budget is by how many bytes the SDK may make a program larger that has net/http anyway.
const budget = 1_200_000

// A program does one call, and is as large as what it takes for that.
type program struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// The programs. The first is what the others are compared to, and the last has the SDK.
var programs = []struct{ name, path string }{
	{"net/http", "nethttp"},
	{"net/http, encoding/json", "json"},
	{"confopenapi", "sdk"},
}

// buildPrograms builds them stripped, and measures the files. It takes the go command, and this module's directory or one
// in it as the current one.
func buildPrograms(ctx context.Context) ([]program, error) {
	dir, err := os.MkdirTemp("", "bench-size-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var built []program
	for _, p := range programs {
		file := filepath.Join(dir, p.path)
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file,
			benchModule+"/internal/program/"+p.path)
		if output, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", p.path, err, output)
		}
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		built = append(built, program{p.name, info.Size()})
	}
	return built, nil
}

// withinBudget fails if the SDK adds too much.
func withinBudget(built []program) error {
	if added := built[len(built)-1].Bytes - built[0].Bytes; added > budget {
		return fmt.Errorf("the SDK adds %d bytes to a program with net/http, more than %d", added, budget)
	}
	return nil
}
