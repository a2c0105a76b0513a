package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
)

func load(t *testing.T, text string, mode os.FileMode) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return config.Load(path)
}

func TestLoadMistakes(t *testing.T) {
	const head = "[profiles.a]\nbase-url = \"https://conf.example.com\"\n"
	for name, c := range map[string]struct {
		text string
		want config.Error
	}{
		"syntax":         {head + "token-file = hunter2", config.Error{Mistake: config.Syntax, Line: 3}},
		"type":           {head + "admin = \"hunter2\"", config.Error{Mistake: config.Syntax, Line: 3}},
		"command":        {head + "token-command = \"pass hunter2\"", config.Error{Mistake: config.Syntax, Line: 3}},
		"twice":          {head + head, config.Error{Mistake: config.Syntax, Line: 3}},
		"unknown":        {head + "colour = 1", config.Error{Mistake: config.UnknownKey, Key: "profiles.a.colour"}},
		"unknown on top": {"base-url = \"x\"\n" + head, config.Error{Mistake: config.UnknownKey, Key: "base-url"}},
		"token":          {head + "Token = \"hunter2\"", config.Error{Mistake: config.TokenInside, Key: "profiles.a.Token"}},
		"address":        {"[profiles.a]\nadmin = 1", config.Error{Mistake: config.NoAddress, Key: "profiles.a"}},
		"two":            {head + "token-file = \"f\"\ntoken-command = [\"c\"]", config.Error{Mistake: config.TwoTokens, Key: "profiles.a"}},
		"administrator":  {head + "admin = -1", config.Error{Mistake: config.NegativeUser, Key: "profiles.a.admin"}},
		"name":           {"[profiles.\"../a\"]\nbase-url = \"x\"", config.Error{Mistake: config.UnknownKey, Key: `profiles."../a"`}},
	} {
		_, err := load(t, c.text, 0o600)
		got, ok := errors.AsType[*config.Error](err)
		if !ok {
			t.Errorf("%s: got %v, want a mistake", name, err)
			continue
		}
		c.want.Path = got.Path
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a value: %v", name, err)
		}
	}
}

func TestLoadExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes there")
	}
	const plain = "[profiles.a]\nbase-url = \"https://conf.example.com\"\n"
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o602: true, 0o644: true} {
		for text, names := range map[string]bool{plain: false, plain + "token-file = \"f\"\n": true, plain + "token-command = [\"c\"]\n": true} {
			_, err := load(t, text, mode)
			wrong, ok := errors.AsType[*config.Error](err)
			if got := ok && wrong.Mistake == config.Exposed; got != (want && names) {
				t.Errorf("mode %o of\n%sgot %v", mode, text, err)
			}
		}
	}
}

func TestSaveKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "confctl", "config.toml")
	want := map[string]config.Profile{
		"default": {BaseURL: "https://conf.example.com/前缀?a=\"b\"", TokenFile: "default.token"},
		"test":    {BaseURL: "https://test.example.com", TokenFile: "test.token", Admin: 42, IgnoreTotals: true},
	}
	for _, token := range []string{"first", "second"} { // the second replaces the tokens alone
		for _, name := range []string{"default", "test"} {
			c, err := config.Load(path)
			if err == nil {
				err = c.Save(name, want[name], token)
			}
			if err != nil {
				t.Fatal(err)
			}
			if text, err := os.ReadFile(c.TokenPath(name)); err != nil || string(text) != token+"\n" {
				t.Errorf("token of %s: got %q, %v, want %q", name, text, err, token)
			}
		}
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.Profiles); diff != "" {
		t.Errorf("profiles (-want +got)\n%s", diff)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 3 {
		t.Errorf("files: got %v, %v, want config.toml and two tokens", entries, err)
	}
}

func TestPath(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"":                               {},
		"/x/confctl/config.toml":         {"XDG_CONFIG_HOME": "/x", "HOME": "/h"},
		"/h/.config/confctl/config.toml": {"HOME": "/h"},
	} {
		if got := config.Path(func(name string) string { return env[name] }); got != filepath.FromSlash(want) {
			t.Errorf("%v: got %q, want %q", env, got, want)
		}
	}
}
