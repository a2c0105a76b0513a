package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// TestWebRefusesToBeOpen gives flags with which others could read the list or the password: nothing listens, and nothing is sent.
func TestWebRefusesToBeOpen(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, short, shared := file("good", "correct horse battery\n", 0o600), file("short", "secret", 0o600), file("shared", "correct horse battery", 0o644)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"all addresses":        {[]string{"--addr", ":0"}, "without a password"},
		"another address":      {[]string{"--addr", "192.0.2.1:0"}, "without a password"},
		"a name":               {[]string{"--addr", "example.com:0"}, "without a password"},
		"a proxy, no password": {[]string{"--public-url", "https://live.example.com"}, "add --password-file: --public-url"},
		"no TLS":               {[]string{"--addr", ":0", "--password-file", good}, "in plain text"},
		"a short password":     {[]string{"--password-file", short}, "too short"},
		"a shared file":        {[]string{"--password-file", shared}, "other users can read"},
		"http at the proxy":    {[]string{"--public-url", "http://live.example.com", "--password-file", good}, "--public-url is a whole address with https://, not \"http:"},
		"half a certificate":   {[]string{"--tls-cert", good}, "belong together"},
		"no certificate":       {[]string{"--tls-cert", good, "--tls-key", good}, "belong together"},
		"no interval":          {[]string{"--interval", "0s"}, "bad value"},
		"no pages":             {[]string{"--max-pages", "0"}, "bad value"},
	} {
		confctl(t.Context(), nil, append([]string{"web"}, c.args...)...).must(t, program.Unsent, c.want)
		if t.Failed() {
			t.Fatalf("%s: see above", name)
		}
	}
}
