package check_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMain has all tests run in the root of the repository.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := os.Chdir(filepath.Join("..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const module = "github.com/confopenapi/confopenapi-go"

// tracked are the files that are committed or to be committed, without those that are just deleted.
func tracked(t *testing.T) []string {
	t.Helper()
	names := git(t, ".", "-c", "core.quotePath=off", "ls-files", "--cached", "--others", "--exclude-standard")
	return slices.DeleteFunc(strings.Split(names, "\n"), func(name string) bool {
		_, err := os.Lstat(name)
		return err != nil
	})
}

// version is what the SDK says of itself, in the form of a tag.
func version(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^const Version = "(\d+\.\d+\.\d+)"$`).FindStringSubmatch(mustRead(t, "client.go"))
	if match == nil {
		t.Fatal("client.go has no Version")
	}
	return "v" + match[1]
}

// execute runs a program in a folder, with a name for commits, and returns what it printed.
func execute(t *testing.T, dir, program string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=user.name", "GIT_CONFIG_VALUE_0=test",
		"GIT_CONFIG_KEY_1=user.email", "GIT_CONFIG_VALUE_1=test@example.com", "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func sh(t *testing.T, dir, command string) {
	t.Helper()
	if out, err := execute(t, dir, "sh", "-euc", command); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := execute(t, dir, "git", args...)
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return out
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustWrite writes a file, and the folder that it is in.
func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
