package program_test

import (
	"io/fs"
	"net"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/locale"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// TestMistakesInWords checks what frequent mistakes are called in Chinese.
func TestMistakesInWords(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"没有收到响应（服务端不支持 https）": &confopenapi.TransportError{Err: http.ErrSchemeMismatch},
		"缺少冒号和端口（8080）":        &net.AddrError{Err: "missing port in address", Addr: "8080"},
	} {
		if got := program.Describe(locale.Printer(language.Chinese), err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOutputHint(t *testing.T) {
	t.Parallel()
	voice := program.Voice{Printer: locale.Printer(language.English)}
	for want, err := range map[string]error{
		"hint: the directory must exist":  &fs.PathError{Op: "open", Path: "a", Err: fs.ErrPermission},
		"hint: is the disk full":          net.ErrClosed,
		"hint: the directory must exist,": &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist},
	} {
		var out strings.Builder
		if voice.Report(&out, voice.Output(err)); !strings.Contains(out.String(), want) {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	}
}
