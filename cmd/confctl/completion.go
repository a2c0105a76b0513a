package main

import (
	"io"

	"github.com/spf13/cobra"
)

// newCompletionCommand is cobra's completion in the app's language.
func newCompletionCommand(a *app) *cobra.Command {
	shells := map[string]func(*cobra.Command, io.Writer) error{
		"bash":       func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":        (*cobra.Command).GenZshCompletion,
		"fish":       func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) },
		"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
	}
	names := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: a.Sprintf("print a script that makes a shell complete commands and flags"),
		Example: examples(
			example{"source <(confctl completion bash)", a.Sprintf("in this shell; bash needs its package bash-completion")},
			example{`confctl completion zsh > "${fpath[1]}/_confctl"`, a.Sprintf("in every zsh from now on")},
			example{"confctl completion fish > ~/.config/fish/completions/confctl.fish", a.Sprintf("in every fish from now on")},
		),
		ValidArgs:   names,
		Annotations: offline,
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
