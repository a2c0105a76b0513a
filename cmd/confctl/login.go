package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/config"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// newLoginCommand keeps a token.
func newLoginCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "login",
		Short: a.Sprintf("check a token, and keep it with the address in a profile"),
		Long: a.Sprintf("login asks for a token, and lists one conference with it. If the service accepts it, login writes the token into a file that you alone can read, and adds a profile with the address to ~/.config/confctl/config.toml. Later commands use the profile with the name default, or that of --profile.") + "\n\n" +
			a.Sprintf("The token is typed without being shown, or comes from standard input or --token-file. A second login of a profile replaces its token only.") + "\n\n" +
			a.Sprintf("In config.toml, below [profiles.NAME] there are lines such as base-url = \"https://conf.example.com\", admin = 42 and ignore-totals = true; others are token-file or token-command, and facts. A token-command is a list such as [\"pass\", \"show\", \"conf\"] that prints the token; no shell runs it."),
		Example: examples(
			example{"confctl login --base-url https://conf.example.com", a.Sprintf("it asks for the token")},
			example{"confctl login --base-url https://test.example.com --profile test --admin 42 < token.txt", a.Sprintf("a second profile, of an administrator")},
			example{"confctl list --profile test", a.Sprintf("use it")},
		),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.login(cmd) },
	}
}

func (a *app) login(cmd *cobra.Command) error {
	name := cmp.Or(a.profile, config.Default)
	c, p, err := a.newProfile(cmd, name)
	if err != nil {
		return err
	}
	token, err := a.askToken(cmd.Context())
	if err != nil {
		return err
	}
	if token, err = a.cleanToken(token); err != nil {
		return err
	}
	access := program.Access{BaseURL: p.BaseURL, Token: token, UserAgent: "confctl"}
	if a.verbose {
		access.Log = a.stderr
	}
	service, err := a.voice().Open(access, embedded)
	if err != nil {
		return err
	}
	defer service.Close()
	request := a.request
	request.Count, request.AdminUserID = 1, p.Admin
	page, err := service.Client.ListByStatus(cmd.Context(), &request)
	if errors.Is(err, confopenapi.ErrUnauthorized) {
		return &program.Problem{Err: err, Hint: a.Sprintf("nothing was kept: log in with another token"), Code: program.Failed}
	}
	if err != nil {
		return err
	}
	p.BaseURL = service.Name
	if err := c.Save(name, p, token); err != nil {
		return &program.Problem{Err: err, Hint: a.Sprintf("the token is valid, but was not written"), Code: program.Failed}
	}
	accepted := a.Sprintf("The service accepts the token; it counts %d live conferences.", page.TotalCount)
	if p.IgnoreTotals {
		accepted = a.Sprintf("The service accepts the token.")
	}
	text := wrap(a.stdout, accepted) + "\n" +
		wrap(a.stdout, show.Printable(a.Sprintf("The profile %s is in %s, its token in %s.", name, c.Path, c.TokenPath(name))))
	if a.env(program.EnvBaseURL) != "" && a.env(program.EnvToken) != "" {
		text += "\n" + wrap(a.stdout, a.Sprintf("While %s and %s are set, commands use the profile only with --profile %s.", program.EnvBaseURL, program.EnvToken, name))
	} else if a.env(program.EnvToken) != "" {
		text += "\n" + wrap(a.stdout, a.Sprintf("While %s is set, commands use the token of the profile only with --profile %s.", program.EnvToken, name))
	} else if name != config.Default {
		text += "\n" + wrap(a.stdout, a.Sprintf("To use it, add --profile %s to a command.", name))
	}
	_, err = fmt.Fprintln(a.stdout, text)
	return a.output(err)
}

// newProfile is the profile that is to be written. One that is there already keeps what it has.
func (a *app) newProfile(cmd *cobra.Command, name string) (*config.Config, config.Profile, error) {
	var none config.Profile
	if !config.IsName(name) {
		return nil, none, a.misnamed(name)
	}
	c, err := a.config()
	if err != nil {
		return nil, none, err
	}
	if c.Path == "" {
		return nil, none, a.unsent(a.Sprintf("set HOME"), errors.New(a.Sprintf("there is no home directory")))
	}
	had, there := c.Profiles[name]
	p := config.Profile{BaseURL: cmp.Or(a.baseURL, had.BaseURL, a.env(program.EnvBaseURL)), Admin: a.request.AdminUserID, IgnoreTotals: a.ignoreTotals}
	if !a.adminGiven {
		p.Admin = had.Admin
	}
	if !a.totalsGiven {
		p.IgnoreTotals = had.IgnoreTotals
	}
	if a.baseURL != "" {
		if err := a.voice().CheckAddress(a.baseURL); err != nil {
			return nil, none, err
		}
	}
	switch {
	case program.TrimBlanks(p.BaseURL) == "":
		return nil, none, a.misused(cmd, nil, a.Sprintf("--base-url is missing: the address of the service"))
	case there && (!sameAddress(p.BaseURL, had.BaseURL) || p.Admin != had.Admin || p.IgnoreTotals != had.IgnoreTotals):
		return nil, none, a.unsent(a.Sprintf("choose another --profile, or change it in %s", c.Path),
			errors.New(a.Sprintf("the profile %s has another address, administrator or ignore-totals", name)))
	case len(had.TokenCommand) > 0:
		return nil, none, a.unsent(a.Sprintf("choose another --profile, or change it in %s", c.Path),
			errors.New(a.Sprintf("the profile %s gets its token from token-command", name)))
	}
	return c, p, nil
}

// misnamed is the problem of a profile's name.
func (a *app) misnamed(name string) error {
	return a.unsent(a.Sprintf("the name of a profile has only letters of English, digits, - and _, such as test"), errors.New(a.Sprintf("--%s: bad value %q", "profile", name)))
}

// askToken reads a token from --token-file, from the terminal without showing it, or from standard input.
func (a *app) askToken(ctx context.Context) (string, error) {
	switch file, _ := a.stdin.(*os.File); {
	case a.tokenFile != "":
		return a.fileToken()
	case a.isTerminal(a.stdin):
		a.tokenFrom = a.Sprintf("what was typed")
		return a.typedToken(ctx, int(file.Fd()))
	}
	a.tokenFrom = a.Sprintf("standard input")
	return a.readToken(a.stdin)
}

// errCtrlC is an interrupt as a key, which is no signal while a token is typed.
var errCtrlC = fmt.Errorf("ctrl-c: %w", context.Canceled)

// typedToken has a terminal show nothing while a line is typed, which may be longer than a terminal's own lines. The terminal
// is raw before the prompt is there, so that nothing typed early is shown.
func (a *app) typedToken(ctx context.Context, terminal int) (string, error) {
	state, err := term.MakeRaw(terminal)
	if err != nil {
		return "", err
	}
	defer func() { _ = term.Restore(terminal, state) }()
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		text, err := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{a.stdin, a.stderr}, "").ReadPassword(a.Sprintf("Token (it is not shown): "))
		typed <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprint(a.stderr, "\r\n")
		return "", ctx.Err()
	case l := <-typed:
		if errors.Is(l.err, io.EOF) { // what it makes of Ctrl-C
			fmt.Fprint(a.stderr, "\r\n")
			return "", errCtrlC
		}
		return l.text, l.err
	}
}
