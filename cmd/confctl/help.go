package main

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is how many columns the help takes. It is written for reading and for pipes alike, so the terminal's width
// does not matter.
const helpWidth = 80

// newHelpCommand is cobra's help command in the app's language.
func newHelpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       a.Sprintf("show the help of a command"),
		Annotations: offline,
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
	b.WriteString(a.Sprintf("Usage: %s", a.useLine(cmd)) + "\n")
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Examples:"), cmd.Example)
	}
	if rows := commandRows(cmd); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Commands:"), columns(rows))
	}
	if rows := a.flagRows(cmd.LocalFlags()); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags:"), columns(rows))
	}
	if rows := a.flagRows(inherited(cmd)); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags of every command:"), columns(rows))
	}
	return b.String()
}

func (a *app) useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return a.Sprintf("%s COMMAND [flags]", cmd.CommandPath())
	}
	return a.Sprintf("%s [flags]", cmd.Parent().CommandPath()+" "+cmd.Use)
}

// inherited are the flags of every command, without those that this one has no use for.
func inherited(cmd *cobra.Command) *pflag.FlagSet {
	if !asksNobody(cmd) {
		return cmd.InheritedFlags()
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if f.Annotations[forAsking] == nil {
			flags.AddFlag(f)
		}
	})
	return flags
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

// wrap breaks a text into lines where Unicode allows it, in Chinese also between characters, and indents all but the first.
func wrap(s string, indent int) string {
	var b strings.Builder
	column, state := indent, -1
	for s != "" {
		var segment string
		segment, s, _, state = uniseg.FirstLineSegmentInString(s, state)
		if column > indent && column+uniseg.StringWidth(strings.TrimRight(segment, " ")) > helpWidth {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		}
		b.WriteString(segment)
		column += uniseg.StringWidth(segment)
	}
	return strings.ReplaceAll(b.String(), " \n", "\n")
}
