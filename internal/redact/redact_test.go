package redact_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/redact"
)

const mark = redact.Mark

// token has what every URL escape changes: a slash, a space, a plus sign, a percent sign and a letter outside of ASCII.
const token = "Tok/en +%é~="

func TestTextHidesEverySpelling(t *testing.T) {
	t.Parallel()
	r := redact.New(token)
	for name, spelling := range map[string]string{
		"plain":                    token,
		"query, upper-case escape": "Tok%2Fen+%2B%25%C3%A9~%3D",
		"query, lower-case escape": "Tok%2fen+%2b%25%c3%a9~%3d",
		"path, upper-case escape":  "Tok%2Fen%20+%25%C3%A9~=",
		"path, lower-case escape":  "Tok%2fen%20+%25%c3%a9~=",
	} {
		if got, want := r.Text("a "+spelling+", b="+spelling), "a "+mark+", b="+mark; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long-token-", 500)
	for _, tt := range []struct {
		name     string
		redactor redact.Redactor
		text     string
		want     string
	}{
		{"zero value", redact.Redactor{}, "a tok b", "a tok b"},
		{"no token in the text", redact.New("tok"), "nothing here", "nothing here"},
		{"shortest token", redact.New("tok"), "a tok b", "a " + mark + " b"},
		{"too short", redact.New("to"), "a to b", "a to b"},
		{"empty", redact.New(""), "a b", "a b"},
		{"side by side", redact.New("tok"), "toktok", mark + mark},
		{"inside a word", redact.New("tok"), "atokb", "a" + mark + "b"},
		{"other case", redact.New("tok"), "TOK", "TOK"},
		{"long token, long text", redact.New(long), strings.Repeat("x", 5000) + long + "y", strings.Repeat("x", 5000) + mark + "y"},
		{"base64 token", redact.New("dG9rZW4+/w=="), "q=dG9rZW4%2B%2Fw%3D%3D p=dG9rZW4+%2Fw== dG9rZW4+/w==", "q=" + mark + " p=" + mark + " " + mark},
		{"quote and backslash", redact.New(`to"k\`), `a to"k\ b to%22k%5C c {"token":"to\"k\\"}`, "a " + mark + " b " + mark + ` c {"token":"` + mark + `"}`},
		{"not UTF-8", redact.New("to\xffk"), "a to\xffk b to%FFk c to%ffk d", "a " + mark + " b " + mark + " c " + mark + " d"},
		{"two tokens", redact.New("first").With("second"), "first second", mark + " " + mark},
		{"token with another at its start", redact.New("first").With("first-second"), "first-second first", mark + " " + mark},
		{"too short beside another", redact.New("first").With("a"), "a first", "a " + mark},
	} {
		if got := tt.redactor.Text(tt.text); got != tt.want {
			t.Errorf("%s: got %.80q, want %.80q", tt.name, got, tt.want)
		}
	}
}

func TestRedactorPrintsNoToken(t *testing.T) {
	t.Parallel()
	r := redact.New("tok-4711").With("tok-4712")
	err := r.Error(errors.New("no tok-4711"))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%t", "%p"} {
		for _, v := range []any{r, &r, struct{ field redact.Redactor }{r}, struct{ field *redact.Redactor }{&r}, err, struct{ field error }{err}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "tok-47") {
				t.Errorf("%T as %s shows a token: %s", v, verb, text)
			}
		}
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	r := redact.New("tok-4711")
	for name, text := range map[string]string{
		"token across the limit": strings.Repeat("x", redact.MaxText-3) + "tok-4711",
		"tokens all along":       strings.Repeat("tok-4711", redact.MaxText),
		"shifted":                "x" + strings.Repeat("tok-4711", redact.MaxText),
	} {
		if got := r.Clip(text); strings.Contains(got, "tok") || len(got) > 2*redact.MaxText {
			t.Errorf("%s: got %d bytes that end in %q", name, len(got), got[max(0, len(got)-20):])
		}
	}
}

func TestWithChangesNoOtherRedactor(t *testing.T) {
	t.Parallel()
	base := redact.New("base/to ken")
	one, two := base.With("one-token"), base.With("two-token")
	for name, tt := range map[string]struct {
		redactor redact.Redactor
		want     string
	}{
		"base": {base, mark + " one-token two-token"},
		"one":  {one, mark + " " + mark + " two-token"},
		"two":  {two, mark + " one-token " + mark},
	} {
		if got := tt.redactor.Text("base/to ken one-token two-token"); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	r := redact.New("tok/en")
	for _, tt := range []struct {
		name     string
		in, want http.Header
	}{
		{"none", nil, nil},
		{"clean", http.Header{"A": {"x", "y"}}, http.Header{"A": {"x", "y"}}},
		{"one of several values", http.Header{"A": {"x", "tok/en", "z"}, "B": {"y"}}, http.Header{"A": {"x", mark, "z"}, "B": {"y"}}},
		{"several names", http.Header{"A": {"t=tok/en"}, "B": {"tok%2Fen", "tok%2fen"}}, http.Header{"A": {"t=" + mark}, "B": {mark, mark}}},
	} {
		before := tt.in.Clone()
		if diff := cmp.Diff(tt.want, r.Header(tt.in)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(before, tt.in); diff != "" {
			t.Errorf("%s: the caller's header changed (-before +after)\n%s", tt.name, diff)
		}
	}
}

func TestErrorAndNetwork(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", redact.MaxLine)
	for _, tt := range []struct{ name, text, want, network string }{
		{"clean", "connection refused", "connection refused", ""},
		{"token", "no tok/en, no tok%2Fen", "no " + mark + ", no " + mark, ""},
		{"password", "proxy http://me:pass@host refused", "proxy http://" + mark + "@host refused", ""},
		{"password without a scheme", "//me:pass@host", "//" + mark + "@host", ""},
		{"password with @ and /", "http://me:p@ss/w@host:1/x", "http://" + mark + "@host:1/x", ""},
		{"two URLs", "http://a:b@c then https://d:e@f", "http://" + mark + "@c then https://" + mark + "@f", ""},
		{"an address is no password", "mail to a@b", "mail to a@b", ""},
		{"several lines", "\na\r\n\tb\x00\x1b[31m", "a   b  [31m", ""},
		{"longest", long, long, ""},
		{"too long", long + "y", long + "…", ""},
		{"token across the limit", long[:redact.MaxLine-2] + "tok/en", long[:redact.MaxLine-2] + mark[:2] + "…", ""},
		{"quoted", `bad "se\"cret\\" and "more"`, `bad "se\"cret\\" and "more"`, `bad "…" and "…"`},
		{"quote not closed", `bad "secret`, `bad "secret`, `bad "…"`},
		{"quote ends in a backslash", `bad "secret\`, `bad "secret\`, `bad "…"`},
		{"quote with a backslash before a line break", "bad \"a\\\nsecret\"", `bad "a\ secret"`, `bad "…"`},
		{"quoted password", `parse "http://me:pass@host": bad`, `parse "http://` + mark + `@host": bad`, `parse "…": bad`},
		{"many quotes", strings.Repeat(`""`, 200), strings.Repeat(`""`, 128) + "…", strings.Repeat(`"…"`, 51) + `"…`},
		{"not UTF-8", "a\xffb", "a\uFFFDb", ""},
	} {
		r, err := redact.New("tok/en"), errors.New(tt.text)
		if got := r.Error(err).Error(); got != tt.want {
			t.Errorf("%s: Error: got %q, want %q", tt.name, got, tt.want)
		}
		if tt.network == "" {
			tt.network = tt.want
		}
		if got := r.Network(err).Error(); got != tt.network {
			t.Errorf("%s: Network: got %q, want %q", tt.name, got, tt.network)
		}
	}
}

func TestErrorKeepsCause(t *testing.T) {
	t.Parallel()
	cause := &url.Error{Op: "tok/en", URL: "http://me:pass@host", Err: &fs.PathError{Op: "open", Path: "tok/en", Err: context.Canceled}}
	for name, reword := range map[string]func(redact.Redactor, error) error{"Error": redact.Redactor.Error, "Network": redact.Redactor.Network} {
		got := reword(redact.New("tok/en"), fmt.Errorf("call: %w", cause))
		if !errors.Is(got, context.Canceled) || errors.Is(got, context.DeadlineExceeded) {
			t.Errorf("%s: %v is not the context's error", name, got)
		}
		if found, ok := errors.AsType[*fs.PathError](got); !ok || found != cause.Err {
			t.Errorf("%s: got %v, %t, want the *fs.PathError inside", name, found, ok)
		}
		for _, verb := range []string{"%v", "%+v", "%q", "%s"} {
			if text := fmt.Sprintf(verb, got); strings.Contains(text, "tok/en") || strings.Contains(text, "pass") {
				t.Errorf("%s as %s shows a secret: %s", name, verb, text)
			}
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		limit int
		want  string
	}{
		{"", 5, ""},
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "abcde…"},
		{"  abcde \n", 5, "abcde"},
		{"a\nb\tc", 5, "a b c"},
		{"a\u2028b\u200bc\u0085d", 20, "a b c d"},
		{"会议列表", 12, "会议列表"},
		{"会议列表", 11, "会议列…"},
		{"会议列表", 7, "会议…"},
		{"会", 2, "…"},
		{"abc", 0, "…"},
		{"\xff\xfe", 10, "\uFFFD\uFFFD"},
		{"\xff\xfe", 5, "\uFFFD…"},
		{"a\xe5\x91", 7, "a\uFFFD\uFFFD"},
		{strings.Repeat("é", 100_000), 255, strings.Repeat("é", 127) + "…"},
	} {
		got := redact.Line(tt.text, tt.limit)
		if got != tt.want {
			t.Errorf("Line(%.20q, %d): got %.80q, want %.80q", tt.text, tt.limit, got, tt.want)
		}
		if !utf8.ValidString(got) {
			t.Errorf("Line(%.20q, %d): %q is not UTF-8", tt.text, tt.limit, got)
		}
	}
}
