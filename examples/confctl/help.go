package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how many columns the help takes. It is written for reading and for pipes alike, so the terminal's width
// does not matter.
const helpWidth = 80

// newHelpCommand is cobra's help command in the app's language.
func newHelpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: a.Sprintf("explain a command"),
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return a.noArguments(topic, rest)
			}
			return topic.Help()
		},
	}
}

// example is a command line, and what it does.
type example struct{ command, what string }

// examples lays examples out for a command's Example.
func examples(list ...example) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "  # %s\n  %s\n", e.what, e.command)
	}
	return b.String()
}

// help explains a command. Cobra's own template is English, and counts bytes where it aligns.
func (a *app) help(cmd *cobra.Command) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		b.WriteString(wrap(paragraph, 0) + "\n\n")
	}
	use := cmd.UseLine()
	if cmd.HasAvailableSubCommands() {
		use = cmd.CommandPath() + " COMMAND [flags]"
	}
	b.WriteString(a.Sprintf("Usage: %s", use) + "\n")
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Examples:"), cmd.Example)
	}
	if rows := commandRows(cmd); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Commands:"), columns(rows))
	}
	if rows := a.flagRows(cmd.LocalFlags()); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags:"), columns(rows))
	}
	if rows := a.flagRows(cmd.InheritedFlags()); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags of every command:"), columns(rows))
	}
	return b.String()
}

// row is what is explained, in ASCII, and its explanation.
type row struct{ name, usage string }

func commandRows(cmd *cobra.Command) (rows []row) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			rows = append(rows, row{sub.Name(), sub.Short})
		}
	}
	return rows
}

func (a *app) flagRows(flags *pflag.FlagSet) (rows []row) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		if value != "" && f.NoOptDefVal == "" {
			name += " " + value
		}
		switch f.DefValue {
		case "", "0", "0s", "false", "[]":
		default:
			usage = a.Sprintf("%s (default %s)", usage, f.DefValue)
		}
		rows = append(rows, row{name, usage})
	})
	return rows
}

// columns lays rows out in two columns, of which a Chinese character takes two of the terminal's.
func columns(rows []row) string {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.name))
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, r.name, wrap(r.usage, width+4))
	}
	return b.String()
}

// wrap breaks a text into lines, and indents all but the first.
func wrap(s string, indent int) string {
	lines := strings.Split(text.WrapSoft(s, helpWidth-indent), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}
