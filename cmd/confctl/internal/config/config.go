// Package config reads and writes the configuration of confctl: a TOML file of profiles, each with the address of a service and
// where its token is, and of alerts. Tokens and other secrets are in files of their own.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/alert"
)

// Default is the profile that is used unless another is asked for.
const Default = "default"

// Profile is how a service is called.
type Profile struct {
	BaseURL      string   `toml:"base-url"`
	TokenFile    string   `toml:"token-file"`    // relative to the directory of the configuration
	TokenCommand []string `toml:"token-command"` // prints the token; no shell runs it
	Admin        int64    `toml:"admin"`         // 0 = the super administrator
	IgnoreTotals bool     `toml:"ignore-totals"`
	Facts        string   `toml:"facts"` // a file that doctor wrote, relative to the directory of the configuration
}

// Config is a configuration file.
type Config struct {
	Path     string
	Profiles map[string]Profile
	Webhooks map[string]Webhook
	Rules    []alert.Rule
	NoRules  error // what is wrong with webhooks or alerts, which only matters to who sends them; nil = nothing
}

// Path is where the configuration is; "" = the environment names no home.
func Path(env func(string) string) string {
	dir := env("XDG_CONFIG_HOME")
	if dir == "" && runtime.GOOS == "windows" {
		dir = env("AppData")
	}
	if home := env("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "confctl", "config.toml")
}

// IsName reports whether a profile can have the name: letters, digits, - and _.
func IsName(name string) bool { return bareKey.MatchString(name) }

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Mistake is what is wrong with a configuration.
type Mistake int

// The mistakes.
const (
	Syntax       Mistake = iota // a line is not TOML, or has a value of another type
	UnknownKey                  // a key that means nothing
	TokenInside                 // a token, which belongs into a file of its own
	NoAddress                   // a profile without base-url
	TwoTokens                   // a profile with token-file and token-command
	NegativeUser                // an administrator below 0
	BadAlert                    // a webhook or an alert
	Exposed                     // other users can read or write the file
)

// Error says what is wrong with a configuration. It contains no value of the file.
type Error struct {
	Path    string
	Mistake Mistake
	Line    int    // of Syntax
	Key     string // what it is about, such as "profiles.test.admin"
}

func (e *Error) Error() string {
	switch e.Mistake {
	case Syntax:
		return fmt.Sprintf("%s: line %d is invalid", e.Path, e.Line)
	case Exposed:
		return e.Path + ": other users can read it"
	}
	return fmt.Sprintf("%s: %s is invalid", e.Path, e.Key)
}

// Load reads a configuration. One that does not exist is empty. The error is an *Error or the system's.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Config{Path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := parse(path, string(text))
	if err != nil {
		return nil, err
	}
	named := func(p Profile) bool { return p.TokenFile != "" || len(p.TokenCommand) > 0 }
	if len(c.Webhooks) > 0 || slices.ContainsFunc(slices.Collect(maps.Values(c.Profiles)), named) { // the path of a webhook may be a key
		return c, Private(path)
	}
	return c, nil
}

// Private returns an *Error if other users can read or write a file.
func Private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return &Error{Path: path, Mistake: Exposed}
	}
	return nil
}

func parse(path, text string) (*Config, error) {
	var file struct {
		Profiles map[string]Profile `toml:"profiles"`
		Webhooks map[string]Webhook `toml:"webhooks"`
		Alerts   []Alert            `toml:"alerts"`
	}
	err := toml.NewDecoder(strings.NewReader(text)).DisallowUnknownFields().Decode(&file)
	if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		key := unknown.Errors[0].Key()
		wrong := &Error{Path: path, Mistake: UnknownKey, Key: strings.Join(key, ".")}
		if strings.EqualFold(key[len(key)-1], "token") {
			wrong.Mistake = TokenInside
		}
		return nil, wrong
	}
	if err != nil {
		wrong := &Error{Path: path, Mistake: Syntax} // the library's text may quote a token
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			wrong.Line, _ = at.Position()
		}
		return nil, wrong
	}
	for _, name := range slices.Sorted(maps.Keys(file.Profiles)) {
		p, key := file.Profiles[name], "profiles."+name
		switch {
		case !IsName(name):
			return nil, &Error{Path: path, Mistake: UnknownKey, Key: fmt.Sprintf("profiles.%q", name)}
		case p.BaseURL == "":
			return nil, &Error{Path: path, Mistake: NoAddress, Key: key}
		case p.TokenFile != "" && len(p.TokenCommand) > 0:
			return nil, &Error{Path: path, Mistake: TwoTokens, Key: key}
		case p.Admin < 0:
			return nil, &Error{Path: path, Mistake: NegativeUser, Key: key + ".admin"}
		}
	}
	c := &Config{Path: path, Profiles: file.Profiles, Webhooks: file.Webhooks}
	c.Rules, c.NoRules = alerts(path, file.Webhooks, file.Alerts)
	return c, nil
}

// Names are those of the profiles.
func (c *Config) Names() []string { return slices.Sorted(maps.Keys(c.Profiles)) }

// TokenPath is the token file of a profile. The one that Save makes has the profile's name.
func (c *Config) TokenPath(name string) string {
	return c.Beside(cmp.Or(c.Profiles[name].TokenFile, name+".token"))
}

// Beside is a file that the configuration names: relative to its directory.
func (c *Config) Beside(file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(filepath.Dir(c.Path), file)
}
