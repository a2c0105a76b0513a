package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every command in a document's "sh" blocks is one of: a target of make that CI runs; what such a target runs; what
// TestUserCommands runs; or it is not run, for the reason that is given here.

// byUser are the commands of people who use the SDK in a module of theirs.
var byUser = []string{
	"git clone https://github.com/confopenapi/confopenapi-go ../confopenapi-go",
	"go mod edit -replace github.com/confopenapi/confopenapi-go=../confopenapi-go",
	"go mod tidy",
}

const measures = "it measures, for minutes; the program's own tests run it for a moment"

var notRun = map[string]string{
	"go -C cmd/confctl run . export -o ~/conferences.xlsx": "it writes into a home directory; make check has another file",
	"go -C cmd/confctl run . serve":                        "it serves until it is interrupted, as the program's tests have it",
	"make bench":                                           measures,
	"go test -short ./...":                                 "make test runs the same tests, and more",

	"go -C bench test -run '^$' -bench 'All/decode/200/' -count 10 .":                                 measures,
	"SONIC_USE_OPTDEC=1 go -C bench test -run '^$' -bench 'All/decode/200/sonic,.OPTDEC' -count 10 .": measures,
}

func TestCommandsAreRun(t *testing.T) {
	var targets []string
	for _, match := range regexp.MustCompile(`(?m)^phase .*\bmake (?:-\S+ )*([a-z]+)$`).FindAllStringSubmatch(mustRead(t, ".ci/run"), -1) {
		targets = append(targets, match[1])
	}
	if !slices.Contains(targets, "test") || !slices.Contains(targets, "check") {
		t.Fatalf(".ci/run makes %v: some were not found", targets)
	}
	dryRun := exec.CommandContext(t.Context(), "make", append([]string{"-n"}, targets...)...)
	dryRun.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	recipes, err := dryRun.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, recipes)
	}
	met := map[string]bool{}
	for _, doc := range documents(t) {
		for _, command := range doc.commands() {
			met[command] = true
			target, isMake := strings.CutPrefix(command, "make ")
			switch {
			case isMake && slices.Contains(targets, target):
			case !isMake && regexp.MustCompile(`(?m)(^|\s)`+regexp.QuoteMeta(command)+`(;|\s|$)`).Match(recipes):
			case slices.Contains(byUser, command) || notRun[command] != "":
			default:
				t.Errorf("%s: nothing runs %q: have CI run it, or list it in this file", doc.name, command)
			}
		}
	}
	for _, command := range byUser {
		if !met[command] {
			t.Errorf("%q is in no document any more", command)
		}
	}
	for command := range notRun {
		if !met[command] {
			t.Errorf("%q is in no document any more", command)
		}
	}
}

func TestDocsNameTargetsThatExist(t *testing.T) {
	makefile := mustRead(t, "Makefile")
	for _, doc := range documents(t) {
		for _, match := range regexp.MustCompile("`make ([a-z-]+)[^`]*`").FindAllStringSubmatch(doc.prose, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: there is no make %s", doc.name, match[1])
			}
		}
	}
}

// What is run is in "sh" blocks, and nothing else of a shell is in a document.
func TestBlocksOfShells(t *testing.T) {
	for _, doc := range documents(t) {
		for _, b := range doc.blocks {
			if slices.Contains([]string{"", "bash", "shell", "console", "shellsession", "zsh", "powershell", "bat", "cmd"}, b.lang) {
				t.Errorf("%s: a block in %q: what is run is \"sh\", what is not is \"text\"", doc.name, b.lang)
			}
		}
	}
}

// The commands of users, one after the other as a document has them, get a program to build.
func TestUserCommands(t *testing.T) {
	var done [][]string
	for _, doc := range documents(t) {
		sequence := slices.DeleteFunc(doc.commands(), func(c string) bool { return !slices.Contains(byUser, c) })
		if len(sequence) == 0 || slices.ContainsFunc(done, func(other []string) bool { return slices.Equal(other, sequence) }) {
			continue // a document's twin has the same
		}
		done = append(done, sequence)
		t.Run(doc.name, func(t *testing.T) {
			m := newMachine(t)
			mustWrite(t, filepath.Join(m.dir, "app/go.mod"), "module example.com/app\n\ngo 1.26\n")
			mustWrite(t, filepath.Join(m.dir, "app/main.go"), "package main\n\nimport \"github.com/confopenapi/confopenapi-go\"\n\nfunc main() { println(confopenapi.Version) }\n")
			for _, command := range append(sequence, "go build ./...") {
				m.run("app", command)
			}
		})
	}
	if len(done) == 0 {
		t.Error("no document has a command for users")
	}
}
