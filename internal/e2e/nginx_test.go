//go:build linux

package e2e_test

import (
	"bytes"
	"cmp"
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

// nginx stands before the service, or before another upstream.
type nginx struct {
	Upstream string   // "" = the service
	HTTP     string   // lines of the configuration, on the level of http,
	Server   string   // of the server,
	Location string   // and of its only location; "" = pass on to the upstream
	TLS      bool     // with the trusted certificate, which clients may show, too
	HTTP2    bool     // over TLS
	unknown  bool     // with a certificate that is not trusted
	toxics   []string // of a proxy between nginx and the service

	Address, Dir string
	Root         bool // run by root: nginx would choose a user who may not write into Dir
	*process
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
		listen {{.Address}} {{if .TLS}}ssl{{end}} {{if .HTTP2}}http2{{end}};
		{{if .TLS}}
		ssl_certificate {{.Dir}}/cert.pem;
		ssl_certificate_key {{.Dir}}/key.pem;
		ssl_client_certificate {{.Dir}}/cert.pem;
		{{end}}
		{{.Server}}
		location / { {{with .Location}}{{.}}{{else}}proxy_pass http://{{.Upstream}};{{end}} }
	}
}
`))

// set starts nginx, and has the client call it.
func (n nginx) set(s *scene) { n.begin(s) }

func (n *nginx) begin(s *scene) {
	s.Helper()
	n.Root, n.Dir, n.TLS = os.Getuid() == 0, s.TempDir(), n.TLS || n.HTTP2
	n.Upstream = cmp.Or(n.Upstream, s.service())
	if n.toxics != nil {
		n.Upstream = newProxy(s.T, s.service(), n.toxics...).Listen
	}
	shown := trusted
	if n.unknown {
		var err error
		shown, err = newCertificate("unknown")
		s.must(err)
	}
	s.must(shown.write(n.Dir))
	n.process = s.run("nginx", "nginx-light", func(address string) []string {
		n.Address = address
		var config bytes.Buffer
		s.must(nginxConfig.Execute(&config, n))
		file := filepath.Join(n.Dir, "nginx.conf")
		s.must(os.WriteFile(file, config.Bytes(), 0o600))
		return []string{"-p", n.Dir, "-e", filepath.Join(n.Dir, "error.log"), "-c", file}
	})
	s.base = "http://" + n.Address
	if n.TLS {
		s.base = "https://" + n.Address
	}
	if n.HTTP2 {
		s.wantHTTP2()
	}
	s.Cleanup(func() {
		if log, err := os.ReadFile(filepath.Join(n.Dir, "error.log")); s.Failed() && err == nil {
			s.Logf("%s", log)
		}
	})
}

func (s *scene) wantHTTP2() {
	s.seen = func(resp *http.Response) {
		if resp.ProtoMajor != 2 {
			s.Errorf("got a response by %s, want HTTP/2", resp.Proto)
		}
	}
}

const (
	silence = `{"type":"timeout","attributes":{"timeout":0}}`
	cut     = `{"type":"limit_data","attributes":{"bytes":5000}}`
)

var nginxFaults = []fault{
	{name: "none", want: all(proven), set: nginx{}.set},
	{name: "429 with Retry-After of a second", want: all(recovered), set: rateLimited(1)},
	{name: "429 with Retry-After of an hour", want: all(httpError(429)), set: rateLimited(3600)},
	{
		name: "429 with Retry-After of an hour, in the middle", set: limited("1r/m", 2, 3600),
		want: laterOn("`IncompleteError` of " + httpError(429)), // a watch waits as it is asked to
	},
	{name: "502, nothing is behind it", want: all(httpError(502)), set: func(s *scene) { nginx{Upstream: freeAddress(s.T)}.set(s) }},
	{name: "502 in every fourth attempt", want: but(recovered, httpError(502)), set: func(s *scene) {
		n, direct := nginx{Upstream: freeAddress(s.T)}, s.base
		n.begin(s)
		s.base = direct
		s.someGo(n.Address, 4)
	}},
	{
		name: "504, what is behind it is silent", want: all(httpError(504)),
		set: nginx{Server: "proxy_read_timeout 100ms;", toxics: []string{silence}}.set,
	},
	{name: "what is behind it breaks off", want: all(transport("cut")), set: nginx{toxics: []string{cut}}.set},
	{name: "what is behind it breaks off, HTTP/2", want: all(transport("cut")), set: nginx{HTTP2: true, toxics: []string{cut}}.set},
	{name: "gzip", want: all(proven), set: zipped},
	{name: "a connection is good for two requests", want: all(proven), set: nginx{HTTP: "keepalive_requests 2;"}.set},
	{name: "a connection is good for two requests, HTTP/2", want: all(proven), or: recovered, set: nginx{HTTP2: true, HTTP: "keepalive_requests 2;"}.set},
	{name: "a connection is good for one request", want: all(proven), or: recovered, set: nginx{HTTP: "keepalive_timeout 0;"}.set},
	{name: "reloaded in the middle", want: all(proven), or: recovered, set: func(s *scene) {
		var n nginx
		n.begin(s)
		s.atThird(func() { s.must(n.Process.Signal(syscall.SIGHUP)) })
	}},
	{name: "killed in the middle, and started again", want: laterOn(recovered), set: func(s *scene) {
		var n nginx
		n.begin(s)
		s.atThird(n.kill)
		s.afterTwoFailures(func() error { return n.start(s.ctx) })
	}},
	{name: "HTTP/2", want: all(proven), set: nginx{HTTP2: true}.set},
	{name: "one stream at a time, HTTP/2", want: all(proven), or: recovered, set: nginx{HTTP2: true, HTTP: "http2_max_concurrent_streams 1;"}.set},
	{name: "a certificate of an unknown authority", want: all(transport("certificate")), set: nginx{TLS: true, unknown: true}.set},
	{name: "a client certificate is required, and shown", want: all(proven), set: func(s *scene) {
		nginx{TLS: true, Server: "ssl_verify_client on;"}.set(s)
		client, _ := ownClient(trusted.Certificate)
		s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
	}},
	{name: "a client certificate is required, and missing", want: all(httpError(400)), set: nginx{TLS: true, Server: "ssl_verify_client on;"}.set},
	{name: "https where http is asked for", want: all(httpError(400)), set: func(s *scene) {
		nginx{TLS: true}.set(s)
		s.base = strings.Replace(s.base, "https", "http", 1)
	}},
	{name: "http where https is asked for", want: all(transport("no response")), set: func(s *scene) {
		nginx{}.set(s)
		s.base = strings.Replace(s.base, "http", "https", 1)
	}},
	{name: "200 with a page of HTML", want: all("`DecodeError`"), set: nginx{
		Location: `default_type text/html; return 200 "<html><body>please log in</body></html>";`,
	}.set},
	{name: "413, the request is too large", want: all(httpError(413)), set: nginx{Server: "client_max_body_size 10;"}.set},
}

// limited accepts a burst of requests, and then requests at a rate.
func limited(rate string, burst, retryAfter int) func(*scene) {
	return nginx{
		HTTP: fmt.Sprintf("limit_req_zone $binary_remote_addr zone=all:64k rate=%s; limit_req_status 429;", rate),
		Server: fmt.Sprintf(`
			limit_req zone=all burst=%d nodelay;
			location = /other { empty_gif; }
			error_page 429 @limited;
			location @limited { add_header Retry-After %d always; return 429; }`, burst, retryAfter),
	}.set
}

// rateLimited has used up its burst when the first attempt comes.
func rateLimited(retryAfter int) func(*scene) {
	return func(s *scene) {
		limited("5r/s", 10, retryAfter)(s)
		other := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		s.before = func(n int, _ *http.Request) {
			for i := 0; n == 1 && i < 20; i++ {
				resp, err := other.Get(s.base + "/other")
				s.must(err)
				if err == nil {
					_ = resp.Body.Close()
				}
			}
		}
	}
}

func zipped(s *scene) {
	nginx{Server: "gzip on; gzip_proxied any; gzip_types application/json;"}.set(s)
	s.seen = func(resp *http.Response) {
		if !resp.Uncompressed {
			s.Error("got a response that was not compressed")
		}
	}
}

// redirects are those of HTTP, to the same host and another port. net/http would follow them with the token, and with the body,
// too, for 307 and 308.
func redirects() (faults []fault) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, scheme := range []string{"http", "https"} {
			for _, suffix := range []string{"", ", `WithHTTPClient`"} {
				name := fmt.Sprintf("%d over %s%s", code, scheme, suffix)
				faults = append(faults, fault{name: name, want: all(httpError(code)), set: func(s *scene) {
					target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						s.Errorf("got a %s at the redirect's target, want nothing", r.Method)
					}))
					s.Cleanup(target.Close)
					nginx{TLS: scheme == "https", Location: fmt.Sprintf("return %d %s$request_uri;", code, target.URL)}.set(s)
					if suffix != "" {
						client, _ := ownClient()
						s.opts = append(s.opts, confopenapi.WithHTTPClient(client))
					}
				}})
			}
		}
	}
	return faults
}

func TestNginx(t *testing.T) { play(t, "nginx") }

func TestRedirects(t *testing.T) { play(t, "nginx, redirects") }
