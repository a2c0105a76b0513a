//go:build linux

package e2e_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"text/template"

	"github.com/confopenapi/confopenapi-go"
)

// nginx stands before an upstream as its configuration says.
type nginx struct {
	Upstream string // whom it asks; "" = the service
	HTTP     string // lines of the configuration, on the level of http,
	Server   string // of the server,
	Location string // and of its only location; "" = ask the upstream
	Listen   string // words behind listen: ssl, http2

	Address, Dir string
	Root         bool // the workers of a master who is root would be somebody who may not write into Dir
	process      process
}

var nginxConfig = template.Must(template.New("").Parse(`
daemon off;
{{if .Root}}user root;{{end}}
worker_processes 1;
error_log {{.Dir}}/error.log;
pid {{.Dir}}/pid;
events { worker_connections 128; }
http {
	access_log off;
	client_body_temp_path {{.Dir}}/body;
	proxy_temp_path {{.Dir}}/proxy;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;
	proxy_http_version 1.1;
	proxy_set_header Connection "";
	{{.HTTP}}
	server {
		listen {{.Address}} {{.Listen}};
		{{.Server}}
		location / { {{with .Location}}{{.}}{{else}}proxy_pass http://{{.Upstream}};{{end}} }
	}
}
`))

// plain starts nginx before the service, and has the client ask it.
func plain(n nginx) func(*scene) {
	return func(s *scene) {
		n := n
		s.base = "http://" + s.nginx(&n)
		if strings.HasPrefix(n.Listen, "ssl") {
			s.base = "https://" + n.Address
		}
	}
}

// nginx starts it, and returns its address.
func (s *scene) nginx(n *nginx) string {
	s.Helper()
	if n.Upstream == "" {
		n.Upstream = s.service()
	}
	n.Root, n.Dir = os.Getuid() == 0, s.TempDir()
	s.run("nginx", "nginx-light", &n.process, func(address string) []string {
		n.Address = address
		var config bytes.Buffer
		s.must(nginxConfig.Execute(&config, n))
		file := filepath.Join(n.Dir, "nginx.conf")
		s.must(os.WriteFile(file, config.Bytes(), 0o600))
		return []string{"-p", n.Dir, "-e", filepath.Join(n.Dir, "error.log"), "-c", file}
	})
	s.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(n.Dir, "error.log")); s.Failed() && err == nil {
			s.Logf("%s", log)
		}
	})
	return n.Address
}

// tls has a server show a certificate of an authority, and take those of clients from it.
func (s *scene) tls(n nginx, ca *certificate) nginx {
	shown := ca.loopback(s.T)
	key, err := x509.MarshalPKCS8PrivateKey(shown.PrivateKey)
	s.must(err)
	dir := s.TempDir()
	for file, data := range map[string][]byte{
		"cert.pem": encodePEM("CERTIFICATE", shown.Certificate[0]), "key.pem": encodePEM("PRIVATE KEY", key), "ca.pem": encodePEM("CERTIFICATE", ca.Raw),
	} {
		s.must(os.WriteFile(filepath.Join(dir, file), data, 0o600))
	}
	n.Listen = strings.TrimSpace("ssl " + n.Listen)
	n.Server += fmt.Sprintf("ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem; ssl_client_certificate %[1]s/ca.pem;", dir)
	return n
}

// overTLS is plain, with a certificate that the client trusts.
func overTLS(n nginx) func(*scene) {
	return func(s *scene) { plain(s.tls(n, trusted))(s) }
}

// overHTTP2 is overTLS, and makes sure that HTTP/2 is spoken.
func overHTTP2(n nginx) func(*scene) {
	return func(s *scene) {
		n := n
		n.Listen = "http2"
		overTLS(n)(s)
		s.wantHTTP2()
	}
}

func (s *scene) wantHTTP2() {
	s.seen = func(resp *http.Response) {
		if resp.ProtoMajor != 2 {
			s.Errorf("it came by %s", resp.Proto)
		}
	}
}

// behind puts a proxy with toxics between nginx and the service.
func behind(set func(nginx) func(*scene), n nginx, toxics ...string) func(*scene) {
	return func(s *scene) {
		n := n
		n.Upstream = newProxy(s.T, s.service(), toxics...).Listen
		set(n)(s)
	}
}

const (
	silence = `{"type":"timeout","attributes":{"timeout":0}}`
	cut     = `{"type":"limit_data","attributes":{"bytes":5000}}`
)

var nginxFaults = []fault{
	{name: "none", want: all(proven), set: plain(nginx{})},
	{name: "429 with Retry-After of a second", want: all(recovered), set: rateLimited(1)},
	{name: "429 with Retry-After of an hour", want: all(httpError(429)), set: rateLimited(3600)},
	{
		name: "429 with Retry-After of an hour, in the middle", set: limited("1r/m", 2, 3600),
		want: laterOn("`IncompleteError` of " + httpError(429)), // a watch waits as asked
	},
	{name: "502, for nothing is behind it", want: all(httpError(502)), set: func(s *scene) { plain(nginx{Upstream: freeAddress(s.T)})(s) }},
	{name: "502 in every fourth attempt", want: but(recovered, httpError(502)), set: func(s *scene) {
		s.someGo(s.nginx(&nginx{Upstream: freeAddress(s.T)}), 4)
	}},
	{
		name: "504, for what is behind it is silent", want: all(httpError(504)),
		set: behind(plain, nginx{Server: "proxy_read_timeout 100ms;"}, silence),
	},
	{name: "what is behind it breaks off", want: all(transport("cut")), set: behind(plain, nginx{}, cut)},
	{name: "what is behind it breaks off, HTTP/2", want: all(transport("cut")), set: behind(overHTTP2, nginx{}, cut)},
	{name: "gzip", want: all(proven), set: zipped},
	{name: "a connection is good for two requests", want: all(proven), set: plain(nginx{HTTP: "keepalive_requests 2;"})},
	{name: "a connection is good for two requests, HTTP/2", want: all(proven), set: overHTTP2(nginx{HTTP: "keepalive_requests 2;"})},
	{name: "a connection is good for one request", want: all(proven), mayFail: true, set: plain(nginx{HTTP: "keepalive_timeout 0;"})},
	{name: "reloaded in the middle", want: all(proven), set: reloaded},
	{name: "killed in the middle, and started again", want: laterOn(recovered), set: killed},
	{name: "HTTP/2", want: all(proven), set: overHTTP2(nginx{})},
	{name: "one stream at a time, HTTP/2", want: all(proven), set: overHTTP2(nginx{HTTP: "http2_max_concurrent_streams 1;"})},
	{name: "a certificate that nobody vouches for", want: all(transport("certificate")), set: func(s *scene) {
		ca, err := newAuthority("Unknown CA")
		s.must(err)
		plain(s.tls(nginx{}, ca))(s)
	}},
	{name: "a client certificate is required, and shown", want: all(proven), set: func(s *scene) {
		overTLS(nginx{Server: "ssl_verify_client on;"})(s)
		client, _ := ownClient(trusted.loopback(s.T))
		s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
	}},
	{name: "a client certificate is required, and missing", want: all(httpError(400)), set: overTLS(nginx{Server: "ssl_verify_client on;"})},
	{name: "https where http is asked for", want: all(httpError(400)), set: func(s *scene) {
		overTLS(nginx{})(s)
		s.base = strings.Replace(s.base, "https", "http", 1)
	}},
	{name: "http where https is asked for", want: all(transport("no answer")), set: func(s *scene) {
		plain(nginx{})(s)
		s.base = strings.Replace(s.base, "http", "https", 1)
	}},
	{name: "200 with a page of HTML", want: all("`DecodeError`"), set: plain(nginx{
		Location: `default_type text/html; return 200 "<html><body>please log in</body></html>";`,
	})},
	{name: "413, for the request is too large", want: all(httpError(413)), set: plain(nginx{Server: "client_max_body_size 10;"})},
}

// limited lets a burst of requests pass, and then so many.
func limited(rate string, burst, retryAfter int) func(*scene) {
	return plain(nginx{
		HTTP: fmt.Sprintf("limit_req_zone $binary_remote_addr zone=all:64k rate=%s; limit_req_status 429;", rate),
		Server: fmt.Sprintf(`
			limit_req zone=all burst=%d nodelay;
			location = /other { empty_gif; }
			error_page 429 @limited;
			location @limited { add_header Retry-After %d always; return 429; }`, burst, retryAfter),
	})
}

// rateLimited has let pass what it may when the first attempt comes.
func rateLimited(retryAfter int) func(*scene) {
	return func(s *scene) {
		limited("5r/s", 10, retryAfter)(s)
		s.before = func(n int, _ *http.Request) {
			for i := 0; n == 1 && i < 20; i++ {
				s.get(s.base + "/other")
			}
		}
	}
}

// get asks for something beside the client.
func (s *scene) get(url string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, url, nil)
	s.must(err)
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	s.must(err)
	if err == nil {
		_ = resp.Body.Close()
	}
}

func zipped(s *scene) {
	plain(nginx{Server: "gzip on; gzip_proxied any; gzip_types application/json;"})(s)
	s.seen = func(resp *http.Response) {
		if !resp.Uncompressed {
			s.Error("it was not compressed")
		}
	}
}

func reloaded(s *scene) {
	var n nginx
	s.base = "http://" + s.nginx(&n)
	s.before = func(attempt int, _ *http.Request) {
		if attempt == 3 {
			s.must(n.process.command.Process.Signal(syscall.SIGHUP))
		}
	}
}

func killed(s *scene) {
	var n nginx
	s.base = "http://" + s.nginx(&n)
	s.before = func(attempt int, _ *http.Request) {
		if attempt == 3 {
			n.process.kill()
		}
	}
	s.failed = func(failure int) {
		if failure == 2 {
			s.must(n.process.start(s.ctx))
		}
	}
}

// redirects are those of HTTP, to the same host and another port, which net/http would follow with the token, and with the
// body too for 307 and 308.
func redirects() (faults []fault) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, scheme := range []string{"http", "https"} {
			for _, own := range []bool{false, true} {
				name := fmt.Sprintf("%d over %s", code, scheme)
				if own {
					name += ", `WithHTTPClient`"
				}
				faults = append(faults, fault{name: name, want: all(httpError(code)), set: redirected(code, scheme, own)})
			}
		}
	}
	return faults
}

func redirected(code int, scheme string, own bool) func(*scene) {
	return func(s *scene) {
		target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s.Errorf("a %s came to the redirect's target", r.Method)
		}))
		s.Cleanup(target.Close)
		n := nginx{Location: fmt.Sprintf("return %d %s$request_uri;", code, target.URL)}
		if scheme == "https" {
			overTLS(n)(s)
		} else {
			plain(n)(s)
		}
		if own {
			client, _ := ownClient()
			s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
		}
	}
}

func TestNginx(t *testing.T) { play(t, "nginx") }

func TestRedirects(t *testing.T) { play(t, "nginx, redirects") }
