//go:build linux

package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/confopenapi/confopenapi-go"
)

const proxyPassword = "proxy-password-0815"

// proxied has the client go through a forward proxy, which wants a name and a password if it is locked.
func proxied(locked bool, user *url.Userinfo, set func(*scene)) func(*scene) {
	return func(s *scene) {
		set(s)
		s.proxy(s.tinyproxy(locked), user)
	}
}

func (s *scene) proxy(address string, user *url.Userinfo) {
	client, transport := ownClient()
	transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", User: user, Host: address})
	s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
}

func (s *scene) tinyproxy(locked bool) string {
	s.Helper()
	var p process
	s.run("tinyproxy", "tinyproxy", &p, func(address string) []string {
		_, port, err := net.SplitHostPort(address)
		s.must(err)
		config := fmt.Sprintf("Listen 127.0.0.1\nPort %s\nAllow 127.0.0.1\nTimeout 60\nMaxClients 100\n", port)
		if locked {
			config += "BasicAuth user " + proxyPassword + "\n"
		}
		file := filepath.Join(s.TempDir(), "tinyproxy.conf")
		s.must(os.WriteFile(file, []byte(config), 0o600))
		return []string{"-d", "-c", file}
	})
	return p.address
}

func direct(*scene) {}

var tinyproxyFaults = []fault{
	{name: "CONNECT to HTTPS", want: all(proven), set: proxied(false, nil, overTLS(nginx{}))},
	{name: "CONNECT to HTTPS, HTTP/2", want: all(proven), set: proxied(false, nil, overHTTP2(nginx{}))},
	{name: "plain HTTP is passed on", want: all(proven), set: proxied(false, nil, direct)},
	{
		name: "CONNECT with the name and password that it wants", want: all(proven),
		set: proxied(true, url.UserPassword("user", proxyPassword), overTLS(nginx{})),
	},
	{name: "CONNECT, 407 for they are missing", want: all(transport("no answer")), set: proxied(true, nil, overTLS(nginx{}))},
	{
		name: "CONNECT, 401 for they are wrong", want: all(transport("no answer")),
		set: proxied(true, url.UserPassword("other", proxyPassword), overTLS(nginx{})),
	},
	{name: "plain HTTP, 407 for they are missing", want: all(httpError(407)), set: proxied(true, nil, direct)},
	{name: "the service behind it is down", want: all(transport("no answer")), set: proxied(false, nil, func(s *scene) {
		s.base = "https://" + freeAddress(s.T)
	})},
	{name: "the proxy is down", want: all(transport("refused")), set: func(s *scene) { s.proxy(freeAddress(s.T), nil) }},
}

func TestTinyproxy(t *testing.T) { play(t, "tinyproxy") }
