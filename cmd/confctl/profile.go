package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// access is the service to call. Flags come before the environment, and that before the default profile. A profile that
// --profile names comes before the environment, too. The token of a profile goes to the address of the profile only.
func (a *app) access(ctx context.Context) (program.Access, error) {
	env := a.env
	if a.profile != "" {
		env = func(string) string { return "" }
	}
	access := program.Access{BaseURL: cmp.Or(a.baseURL, env(program.EnvBaseURL)), UserAgent: "confctl"}
	var err error
	switch {
	case a.tokenFile != "":
		access.Token, err = a.fileToken()
		if a.tokenFile != "-" {
			access.Renew = func(context.Context) (string, error) { return a.fileToken() }
		}
	case env(program.EnvToken) != "":
		access.Token, err = a.cleanToken(env(program.EnvToken))
	}
	if err == nil && access.BaseURL != "" {
		err = a.voice().CheckAddress(access.BaseURL)
	}
	if err != nil || a.profile == "" && access.BaseURL != "" && access.Token != "" {
		return access, err
	}
	return a.fromProfile(ctx, access)
}

// fromProfile takes from the profile what is not given elsewhere.
func (a *app) fromProfile(ctx context.Context, access program.Access) (program.Access, error) {
	if a.profile != "" && !config.IsName(a.profile) {
		return access, a.misnamed(a.profile)
	}
	c, err := a.config()
	if err != nil {
		return access, err
	}
	name := cmp.Or(a.profile, config.Default)
	p, ok := c.Profiles[name]
	switch {
	case !ok && a.profile == "" && access.BaseURL == "" && access.Token == "" && len(c.Profiles) > 0:
		return access, a.unsent(a.Sprintf("add --profile NAME, one of: %s", locale.List(a.Printer, c.Names())),
			errors.New(a.Sprintf("%s has no profile \"default\", and no other is chosen", c.Path)))
	case !ok && a.profile == "":
		return access, nil
	case !ok:
		return access, a.unsent(a.Sprintf("profiles: %s; confctl login --profile %s makes another", cmp.Or(locale.List(a.Printer, c.Names()), "-"), a.profile),
			errors.New(a.Sprintf("there is no profile %q in %s", a.profile, c.Path)))
	case access.BaseURL == "":
		access.BaseURL, a.addressFrom = p.BaseURL, "base-url ("+c.Path+")"
	case !sameAddress(access.BaseURL, p.BaseURL) && a.profile != "":
		return access, a.unsent(a.Sprintf("leave out --profile or --base-url"), errors.New(a.Sprintf("the profile %s has another address than --base-url", a.profile)))
	case !sameAddress(access.BaseURL, p.BaseURL) && access.Token == "":
		from := a.voice().BaseURL
		return access, a.unsent(a.Sprintf("add --token-file, or leave out %s to use the profile", from),
			errors.New(a.Sprintf("the profile %s has another address than %s, and its token is not sent there", name, from)))
	case !sameAddress(access.BaseURL, p.BaseURL):
		return access, nil
	}
	if !a.adminGiven {
		a.request.AdminUserID = p.Admin
	}
	if !a.totalsGiven {
		a.ignoreTotals = p.IgnoreTotals
	}
	if a.facts == "" && p.Facts != "" {
		a.facts = c.Beside(p.Facts)
	}
	if access.Token != "" {
		return access, nil
	}
	switch {
	case len(p.TokenCommand) > 0:
		a.tokenFrom = "token-command (" + c.Path + ")"
	case p.TokenFile != "":
		a.tokenFrom = c.TokenPath(name)
	}
	access.Token, err = a.profileToken(ctx, c, name, a.stderr)
	access.Renew = func(ctx context.Context) (string, error) {
		return a.profileToken(ctx, c, name, io.Discard) // whose words would disturb the screen of a watch
	}
	return access, err
}

// profileToken is the token that a profile names. What its command says on stderr goes to words.
func (a *app) profileToken(ctx context.Context, c *config.Config, name string, words io.Writer) (string, error) {
	p := c.Profiles[name]
	if len(p.TokenCommand) > 0 {
		text, err := outputOf(ctx, p.TokenCommand, words)
		if err != nil {
			return "", a.unsent(a.Sprintf("the command must print the token and exit with 0"), errors.New(a.Sprintf("token-command of the profile %s: %s", name, err.Error())))
		}
		return a.cleanToken(text)
	}
	if p.TokenFile == "" {
		return "", a.unsent(a.Sprintf("confctl login --profile %s keeps a token", name), errors.New(a.Sprintf("the profile %s has no token", name)))
	}
	text, err := a.privateText(c.TokenPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", a.unsent(a.Sprintf("confctl login --profile %s keeps a token", name), err)
	}
	if err != nil {
		return "", err
	}
	return a.cleanToken(text)
}

// outputOf is what a command prints. What it says on stderr goes to words.
func outputOf(ctx context.Context, line []string, words io.Writer) (string, error) {
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stderr = words
	text, err := command.Output()
	return string(text), err
}

// privateText is what a file holds that only this user may read.
func (a *app) privateText(path string) (string, error) {
	if err := config.Private(path); err != nil {
		return "", a.misconfigured(err)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", a.misconfigured(err)
	}
	defer func() { _ = file.Close() }()
	return a.readToken(file)
}

// sameAddress compares addresses as the SDK takes them.
func sameAddress(a, b string) bool {
	plain := func(s string) string { return strings.TrimRight(program.TrimBlanks(s), "/") }
	return plain(a) == plain(b)
}

// config reads the configuration. Without a home it is empty.
func (a *app) config() (*config.Config, error) {
	path := config.Path(a.env)
	if path == "" {
		return &config.Config{}, nil
	}
	c, err := config.Load(path)
	if err != nil {
		return nil, a.misconfigured(err)
	}
	return c, nil
}

// misconfigured is the problem of a configuration.
func (a *app) misconfigured(err error) error {
	wrong, ok := errors.AsType[*config.Error](err)
	if !ok {
		return a.unsent(a.Sprintf("confctl login writes the token of a profile"), err)
	}
	problem := func(text, hint string) error { return a.unsent(hint, errors.New(text)) }
	switch wrong.Mistake {
	case config.TokenInside:
		return problem(a.Sprintf("%s: a token does not belong here: %s", wrong.Path, wrong.Key),
			a.Sprintf("remove it; confctl login keeps it in a file of its own"))
	case config.NoAddress:
		return problem(a.Sprintf("%s: %s has no base-url", wrong.Path, wrong.Key), a.Sprintf("add base-url, such as \"https://conf.example.com\""))
	case config.TwoTokens:
		return problem(a.Sprintf("%s: %s has both token-file and token-command", wrong.Path, wrong.Key), a.Sprintf("remove one of them"))
	case config.NegativeUser:
		return problem(a.Sprintf("%s: bad value of %s", wrong.Path, wrong.Key), a.Sprintf("--admin is a positive number: the user id of an administrator"))
	case config.BadAlert:
		return problem(a.Sprintf("%s: %s is missing or invalid", wrong.Path, wrong.Key), a.alertHint(wrong.Key))
	case config.Exposed:
		return problem(a.Sprintf("other users can read or change %s", wrong.Path), a.Sprintf("allow yourself only: chmod 600 %s", wrong.Path))
	case config.UnknownKey:
		if !strings.HasPrefix(wrong.Key, "profiles.") {
			return problem(a.Sprintf("%s: unknown key %s", wrong.Path, wrong.Key), a.alertExample())
		}
		return problem(a.Sprintf("%s: unknown key %s", wrong.Path, wrong.Key),
			a.Sprintf("[profiles.NAME] can have base-url, token-file, token-command, admin, ignore-totals and facts"))
	}
	return problem(a.Sprintf("%s: line %d is not valid TOML, or has a value of another type", wrong.Path, wrong.Line),
		a.Sprintf("strings are in quotes, commands are lists of strings, numbers such as admin and attendees-above have no quotes, ignore-totals is true or false"))
}

// alertHint is what a key of a webhook or an alert can be.
func (a *app) alertHint(key string) string {
	switch key[strings.LastIndex(key, ".")+1:] {
	case "url":
		return a.Sprintf("url is an https address, or http on this machine, without a query; an address with a key belongs in the file of url-file; give one of url, url-file and url-command")
	case "format":
		return a.Sprintf("the format is wecom, dingtalk or json")
	case "secret-file":
		return a.Sprintf("give secret-file or secret-command, not both; wecom has neither")
	case "webhook":
		return a.Sprintf("an alert names one of the webhooks, unless there is only one")
	case "attendees-above", "total-attendees-above":
		return a.Sprintf("it is a positive number without quotes")
	case "cool-down":
		return a.Sprintf("it is a duration such as \"10m\" or \"1h\"")
	case "no-listing-for":
		return a.Sprintf("it is a duration of 10 seconds or more, such as \"10m\"")
	case "title-matches":
		return a.Sprintf("it is a regular expression of Go")
	}
	return a.alertExample()
}

// alertExample is how alerts are written.
func (a *app) alertExample() string {
	return a.Sprintf("an alert has one of attendees-above, total-attendees-above, title-matches and no-listing-for; the format is wecom, dingtalk or json. An example, of which https://github.com/confopenapi/confopenapi-go/blob/main/docs/history.md says more:") + `
[webhooks.ops]
format = "wecom"
url-file = "ops.url"
[[alerts]]
webhook = "ops"
attendees-above = 300`
}

// completeProfile has the shell complete --profile with the names there are.
func (a *app) completeProfile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	c, err := a.config()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return c.Names(), cobra.ShellCompDirectiveNoFileComp
}
