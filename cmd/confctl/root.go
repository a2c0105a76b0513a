package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

func init() { cobra.EnableCommandSorting = false } // the order of use says more than the alphabet

// newRoot makes the command line. Its commands write their texts with the app's printer.
func newRoot(a *app, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "confctl",
		Short: a.Sprintf("list, export and watch live conferences"),
		Long: a.Sprintf("confctl lists, exports and watches live conferences, and examines how a service behaves.") +
			"\n\n" + a.Sprintf("It calls the service at CONFOPENAPI_BASE_URL with the token in CONFOPENAPI_TOKEN, or that of a profile, which confctl login writes. Flags, such as --profile, come before the environment, and the environment before the profile default. If nothing is set, it calls an embedded fake.") +
			"\n\n" + a.Sprintf("Exit codes: 0 success, 1 a request or the output failed, 2 nothing was sent, 3 less is proven than required, 130 interrupted."),
		Example: examples(
			example{"confctl list", a.Sprintf("the live conferences")},
			example{"confctl export -o list.xlsx", a.Sprintf("all of them, in a file")},
			example{"confctl login --base-url https://conf.example.com", a.Sprintf("keep the address and the token of the service")},
		),
		Args:              a.noArguments,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: a.prepare,
		Version:           version(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetArgs(joinOrder(args))
	root.SetIn(a.stdin)
	root.SetOut(&remembering{a.stdout, &a.unwritten})
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") { // the flags of a command that is misspelt
			return a.noArguments(cmd, args)
		}
		return a.badFlag(cmd, err)
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), a.help(cmd, widthOf(a.stdout))) })
	root.SetHelpCommand(newHelpCommand(a))
	root.SetVersionTemplate("{{.Version}}")
	root.Flags().Bool("version", false, a.Sprintf("print the version, the commit, and the Go that built it"))
	a.addFlags(root.PersistentFlags())
	_ = root.RegisterFlagCompletionFunc("profile", a.completeProfile)
	_ = root.RegisterFlagCompletionFunc("lang", cobra.FixedCompletions(locale.Languages, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(
		newListCommand(a),
		newSnapshotCommand(a),
		newExportCommand(a),
		newWatchCommand(a),
		newHistoryCommand(a),
		newWebCommand(a),
		newDoctorCommand(a),
		newServeCommand(a),
		newLoginCommand(a),
		newCompletionCommand(a),
	)
	for _, cmd := range root.Commands() {
		if cmd.Args == nil {
			cmd.Args = a.noArguments
		}
		completeNoFiles(cmd)
	}
	completeNoFiles(root)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		for _, cmd := range append(root.Commands(), root) {
			plain(cmd.Flags())
			plain(cmd.PersistentFlags())
		}
	}
	return root
}

// plain takes away the marks of values, which help alone understands.
func plain(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") })
}

// remembering remembers the error of a writer, since cobra does not.
type remembering struct {
	io.Writer
	err *error
}

func (r *remembering) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	if err != nil {
		*r.err = err
	}
	return n, err
}

// addFlags adds the flags that all commands have.
func (a *app) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&a.baseURL, "base-url", "", a.Sprintf("call the service at this `URL` instead of CONFOPENAPI_BASE_URL"))
	flags.StringVar(&a.tokenFile, "token-file", "", a.Sprintf("read the token from this `FILE` instead of CONFOPENAPI_TOKEN; - is standard input"))
	flags.StringVar(&a.profile, "profile", "", a.Sprintf("use the profile `NAME` of ~/.config/confctl/config.toml instead of the environment; the default is the profile default"))
	flags.Int64Var(&a.request.AdminUserID, "admin", 0, a.Sprintf("list the conferences of the administrator with this user `ID` instead of the super administrator's"))
	flags.BoolFunc("hide-single", a.Sprintf("hide conferences with one attendee; =false lists them; without the flag the service decides"), func(text string) error {
		hide, err := strconv.ParseBool(text)
		a.request.FilterOneAttendee = new(hide)
		return err
	})
	flags.BoolVar(&a.ignoreTotals, "ignore-totals", false, a.Sprintf("for a service whose totals are always too large: listings take them for no evidence"))
	flags.StringVar(&a.facts, "facts", "", a.Sprintf("begin with what doctor wrote into this `FILE`, so that short lists take fewer requests; doctor itself writes it"))
	flags.BoolVar(&a.withPersonalData, "with-personal-data", false, a.Sprintf("show names, addresses, phone numbers, passcodes, and the service's own error messages"))
	flags.BoolVar(&a.noColor, "no-color", false, a.Sprintf("no colours, as with NO_COLOR in the environment"))
	flags.BoolP("help", "h", false, a.Sprintf("show the help of a command"))
	flags.BoolVarP(&a.verbose, "verbose", "v", false, a.Sprintf("log every attempt to stderr"))
	for _, name := range [...]string{"base-url", "token-file", "profile", "admin", "hide-single", "ignore-totals", "facts", "with-personal-data"} {
		_ = flags.SetAnnotation(name, forAsking, []string{})
	}
	flags.Func("lang", a.Sprintf("use this `LANGUAGE`, en or zh; the default comes from LC_ALL, LC_MESSAGES or LANG"), func(name string) error {
		_, err := locale.Parse(name) // printerFor has heeded it
		return err
	})
}

// offline are the annotations of a command that does not call a service; forAsking marks the flags that it cannot use.
var offline = map[string]string{"offline": ""}

const forAsking = "asking"

func asksNobody(cmd *cobra.Command) bool {
	_, alone := cmd.Annotations["offline"]
	return alone
}

// prepare refuses a flag that the command would ignore, and finds the time zone.
func (a *app) prepare(cmd *cobra.Command, _ []string) (err error) {
	if cmd.Name() == "serve" || cmd.Name() == "history" || cmd.HasParent() && !asksNobody(cmd) {
		err = a.setZone()
	}
	a.adminGiven, a.totalsGiven = cmd.Flags().Changed("admin"), cmd.Flags().Changed("ignore-totals")
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if asksNobody(cmd) && f.Annotations[forAsking] != nil {
			err = a.misused(cmd, nil, a.Sprintf("%[1]s does not call a service: --%[2]s cannot be used", cmd.Name(), f.Name))
		}
	})
	if err == nil && a.request.AdminUserID < 0 {
		err = a.unsent(a.Sprintf("--admin is a positive number: the user id of an administrator"), errors.New(a.Sprintf("--%s: bad value %q", "admin", strconv.FormatInt(a.request.AdminUserID, 10))))
	}
	return err
}

// printerFor finds the language first, because the help texts of the flags need it. Errors in the arguments are found later.
func printerFor(args []string, env func(string) string) *message.Printer {
	tag := locale.FromEnv(env)
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.BoolP("help", "h", false, "")
	flags.Func("lang", "", func(name string) error {
		if asked, err := locale.Parse(name); err == nil {
			tag = asked
		}
		return nil
	})
	_ = flags.Parse(args)
	return locale.Printer(tag)
}

func (a *app) noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasAvailableSubCommands() {
		return a.misused(cmd, nil, a.Sprintf("unexpected argument %q", args[0]))
	}
	cmd.SuggestionsMinimumDistance = 2
	return a.misused(cmd, cmd.SuggestionsFor(args[0]), a.Sprintf("unknown command %q", args[0]))
}

// badFlag translates an error of package pflag.
func (a *app) badFlag(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if unknown.GetSpecifiedShortnames() != "" {
			return a.misused(cmd, nil, a.Sprintf("unknown flag %s", "-"+unknown.GetSpecifiedName()))
		}
		return a.misused(cmd, similarFlags(cmd, unknown.GetSpecifiedName()), a.Sprintf("unknown flag %s", "--"+unknown.GetSpecifiedName()))
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		var meant []string
		if _, err := strconv.Atoi(bad.GetValue()); err == nil && bad.GetFlag().Value.Type() == "duration" {
			meant = []string{"--" + bad.GetFlag().Name + " " + bad.GetValue() + "s"}
			if bad.GetFlag().Name == "latency" {
				meant[0] = "--latency " + bad.GetValue() + "ms"
			}
		}
		switch bad.GetFlag().Name {
		case "lang":
			meant = []string{"--lang en", "--lang zh"}
		case "hide-single":
			meant = []string{"--hide-single", "--hide-single=false"}
		}
		text := a.Sprintf("--%s: bad value %q", bad.GetFlag().Name, bad.GetValue())
		if hint := a.allowed(bad.GetFlag()); hint != "" && meant == nil {
			return a.misusedHint(cmd, hint, text)
		}
		return a.misused(cmd, meant, text)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return a.misused(cmd, nil, a.Sprintf("--%s: a value is missing", missing.GetFlag().Name))
	}
	return a.misused(cmd, nil, err.Error())
}

// allowed says what a flag can be; "" = its type does not show it.
func (a *app) allowed(f *pflag.Flag) string {
	if f.Name == "admin" {
		return a.Sprintf("--admin is a positive number: the user id of an administrator")
	}
	switch f.Value.Type() {
	case "int", "int64", "uint64":
		return a.Sprintf("--%s is a whole number", f.Name)
	case "float64":
		return a.Sprintf("--%s is a number", f.Name)
	case "bool":
		return a.Sprintf("--%s is true or false", f.Name)
	case "duration":
		return a.Sprintf("--%s is a time such as 30s or 5m", f.Name)
	}
	return ""
}

func similarFlags(cmd *cobra.Command, name string) []string {
	var flags []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	found := similar(name, flags)
	for i := range found {
		found[i] = "--" + found[i]
	}
	return found
}

// similar finds similar names with cobra's suggestions for commands.
func similar(name string, names []string) []string {
	parent := &cobra.Command{SuggestionsMinimumDistance: min(2, len(name)/2)} // --org is not --sort
	for _, n := range names {
		parent.AddCommand(&cobra.Command{Use: n, Run: func(*cobra.Command, []string) {}})
	}
	return parent.SuggestionsFor(name)
}

// oneOf is the names that are similar, or else all.
func oneOf(name string, names []string) []string {
	if found := similar(name, names); len(found) > 0 {
		return found
	}
	return names
}

// misused is the problem of an invalid command line: the error, a suggestion, and the usage.
func (a *app) misused(cmd *cobra.Command, similar []string, text string) error {
	hint := a.Sprintf("see %s", cmd.CommandPath()+" -h")
	switch {
	case len(similar) > 2: // all there are
		hint = a.Sprintf("one of: %s", locale.List(a.Printer, similar))
	case len(similar) > 0:
		hint = a.Sprintf("did you mean %s?", locale.List(a.Printer, similar))
	}
	return a.misusedHint(cmd, hint, text)
}

// misusedHint is misused with a hint of its own.
func (a *app) misusedHint(cmd *cobra.Command, hint, text string) error {
	return &program.Problem{Err: errors.New(text), Hint: hint + "\n" + a.Sprintf("usage: %s", a.useLine(cmd)), Code: program.Unsent}
}
