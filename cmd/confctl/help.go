package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// newHelpCommand is cobra's help command in the app's language.
func newHelpCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       a.Sprintf("show the help of a command"),
		Annotations: offline,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, r := range commandRows(cmd.Root()) {
				if len(args) == 0 {
					names = append(names, cobra.CompletionWithDesc(r.name, r.usage))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
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

// examples are a command's Example, a line each for what it does and for the command.
func examples(list ...example) string {
	var b strings.Builder
	for _, e := range list {
		fmt.Fprintf(&b, "# %s\n%s\n", e.what, e.command)
	}
	return b.String()
}

// layExamples lays them out. A command that is too long goes on behind a backslash, so that it works when it is copied.
func layExamples(text string, width int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if what, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "# "); ok {
			for part := range strings.SplitSeq(show.Wrap(what, width-4, 0), "\n") {
				b.WriteString("  # " + part + "\n")
			}
			continue
		}
		column := 0
		for i, word := range words(strings.TrimSuffix(line, "\n")) {
			switch {
			case i == 0:
				b.WriteString("  ")
				column = 2
			case column+1+show.Width(word)+2 > width:
				b.WriteString(" \\\n      ")
				column = 6
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += show.Width(word)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// words are those of a command line, with their quotes.
func words(line string) (words []string) {
	quote := rune(0)
	start := 0
	for i, r := range line {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
		case r == '\'' || r == '"':
			quote = r
		case r == ' ':
			words = append(words, line[start:i])
			start = i + 1
		}
	}
	return append(words, line[start:])
}

// help explains a command. Cobra's own template is English, and counts bytes where it aligns.
func (a *app) help(cmd *cobra.Command, width int) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	for paragraph := range strings.SplitSeq(about, "\n\n") {
		b.WriteString(show.Wrap(paragraph, width, 0) + "\n\n")
	}
	b.WriteString(show.Wrap(a.Sprintf("Usage: %s", a.useLine(cmd)), width, 4) + "\n")
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Examples:"), layExamples(cmd.Example, width))
	}
	if rows := commandRows(cmd); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Commands:"), twoColumns(rows, width))
	}
	if rows := a.flagRows(cmd.LocalFlags()); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags:"), twoColumns(rows, width))
	}
	if rows := a.flagRows(inherited(cmd)); len(rows) > 0 {
		fmt.Fprintf(&b, "\n%s\n%s", a.Sprintf("Flags of every command:"), twoColumns(rows, width))
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

// twoColumns lays rows out. Where there is little room, the explanations stand below.
func twoColumns(rows []row, width int) string {
	indent := 0
	for _, r := range rows {
		indent = max(indent, len(r.name)+4)
	}
	var b strings.Builder
	for _, r := range rows {
		if width-indent < minUsage {
			fmt.Fprintf(&b, "  %s\n      %s\n", r.name, show.Wrap(r.usage, width, 6))
		} else {
			fmt.Fprintf(&b, "  %-*s  %s\n", indent-4, r.name, show.Wrap(r.usage, width, indent))
		}
	}
	return b.String()
}

// minUsage is the room that an explanation has at least, beside what it explains.
const minUsage = 30
