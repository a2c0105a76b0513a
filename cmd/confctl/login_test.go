//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

func TestLoginOnTerminal(t *testing.T) {
	srv := confopenapitest.NewServer(t)
	home := t.TempDir()
	login := func() *terminal {
		cmd := process(t, srv, "login", "--base-url", srv.URL, "--lang", "en")
		cmd.Env = append(cmd.Env, "XDG_CONFIG_HOME="+home, program.EnvBaseURL+"=", program.EnvToken+"=")
		return onTerminal(t, cmd)
	}
	kept := filepath.Join(home, "confctl", "default.token")

	interrupted := login()
	interrupted.waitFor("Token (it is not shown): ")
	interrupted.press("half\x03")
	interrupted.mustEnd(exitInterrupted, "confctl: ")
	terminated := login()
	terminated.waitFor("Token (it is not shown): ")
	if err := terminated.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	terminated.mustEnd(exitInterrupted, "confctl: ")
	if _, err := os.Stat(kept); err == nil {
		t.Error("an interrupted login has written a token")
	}

	c := login()
	c.waitFor("Token (it is not shown): ")
	c.press(srv.Token() + "\r")
	c.mustEnd(program.OK, "The service accepts the token")
	if shown := ansi.Strip(c.written.String()); strings.Contains(shown, srv.Token()) {
		t.Errorf("the terminal shows the token: %q", shown)
	}
	if text, err := os.ReadFile(kept); err != nil || strings.TrimSpace(string(text)) != srv.Token() {
		t.Errorf("token file: got %d bytes and %v, want the token", len(text), err)
	}
}
