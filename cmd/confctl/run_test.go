package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// confctl runs in process, against srv, or the embedded fake if that is nil.
func confctl(ctx context.Context, srv *confopenapitest.Server, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, envOf(srv), strings.NewReader(""), &stdout, &stderr)
	return outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

// TestHelpAnswers has what an operator asked the help of a command.
func TestHelpAnswers(t *testing.T) {
	for _, c := range []struct{ command, english, chinese string }{
		{"watch", "record in this FILE which conferences ran when", "把哪些会议在何时开过记录到 FILE"}, // and no host
		{"watch", "of conferences that end before the next start it is masked, and every --filter that searches it shows them", "在下次启动之前结束的会议，其个人信息显示为（已脱敏）；按个人信息查找的 --filter 都会显示这些会议"},
		{"web", "record in this FILE which conferences ran when", "把哪些会议在何时开过记录到 FILE"},
		{"web", "nobody but its owner may read the file (chmod 600)", "文件只能由所有者读取（chmod 600）"},
		{"web", "subjectAltName=DNS:example.com,IP:192.0.2.10", "subjectAltName=DNS:example.com,IP:192.0.2.10"},
		{"web", "in place of example.com and 192.0.2.10 write the name", "请把 example.com 和 192.0.2.10 换成本机的主机名和 IP 地址"},
		{"history", "The duration is from that start to that end, whatever --from and --to are", "时长从表中的开始到表中的结束，不受 --from 和 --to 影响"},
		{"history", "To sum the durations by organisation", "要按组织汇总时长"},
		{"history", "the mean is over the time from the first poll that saw the run to the last", "均值按时间计算，从第一次看到该会议的轮询到最后一次"},
	} {
		for lang, want := range map[string]string{"en": c.english, "zh": c.chinese} {
			got := confctl(t.Context(), nil, c.command, "--help", "--lang", lang).Stdout
			if blanks := regexp.MustCompile(`[\s#]+`); !strings.Contains(blanks.ReplaceAllString(got, ""), blanks.ReplaceAllString(want, "")) {
				t.Errorf("confctl %s --help --lang %s does not say %q:\n%s", c.command, lang, want, got)
			}
		}
	}
}

// TestHelpFitsEveryTerminal also makes sure that every command explains itself, with examples, in both languages.
func TestHelpFitsEveryTerminal(t *testing.T) {
	unbreakable := regexp.MustCompile(`^\s*\S{20,}( \\)?$|'.*'`) // a flag, an address, or what is in quotes
	for _, lang := range []string{"en", "zh"} {
		a := &app{Printer: printerFor([]string{"--lang", lang}, envOf(nil))}
		root := newRoot(a, nil)
		for _, cmd := range append(root.Commands(), root) {
			for _, width := range []int{40, 60, 80} {
				for line := range strings.Lines(a.help(cmd, width)) {
					line = strings.TrimSuffix(line, "\n")
					if w := ansi.StringWidth(line); w > width && !unbreakable.MatchString(line) || strings.HasSuffix(line, " ") {
						t.Errorf("%s, %s: got %d columns, want %d: %q", lang, cmd.CommandPath(), w, width, line)
					}
				}
			}
			if cmd.Example == "" && !slices.Contains([]string{"confctl", "help"}, cmd.Name()) {
				t.Errorf("%s: no examples", cmd.CommandPath())
			}
		}
	}
	for _, args := range [][]string{{"--help"}, {"list", "-h"}, {"help", "watch"}} {
		english, chinese := confctl(t.Context(), nil, append(args, "--lang", "en")...), confctl(t.Context(), nil, append(args, "--lang", "zh")...)
		english.must(t, 0)
		chinese.must(t, 0)
		if english.Stdout == chinese.Stdout || english.Stderr+chinese.Stderr != "" {
			t.Errorf("%v: one help for both languages, or something on stderr: %q", args, english.Stderr+chinese.Stderr)
		}
	}
}

// TestEveryReasonHasASentence reads the reasons where they are made.
func TestEveryReasonHasASentence(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../internal/overlap/report.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []confopenapi.Reason
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Reason") {
			reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, confopenapi.Reason(reason))
		}
		return true
	})
	for _, reason := range found {
		if said := program.Because(locale.Printer(language.English), reason); said == string(reason) {
			t.Errorf("%q has no sentence", reason)
		}
	}
	if len(found) < 10 {
		t.Errorf("got %d reasons", len(found))
	}
}

func TestVerdictsInWords(t *testing.T) {
	list := confopenapitest.Conferences(300, 7)
	for name, c := range map[string]struct {
		oddities livelist.Paging
		order    confopenapitest.Order
		args     []string
		code     int
		stderr   string
		want     []string
	}{
		"complete":      {args: []string{"snapshot"}, want: []string{"Complete: nothing was missed.", "300 live conferences were listed; the service counts the same number."}},
		"another total": {oddities: livelist.Paging{Total: livelist.TotalZero}, args: []string{"snapshot"}, want: []string{"Complete", "300 live conferences were listed; the service counts 0."}},
		"conditional": {
			order: confopenapitest.OrderArbitrary, args: []string{"snapshot", "--page-size", "50"},
			want: []string{"Conditional: nothing was missed, on one condition: that the service keeps the order"},
		},
		"conditional, for who wants more": {
			order: confopenapitest.OrderArbitrary, args: []string{"snapshot", "--page-size", "50", "--require", "complete", "--lang", "zh"},
			code: exitUnproven, stderr: "confctl: 列举的结论低于 --require complete 的要求\n提示：使用 --require conditional",
			want: []string{"有条件，在以下条件成立时没有遗漏：服务端保持列表的顺序"},
		},
		"conditional list": {
			order: confopenapitest.OrderArbitrary, oddities: livelist.Paging{Cap: 50, Clamp: true}, args: []string{"list", "--all"},
			want: []string{"300 live conferences: all, on one condition"},
		},
		"a useless total": {
			oddities: livelist.Paging{Total: livelist.TotalZero}, args: []string{"list"},
			want: []string{"20 live conferences, perhaps more; --all shows all"},
		},
		"incomplete": {
			oddities: livelist.Paging{IgnorePage: true, Cap: 100, Clamp: true}, args: []string{"snapshot"}, code: exitUnproven,
			want: []string{"Incomplete: conferences may have been missed: the service does not send the", "About 200 may be missing."},
		},
		"incomplete list": {
			oddities: livelist.Paging{IgnorePage: true, Cap: 100, Clamp: true}, args: []string{"list", "--all"},
			code: exitUnproven, stderr: "confctl: confopenapi: conference/listbystatus: listing incomplete (page or count mean something else to the server)",
			want: []string{"100 live conferences, perhaps more"},
		},
		"incomplete, and content": {
			oddities: livelist.Paging{IgnorePage: true, Cap: 100, Clamp: true}, args: []string{"snapshot", "--require", "incomplete"},
			want: []string{"Incomplete"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(list...), confopenapitest.WithOrder(c.order), confopenapitest.WithPaging(c.oddities))
			got := confctl(t.Context(), srv, c.args...)
			got.must(t, c.code)
			text := strings.ReplaceAll(got.Stdout, "\n", " ")
			for _, part := range c.want {
				if !strings.Contains(text, part) {
					t.Errorf("no %q in\n%s", part, got.Stdout)
				}
			}
			if (got.Stderr != "") != (c.code != 0) || !strings.HasPrefix(got.Stderr, c.stderr) {
				t.Errorf("stderr %q, want %q", got.Stderr, c.stderr)
			}
		})
	}
}

func TestAnEmptyListIsNoError(t *testing.T) {
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences())
	for command, want := range map[string]string{
		"list":                           "0 live conferences: all\n",
		"list --json":                    `{"totalCount":0,"confList":[]}` + "\n",
		"list --ndjson":                  "",
		"list --json --all --sort title": `{"totalCount":0,"confList":[]}` + "\n",
	} {
		got := confctl(t.Context(), srv, strings.Fields(command)...)
		got.must(t, 0)
		if got.Stdout != want || got.Stderr != "" {
			t.Errorf("%s: stdout %q, stderr %q", command, got.Stdout, got.Stderr)
		}
	}
}

func TestInterruptsHaveTheirOwnCode(t *testing.T) {
	for _, command := range []string{"list", "snapshot"} {
		ctx, interrupt := context.WithCancel(t.Context())
		srv := confopenapitest.NewServer(t)
		srv.Intercept(func(x *confopenapitest.Exchange) {
			interrupt()
			<-x.Context().Done()
			x.Respond(http.StatusOK, "{}")
		})
		got := confctl(ctx, srv, command)
		got.must(t, exitInterrupted, "confctl: ")
		if got.Stdout != "" {
			t.Errorf("%s: stdout %q", command, got.Stdout)
		}
	}
}

func TestAnUnwrittenResultIsAnError(t *testing.T) {
	for _, args := range [][]string{
		{"list"},
		{"list", "--json"},
		{"list", "--ndjson"},
		{"list", "--ndjson", "--sort", "title"},
		{"snapshot"},
		{"snapshot", "--json"},
		{"completion", "bash"},
		{"serve"},
		{"--help"},
		{"help", "list"},
		{"list", "-h"},
		{},
		{"--version"},
		{"doctor"},
		{"doctor", "--json"},
		{"completion", "fish"},
		{"help", "login"},
		{"export", "-h"},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), args, envOf(nil), strings.NewReader(""), new(brokenPipe), &stderr)
		outcome{Code: code, Stderr: stderr.String()}.must(t, 1, "confctl: writing the result: broken pipe\nhint: is the disk full")
	}
}

// TestCommandsAreInTheOrderOfUse keeps that order, since cobra would sort by name.
func TestCommandsAreInTheOrderOfUse(t *testing.T) {
	root := newRoot(&app{Printer: printerFor(nil, envOf(nil))}, nil)
	index := func(name string) int {
		return slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
	}
	if index("list") != 0 || index("list") > index("snapshot") || index("snapshot") > index("completion") {
		t.Errorf("list is %d, snapshot %d, completion %d", index("list"), index("snapshot"), index("completion"))
	}
}
