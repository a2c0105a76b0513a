package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/confopenapi/confopenapi-go"
)

// TestMain lets the test's program be conffleet: a process of its own, which can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("CONFFLEET_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is conffleet as a process.
func command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), append(env, "CONFFLEET_TEST_MAIN=yes")...)
	return cmd
}

// conffleet runs the program in this process.
func conffleet(ctx context.Context, env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, func(name string) string { return env[name] }, &out, &err)
	return code, out.String(), err.String()
}

// node starts a NATS server that other processes reach, also again at the same address with the same files.
func node(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoLog, o.NoSigs, o.JetStream = "127.0.0.1", true, true, true
	s, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	return s
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
		{nil, "replay --kind exploded", "EventKind"},
	} {
		code, _, stderr := conffleet(t.Context(), c.env, strings.Fields(c.args)...)
		if code != misuse || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "secret") {
			t.Errorf("%s: got exit code %d and %q, want 2 and %q", c.args, code, stderr, c.want)
		}
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
