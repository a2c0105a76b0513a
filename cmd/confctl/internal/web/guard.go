package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
)

// guard lets only those in who may see the list.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")
		switch {
		case !s.knowsHost(r):
			http.Error(w, "this host is not served here\n这里不提供该主机名的网页", http.StatusMisdirectedRequest)
		case s.isProxied(r) && r.Header.Get("X-Forwarded-Proto") != "https":
			http.Error(w, "the proxy must set X-Forwarded-Proto to https\n代理须把 X-Forwarded-Proto 设为 https", http.StatusForbidden)
		case isForeign(r):
			http.Error(w, "pages of other sites may not read this\n其他网站的网页不得读取", http.StatusForbidden)
		case r.URL.Path != healthPath && !s.isAllowed(r):
			header.Set("WWW-Authenticate", `Basic realm="confctl web", charset="UTF-8"`)
			http.Error(w, "the password is missing or wrong\n缺少密码，或密码错误", http.StatusUnauthorized)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "read only", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// knowsHost is the defence against DNS rebinding: a name that somebody else controls is none of those served here. An address is no name.
func (s *Server) knowsHost(r *http.Request) bool {
	host := hostOf(r.Host)
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if strings.EqualFold(host, "localhost") || s.isProxied(r) {
		return true
	}
	if s.options.TLS == nil || len(s.options.TLS.Certificate) == 0 {
		return false
	}
	certificate, err := x509.ParseCertificate(s.options.TLS.Certificate[0])
	return err == nil && certificate.VerifyHostname(host) == nil
}

// isProxied reports whether a request was sent to the address at the proxy.
func (s *Server) isProxied(r *http.Request) bool {
	return s.options.PublicURL != nil && strings.EqualFold(hostOf(r.Host), s.options.PublicURL.Hostname())
}

func hostOf(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

// isForeign reports whether a browser sends the request for a page of another site. A link to the page itself is fine.
func isForeign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		_, host, _ := strings.Cut(origin, "://")
		return !strings.EqualFold(host, r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.URL.Path != "/" || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}

// isAllowed asks for the password, as that of any user or as a bearer token.
func (s *Server) isAllowed(r *http.Request) bool {
	if s.options.Password == "" {
		return true
	}
	_, given, ok := r.BasicAuth()
	if !ok {
		given, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	got, want := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.options.Password))
	return ok && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// limit counts what there may be so many of.
type limit struct {
	mu         sync.Mutex
	free, used int
}

func (l *limit) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used == l.free {
		return false
	}
	l.used++
	return true
}

func (l *limit) give() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used--
}

func (l *limit) taken() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// bounded closes the connections that are too many.
type bounded struct {
	net.Listener
	limit limit
	spoke *sync.Map // the addresses of open connections that have sent something
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.limit.take() {
			return &counted{Conn: conn, of: b}, nil
		}
		_ = conn.Close()
	}
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	of    *bounded
	spoke atomic.Bool
	once  sync.Once
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.spoke.Swap(true) {
		c.of.spoke.Store(c.RemoteAddr().String(), true)
	}
	return n, err
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.of.spoke.Delete(c.RemoteAddr().String())
		c.of.limit.give()
	})
	return c.Conn.Close()
}
