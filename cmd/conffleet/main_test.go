package main

import (
	"bytes"
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/confopenapi/confopenapi-go"
)

// TestMain lets the test's program be conffleet or a NATS server: processes of their own, which can be killed.
func TestMain(m *testing.M) {
	switch os.Getenv("CONFFLEET_TEST_MAIN") {
	case "conffleet":
		main()
	case "nats":
		if err := serveNATS(); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// start starts a program of TestMain, which is killed when the test ends. Its stderr is a *bytes.Buffer, and shown after a failure.
func start(t *testing.T, program string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), env...), "CONFFLEET_TEST_MAIN="+program)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		kill(cmd)
		if t.Failed() {
			t.Logf("%s %q: %s", program, args, stderr.Bytes()[max(0, stderr.Len()-3000):])
		}
	})
	return cmd
}

// kill ends a process as a crash does, if it has not ended.
func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// node starts a NATS server, also again at the same port with the same files.
func node(t *testing.T, port int, dir string, args ...string) *exec.Cmd {
	t.Helper()
	return start(t, "nats", nil, append([]string{"-a", "127.0.0.1", "-p", strconv.Itoa(port), "-js", "-sd", dir}, args...)...)
}

// serveNATS is nats-server.
func serveNATS() error {
	options, err := server.ConfigureOptions(flag.NewFlagSet("nats-server", flag.ContinueOnError), os.Args[1:], nil, nil, nil)
	if err != nil {
		return err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	s.WaitForShutdown()
	return nil
}

// address is a port that was free, and the URL of a NATS server there.
func address(t *testing.T) (port int, url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, "nats://" + l.Addr().String()
}

// lines counts the lines with a text.
func lines(all, text string) (n int) {
	for line := range strings.Lines(all) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// conffleet runs the program in this process.
func conffleet(ctx context.Context, env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, func(name string) string { return env[name] }, &out, &err)
	return code, out.String(), err.String()
}

// TestGoModCanBeInstalled checks what go install requires of a go.mod: it names a release, and replaces nothing.
func TestGoModCanBeInstalled(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\tgithub.com/confopenapi/confopenapi-go v" + confopenapi.Version + "\n"; !strings.Contains(string(text), want) || strings.Contains(string(text), "replace") {
		t.Errorf("got\n%s\nwant no replace, and%s", text, want)
	}
}

func TestDemo(t *testing.T) {
	t.Parallel()
	code, out, stderr := conffleet(t.Context(), nil, "demo", "--demo-admins", "40", "--length", "8s", "--interval", "1s", "--rate", "400")
	if code != ok || !strings.Contains(out, "40 of 40 administrators were listed.") {
		t.Errorf("got exit code %d, want 0 and all administrators listed: %s\n%s", code, stderr, out)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	env := map[string]string{"CONFOPENAPI_BASE_URL": "https://conf.example.com", "CONFOPENAPI_TOKEN": "secret"}
	for _, c := range []struct {
		env  map[string]string
		args string
		want string
	}{
		{nil, "run", "CONFOPENAPI_BASE_URL"},
		{map[string]string{"CONFOPENAPI_BASE_URL": "https://conf.example.com"}, "run", "CONFOPENAPI_TOKEN"},
		{env, "run --interval 1", `--interval "1": it is not a duration such as 30s`},
		{env, "run --slots many", `--slots "many": it is not a whole number`},
		{env, "run --rate fast", `--rate "fast": it is not a number`},
		{env, "run --interval 1ms", "--interval"},
		{env, "run --rate 0", "--rate"},
		{env, "run --slots 0", "--slots"},
		{env, "run --timeout 1ms", "--timeout"},
		{env, "run --token-file a --token-command b", "not both"},
		{env, "run --admins /no/such/file", "/no/such/file"},
		{env, "run fast", `"fast"`},
		{env, "run --fast", "--fast"},
		{nil, "status --store /no/such/folder", "NATS_URL"},
		{nil, "replay --since tomorrow", "tomorrow"},
		{nil, "replay --kind exploded", `--kind "exploded": it is none of existing, `},
	} {
		code, _, stderr := conffleet(t.Context(), c.env, strings.Fields(c.args)...)
		if code != misuse || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "see conffleet "+strings.Fields(c.args)[0]+" -h") || strings.Contains(stderr, "strconv") || strings.Contains(stderr, "confopenapi:") || strings.Contains(stderr, "secret") {
			t.Errorf("%s: got exit code %d and %q, want 2 and %q", c.args, code, stderr, c.want)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	if code, _, stderr := conffleet(t.Context(), nil, "list"); code != misuse || !strings.HasSuffix(stderr, "\nsee conffleet -h\n") {
		t.Errorf("got exit code %d and %q, want 2 and the help of conffleet", code, stderr)
	}
}

// adminsFile writes the administrators of a world.
func adminsFile(t *testing.T, admins []int64) string {
	t.Helper()
	var text strings.Builder
	for _, admin := range admins {
		text.WriteString(strconv.FormatInt(admin, 10) + "\n")
	}
	file := t.TempDir() + "/admins"
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
