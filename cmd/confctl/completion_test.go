package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// completes prints what bash offers for the words of a command line, the last of which is being written.
const completes = `
_get_comp_words_by_ref() { # as the package bash-completion has it
	cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
}
__ltrim_colon_completions() { :; }
source <(confctl completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($#-1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9
compopt() { :; }
__start_confctl
printf '%s\n' "${COMPREPLY[@]}"
`

func TestBashCompletes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	for line, want := range map[string]string{
		"confctl sna":                         "snapshot",
		"confctl help wa":                     "watch",
		"confctl list ":                       "",
		"confctl list --sor":                  "--sort",
		"confctl list --sort atten":           "attendeeCnt",
		"confctl list --sort -atten":          "-attendeeCnt",
		"confctl list --sort title,-atten":    "title,-attendeeCnt",
		"confctl export --columns title,even": "title,eventId",
		"confctl export --format x":           "xlsx",
		"confctl watch --events started,en":   "started,ended",
		"confctl completion f":                "fish",
		"confctl serve --order shuf":          "shuffled",
		"confctl list --limit ":               "",
		"confctl help comp":                   "completion",
		"confctl snapshot --require comp":     "complete",
		"confctl --lang z":                    "zh",
		"confctl history --format p":          "parquet",
		"confctl serve --total dou":           "doubled",
	} {
		args := append([]string{"--noprofile", "--norc", "-c", completes, "bash"}, strings.Split(line, " ")...)
		out, err := exec.CommandContext(t.Context(), "bash", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v, %s", line, err, out)
		}
		// bash writes a comma with a backslash, which it takes away itself
		if diff := cmp.Diff(want, strings.ReplaceAll(strings.TrimSpace(string(out)), `\,`, ",")); diff != "" {
			t.Errorf("%q (-want +got)\n%s", line, diff)
		}
	}
}

// A value that begins with - is one also in fish.
func TestFishCompletes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("fish"); err != nil {
		t.Skip(err)
	}
	for line, want := range map[string]string{
		"confctl list --sort -atten":          "-attendeeCnt",
		"confctl export --columns title,even": "title,eventId",
		"confctl list ":                       "",
	} {
		cmd := exec.CommandContext(t.Context(), "fish", "--no-config", "-c", "confctl completion fish | source; complete -C '"+line+"'")
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		first, _, _ := strings.Cut(string(out), "\n")
		if err != nil || first != want {
			t.Errorf("%q: got %q and %v, want %q", line, out, err, want)
		}
	}
}

// No shell of PowerShell's is needed: the script is whole, asks confctl, and is registered for it.
func TestPowerShellScript(t *testing.T) {
	t.Parallel()
	got := confctl(t.Context(), nil, "completion", "powershell")
	got.must(t, 0)
	plain := regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(got.Stdout, "")
	plain = regexp.MustCompile("'[^']*'|\"(?:[^\"\x60]|\x60.)*\"").ReplaceAllString(plain, "")
	for _, pair := range []string{"{}", "()", "[]"} {
		if open, closed := strings.Count(plain, pair[:1]), strings.Count(plain, pair[1:]); open != closed || open < 10 {
			t.Errorf("got %d %s and %d %s", open, pair[:1], closed, pair[1:])
		}
	}
	for _, want := range []string{"$Program __complete $Arguments", "Register-ArgumentCompleter -CommandName 'confctl' -ScriptBlock", "CompletionResult]::new("} {
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("no %q in the script", want)
		}
	}
}
