package check_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every command in the "sh" blocks of a document is a target of make that CI runs, or what such a target runs, or one of
// byUser, or one of notRun.

// byUser are the commands of people who use the SDK before its first release.
var byUser = []string{
	"git clone https://github.com/confopenapi/confopenapi-go ../confopenapi-go",
	"go mod edit -replace github.com/confopenapi/confopenapi-go=../confopenapi-go",
	"go mod tidy",
}

const scripted = "the program's history.txtar runs it with a service of its own"

const measures = "it measures for minutes; the program's own tests run it for a moment"

// notRun are the commands that nothing runs, with the reason.
var notRun = map[string]string{
	"go -C cmd/confctl run . export -o ~/conferences.xlsx":                "it writes into a home directory; make check writes another file",
	"go -C ../confopenapi-go/cmd/confctl build -o ~/bin/confctl .":        "it writes into a home directory",
	"go get github.com/confopenapi/confopenapi-go":                        "it needs a release; TestConsumer gets the working tree",
	"go install github.com/confopenapi/confopenapi-go/cmd/confctl@latest": "it needs a release; the program's TestInstall installs the working tree",
	"go -C cmd/confctl run . serve":                                       "it serves until it is interrupted, as the program's tests do",
	"go -C cmd/confctl run . web --store ~/meetings.db":                   "it serves until it is interrupted, as the program's tests do",
	"go -C cmd/confctl run . history --store ~/meetings.db":               scripted,
	"make bench":           measures,
	"make bench WRITE=yes": measures,

	"go -C bench test -run '^$' -bench 'All/decode/200/' -count 10 .":                                 measures,
	"confctl watch --store meetings.db --interval 30s":                                                scripted,
	"confctl history --store meetings.db":                                                             scripted,
	"confctl history --store meetings.db --from 2026-11-02 --to 2026-11-02 --org 研发部 --all":           scripted,
	"confctl history --store meetings.db -o meetings.parquet":                                         scripted,
	"confctl history --store meetings.db --from 48h -o - --format csv >runs.csv":                      scripted,
	"SONIC_USE_OPTDEC=1 go -C bench test -run '^$' -bench 'All/decode/200/sonic,.OPTDEC' -count 10 .": measures,
}

func TestCommandsAreRun(t *testing.T) {
	var targets []string
	for _, match := range regexp.MustCompile(`(?m)^phase .*\bmake (?:-\S+ )*([a-z]+)(?: #.*)?$`).FindAllStringSubmatch(mustRead(t, ".ci/run"), -1) {
		targets = append(targets, match[1])
	}
	recipes, err := execute(t, ".", "make", append([]string{"-n"}, targets...)...)
	if err != nil || !slices.Contains(targets, "check") {
		t.Fatalf("got the targets %q of .ci/run, want check among them; %v: %s", targets, err, recipes)
	}
	makefile := mustRead(t, "Makefile")
	left := map[string]bool{}
	for _, command := range byUser {
		left[command] = true
	}
	for command := range notRun {
		left[command] = true
	}
	for _, doc := range documents(t) {
		for _, b := range doc.blocks {
			if slices.Contains([]string{"", "bash", "shell", "console", "zsh", "powershell"}, b.lang) {
				t.Errorf("%s: got a block in %q, want \"sh\" for commands that are run, else \"text\"", doc.name, b.lang)
			}
		}
		for _, command := range doc.commands() {
			target, isMake := strings.CutPrefix(command, "make ")
			isRun := regexp.MustCompile(`(?m)(^|\s)` + regexp.QuoteMeta(command) + `(;|\s|$)`).MatchString(recipes)
			if isMake {
				isRun = slices.Contains(targets, target)
			}
			if !isRun && !slices.Contains(byUser, command) && notRun[command] == "" {
				t.Errorf("%s: nothing runs %q: have CI run it, or list it in commands_test.go", doc.name, command)
			}
			delete(left, command)
		}
		for _, match := range regexp.MustCompile("`make ([a-z-]+)[^`]*`").FindAllStringSubmatch(doc.prose, -1) {
			if !strings.Contains(makefile, "\n"+match[1]+":") {
				t.Errorf("%s: there is no make %s", doc.name, match[1])
			}
		}
	}
	for command := range left {
		t.Errorf("%q is in no document any more", command)
	}
}

// The README's commands of byUser, in its order, get a program to build.
func TestUserCommands(t *testing.T) {
	m := newMachine(t)
	mustWrite(t, filepath.Join(m.dir, "app/go.mod"), "module example.com/app\n\ngo 1.26\n")
	mustWrite(t, filepath.Join(m.dir, "app/main.go"), mustRead(t, "examples/first/main.go"))
	for _, command := range parse("README.md", mustRead(t, "README.md")).commands() {
		if slices.Contains(byUser, command) {
			m.run(command)
		}
	}
	m.run("go build .")
}
