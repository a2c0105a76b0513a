package main

import (
	"runtime"
	"runtime/debug"

	"github.com/confopenapi/confopenapi-go"
)

// version names the program, its commit and the Go that built it.
func version() string {
	number, commit, changed := confopenapi.Version, "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			number = v
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " with changes"
			}
		}
	}
	if commit != "" {
		commit = "commit " + commit + changed + "\n"
	}
	return "confctl " + number + "\n" + commit + runtime.Version() + "\n"
}
