package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/repo/docs"
	"github.com/confopenapi/confopenapi-go/internal/repo/user"
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
	"go -C cmd/confctl run . export -o ~/conferences.xlsx": "it writes into a home directory; make run has another file",
	"go -C cmd/confctl run . serve":                        "it serves until it is interrupted, as the program's tests have it",
	"make bench":                                           measures,
	"make bench-full":                                      measures,

	"go -C bench test -run '^$' -bench 'All/decode/200/' -count 10 .":                                 measures,
	"SONIC_USE_OPTDEC=1 go -C bench test -run '^$' -bench 'All/decode/200/sonic,.OPTDEC' -count 10 .": measures,
}

// commands are those of a document, in their order.
func commands(t *testing.T, doc docs.Document) []string {
	t.Helper()
	var all []string
	for _, block := range doc.Blocks {
		switch block.Language {
		case "sh":
			found, err := block.Commands()
			if err != nil {
				t.Errorf("%s: %v:\n%s", doc.Name, err, block.Text)
			}
			all = append(all, found...)
		case "", "bash", "shell", "console", "shellsession", "zsh", "powershell", "bat", "cmd":
			t.Errorf("%s: a block in %q: what is run is \"sh\", what is not is \"text\"", doc.Name, block.Language)
		}
	}
	return all
}

func TestCommandsAreRun(t *testing.T) {
	targets := ciTargets(t)
	recipes := dryRun(t, targets)
	met := map[string]bool{}
	for _, doc := range documents(t) {
		for _, command := range commands(t, doc) {
			met[command] = true
			target, isMake := strings.CutPrefix(command, "make ")
			switch {
			case isMake && slices.Contains(targets, target):
			case !isMake && regexp.MustCompile(`(?m)(^|\s)`+regexp.QuoteMeta(command)+`(;|\s|$)`).MatchString(recipes):
			case slices.Contains(byUser, command):
			case notRun[command] != "":
			default:
				t.Errorf("%s: nothing runs %q: have CI run it, or list it in this file", doc.Name, command)
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

// ciTargets are what .ci/run makes, and what that needs.
func ciTargets(t *testing.T) []string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, match := range regexp.MustCompile(`\bmake (?:-\S+ )*([a-z0-9-]+)`).FindAllStringSubmatch(string(script), -1) {
		if strings.Contains(string(makefile), "\n"+match[1]+":") { // else it is make that is installed, or prose
			targets = append(targets, match[1])
		}
	}
	for i := 0; i < len(targets); i++ {
		needs := regexp.MustCompile(`(?m)^` + targets[i] + `:((?: [a-z0-9-]+)+) *(?:##.*)?$`).FindSubmatch(makefile)
		if needs != nil {
			targets = append(targets, strings.Fields(string(needs[1]))...)
		}
	}
	if !slices.Contains(targets, "test") || !slices.Contains(targets, "vet") {
		t.Fatalf(".ci/run makes %v: some were not found", targets)
	}
	return targets
}

// dryRun is what make would run.
func dryRun(t *testing.T, targets []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"-n", "-C", root}, targets...)...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// The commands of users, one after the other as a document has them, get a program to build.
func TestUserCommands(t *testing.T) {
	var done [][]string
	for _, doc := range documents(t) {
		sequence := slices.DeleteFunc(commands(t, doc), func(c string) bool { return !slices.Contains(byUser, c) })
		if len(sequence) == 0 || slices.ContainsFunc(done, func(other []string) bool { return slices.Equal(other, sequence) }) {
			continue // a document's twin has the same
		}
		done = append(done, sequence)
		t.Run(doc.Name, func(t *testing.T) {
			dir := t.TempDir()
			m, err := user.NewMachine(t.Context(), root, dir)
			if err != nil {
				t.Fatal(err)
			}
			app := filepath.Join(dir, "app")
			if err := os.Mkdir(app, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				"go.mod":  "module example.com/app\n\ngo 1.26\n",
				"main.go": "package main\n\nimport \"github.com/confopenapi/confopenapi-go\"\n\nfunc main() { println(confopenapi.Version) }\n",
			} {
				if err := os.WriteFile(filepath.Join(app, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, command := range append(sequence, "go build ./...") {
				if _, err := m.Run(t.Context(), app, command); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if len(done) == 0 {
		t.Error("no document has a command for users")
	}
}
