package program_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
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
		"whole":               {program.Describe(chinese, confopenapi.ErrUnauthorized), "服务端拒绝了该令牌"},
		"English, whole":      {program.Describe(english, confopenapi.ErrUnauthorized), text},
		"of another kind":     {program.Describe(chinese, errors.New("other")), "other"},
		"in words already":    {program.Describe(chinese, &program.Reworded{Text: "另一个", Err: confopenapi.ErrUnauthorized}), "另一个"},
		"another kind, whole": {program.Describe(chinese, errors.New("other")), "other"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", name, c.got, c.want)
		}
	}
}

func TestDescribeInWords(t *testing.T) {
	t.Parallel()
	chinese, english := locale.Printer(language.Chinese), locale.Printer(language.English)
	for want, err := range map[string]error{
		"没有收到响应":                         &confopenapi.TransportError{},
		"没有收到响应（超时）":                     &confopenapi.TransportError{Err: os.ErrDeadlineExceeded},
		"没有收到响应（连接被拒绝）":                  &confopenapi.TransportError{Err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}},
		"没有收到响应（连接中断）":                   &confopenapi.TransportError{Err: io.ErrUnexpectedEOF},
		"没有收到响应（网络不可达）":                  &confopenapi.TransportError{Err: syscall.ENETUNREACH},
		"没有收到响应（找不到主机 conf.example.com）": &confopenapi.TransportError{Err: &net.DNSError{Err: "no such host", Name: "conf.example.com", IsNotFound: true}},
		"没有收到响应（证书不受信任）":                 &confopenapi.TransportError{Err: &tls.CertificateVerificationError{Err: errors.New("x509")}},
		"没有收到响应（of another kind）":        &confopenapi.TransportError{Err: errors.New("of another kind")},
		"超时":                   context.DeadlineExceeded,
		"没有这个文件或目录（a）":         &fs.PathError{Op: "open", Path: "a", Err: fs.ErrNotExist},
		"没有权限（写入结果，a）":         fmt.Errorf("写入结果: %w", &fs.PathError{Op: "open", Path: "a", Err: fs.ErrPermission}),
		"磁盘已满（写入结果）":           fmt.Errorf("写入结果: %w", syscall.ENOSPC),
		"磁盘已满（b）":              &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.ENOSPC},
		"管道的读取方已退出":            syscall.EPIPE,
		"端口已被占用（127.0.0.1:80）": &net.OpError{Op: "listen", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, Err: syscall.EADDRINUSE},
		"另一个错误":                errors.New("另一个错误"),
		"无法证明列表完整（只有一个条件成立时才完整：服务端保持列表的顺序）": &confopenapi.IncompleteError{
			Report: confopenapi.Report{Verdict: confopenapi.VerdictConditional, Reason: confopenapi.ReasonAssumesOrder},
		},
	} {
		if got := program.Describe(chinese, err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := program.Describe(english, err); got != err.Error() {
			t.Errorf("got %q, want %q", got, err.Error())
		}
	}
}

// What helps against an incomplete list depends on the reason, and trying again is advised where the SDK calls it retryable.
func TestHintsOfIncompleteLists(t *testing.T) {
	t.Parallel()
	for _, reason := range []confopenapi.Reason{
		confopenapi.ReasonGap, confopenapi.ReasonNoEnd, confopenapi.ReasonEffort, confopenapi.ReasonTotal, confopenapi.ReasonContradiction,
		confopenapi.ReasonPaging, confopenapi.ReasonOrder, confopenapi.ReasonTies, confopenapi.ReasonLimit, confopenapi.ReasonAssumesKey,
	} {
		err := &confopenapi.IncompleteError{Report: confopenapi.Report{Verdict: confopenapi.VerdictIncomplete, Reason: reason}}
		var out strings.Builder
		(&program.Voice{Printer: locale.Printer(language.English), Name: "confctl"}).Report(&out, err)
		if again := strings.Contains(out.String(), "try again; if it is so each time"); again != confopenapi.IsRetryable(err) {
			t.Errorf("%s: got %q, retryable %t", reason, out.String(), !again)
		}
		if doctor := strings.Contains(out.String(), "doctor says what to do"); doctor != (reason == confopenapi.ReasonTotal) {
			t.Errorf("%s: got %q", reason, out.String())
		}
	}
}

// A listing far below its total is not one of a list that changes too fast, although its reason is a contradiction.
func TestHintOfTotalFarAbove(t *testing.T) {
	t.Parallel()
	err := &confopenapi.IncompleteError{Report: confopenapi.Report{
		Verdict: confopenapi.VerdictIncomplete, Reason: confopenapi.ReasonContradiction, Received: 1000, TotalCount: 3000,
	}}
	var out strings.Builder
	(&program.Voice{Printer: locale.Printer(language.Chinese), Name: "confctl"}).Report(&out, err)
	if want := "confctl: 无法证明列表完整（服务端统计的会议多于列出的会议）\n提示：请重试；如果每次都这样，且还没有运行过 confctl doctor，可用它查看该怎么做\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if got := program.Describe(locale.Printer(language.English), err); !strings.Contains(got, "see --ignore-totals") || strings.Contains(got, "With") {
		t.Errorf("got %q, want a flag and no option of Go", got)
	}
}
