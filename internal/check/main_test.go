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
	return slices.DeleteFunc(strings.Split(git(t, ".", "-c", "core.quotePath=off", "ls-files", "--cached", "--others", "--exclude-standard"), "\n"), func(name string) bool {
		_, err := os.Lstat(filepath.FromSlash(name))
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

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
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

// edited is a text with one place of it changed.
func edited(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if strings.Count(text, old) != 1 {
		t.Fatalf("the text has %q %d times, want once", old, strings.Count(text, old))
	}
	return strings.Replace(text, old, replacement, 1)
}
