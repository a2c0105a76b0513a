package program_test

import (
	"errors"
	"testing"

	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

func TestDescribe(t *testing.T) {
	english, chinese := locale.Printer(language.English), locale.Printer(language.Chinese)
	text := confopenapi.ErrUnauthorized.Error()
	for name, c := range map[string]struct{ got, want string }{
		"brief":               {program.Brief(chinese, confopenapi.ErrUnauthorized), "服务端拒绝了该令牌"},
		"whole":               {program.Describe(chinese, confopenapi.ErrUnauthorized), "服务端拒绝了该令牌（" + text + "）"},
		"English, brief":      {program.Brief(english, confopenapi.ErrUnauthorized), text},
		"English, whole":      {program.Describe(english, confopenapi.ErrUnauthorized), text},
		"of another kind":     {program.Brief(chinese, errors.New("other")), "other"},
		"in words already":    {program.Brief(chinese, &program.Reworded{Text: "另一个", Err: confopenapi.ErrUnauthorized}), "另一个"},
		"another kind, whole": {program.Describe(chinese, errors.New("other")), "other"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}
