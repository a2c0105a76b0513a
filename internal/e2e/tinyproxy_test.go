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

// proxied has the client go through a forward proxy. A proxy with a lock wants the name and the password.
func proxied(lock string, user *url.Userinfo, set func(*scene)) func(*scene) {
	return func(s *scene) {
		set(s)
		p := s.run("tinyproxy", "tinyproxy", func(address string) []string {
			_, port, err := net.SplitHostPort(address)
			s.must(err)
			config := fmt.Sprintf("Listen 127.0.0.1\nPort %s\nAllow 127.0.0.1\nTimeout 60\nMaxClients 100\n%s\n", port, lock)
			file := filepath.Join(s.TempDir(), "tinyproxy.conf")
			s.must(os.WriteFile(file, []byte(config), 0o600))
			return []string{"-d", "-c", file}
		})
		s.proxy(p.address, user)
	}
}

func (s *scene) proxy(address string, user *url.Userinfo) {
	client, transport := ownClient()
	transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", User: user, Host: address})
	s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
}

func direct(*scene) {}

const locked = "BasicAuth user " + proxyPassword

var tinyproxyFaults = []fault{
	{name: "CONNECT to HTTPS", want: all(proven), set: proxied("", nil, nginx{TLS: true}.set)},
	{name: "CONNECT to HTTPS, HTTP/2", want: all(proven), set: proxied("", nil, nginx{HTTP2: true}.set)},
	{name: "plain HTTP is passed on", want: all(proven), or: recovered, set: proxied("", nil, direct)},
	{
		name: "CONNECT with the name and password that it wants", want: all(proven),
		set: proxied(locked, url.UserPassword("user", proxyPassword), nginx{TLS: true}.set),
	},
	{name: "CONNECT, name and password missing: 407", want: all(transport("no response")), set: proxied(locked, nil, nginx{TLS: true}.set)},
	{
		name: "CONNECT, name and password wrong: 401", want: all(transport("no response")),
		set: proxied(locked, url.UserPassword("other", proxyPassword), nginx{TLS: true}.set),
	},
	{name: "plain HTTP, name and password missing: 407", want: all(httpError(407)), set: proxied(locked, nil, direct)},
	{name: "the service behind it is down", want: all(transport("no response")), set: proxied("", nil, func(s *scene) {
		s.base = "https://" + freeAddress(s.T)
	})},
	{name: "the proxy is down", want: all(transport("refused")), set: func(s *scene) { s.proxy(freeAddress(s.T), nil) }},
}

func TestTinyproxy(t *testing.T) { play(t, "tinyproxy") }
