package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newCompletionCommand is cobra's completion in the app's language.
func newCompletionCommand(a *app) *cobra.Command {
	shells := map[string]func(*cobra.Command, io.Writer) error{
		"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":        (*cobra.Command).GenZshCompletion,
		"fish":       fish,
		"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
	}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: a.Sprintf("print a script that makes a shell complete commands and flags"),
		Example: examples(
			example{"source <(confctl completion bash)", a.Sprintf("in this shell; bash needs its package bash-completion")},
			example{`confctl completion zsh > "${fpath[1]}/_confctl"`, a.Sprintf("in every zsh from now on")},
			example{"confctl completion fish > ~/.config/fish/completions/confctl.fish", a.Sprintf("in every fish from now on")},
			example{"confctl completion powershell >> $PROFILE", a.Sprintf("in every PowerShell from now on")},
		),
		Annotations: offline,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"bash", "zsh", "fish", "powershell"}, cobra.ShellCompDirectiveNoFileComp
		},
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return a.misused(cmd, nil, a.Sprintf("which shell?"))
			case shells[args[0]] == nil:
				return a.misused(cmd, nil, a.Sprintf("unknown shell %q", args[0]))
			}
			return a.noArguments(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.output(shells[args[0]](cmd.Root(), a.stdout))
		},
	}
}

// fish is cobra's script, which takes a value that begins with - for an option of string split.
func fish(root *cobra.Command, w io.Writer) error {
	var script strings.Builder
	if err := root.GenFishCompletion(&script, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.ReplaceAll(script.String(), "string split --max 1 \\t", "string split --max 1 -- \\t"))
	return err
}

// completeNoFiles keeps shells from offering files where none can be given.
func completeNoFiles(cmd *cobra.Command) {
	if cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, flags := range []*pflag.FlagSet{cmd.Flags(), cmd.PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(f)
			if _, registered := cmd.GetFlagCompletionFunc(f.Name); !registered && value != "FILE" {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
			}
		})
	}
}

// completeList has the shell complete a flag with names that have commas between them, each once. Those of an order may have
// a - before them.
func completeList(cmd *cobra.Command, flag string, names []string, order bool) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		given := strings.Split(typed, ",")
		last := given[len(given)-1]
		before := strings.TrimSuffix(typed, last)
		sign := ""
		if order && strings.HasPrefix(last, "-") {
			sign = "-"
		}
		var found []string
		for _, name := range names {
			if !slices.Contains(given, name) && !slices.Contains(given, "-"+name) {
				found = append(found, before+sign+name)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// joinOrder joins a flag --sort with a value that begins with -, where a shell asks for completions: cobra would take the
// value for a flag.
func joinOrder(args []string) []string {
	last := len(args) - 1
	if last < 2 || args[0] != cobra.ShellCompRequestCmd && args[0] != cobra.ShellCompNoDescRequestCmd ||
		args[last-1] != "--sort" || !strings.HasPrefix(args[last], "-") {
		return args
	}
	return append(slices.Clone(args[:last-1]), "--sort="+args[last])
}
