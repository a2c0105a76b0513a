//go:build linux

package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// authority issues certificates for loopback.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string // of what trust writes
}

// authorities of this process. The trusted one is among the roots of the system, as this process sees it, so that the
// client's own transport can be tested over TLS, which takes no roots of a caller.
var authorities = struct {
	trusted *authority
	unknown func() (*authority, error)
}{unknown: sync.OnceValues(func() (*authority, error) { return newAuthority("Unknown CA") })}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key}, err
}

// trust puts the authority into the place of the system's roots, which crypto/x509 reads once.
func (a *authority) trust() (err error) {
	if a.dir, err = os.MkdirTemp("", "integration-ca"); err != nil {
		return err
	}
	file := filepath.Join(a.dir, "ca.pem")
	if err := os.WriteFile(file, encodePEM("CERTIFICATE", a.cert.Raw), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("SSL_CERT_DIR", a.dir); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", file)
}

func (a *authority) forget() { _ = os.RemoveAll(a.dir) }

// issue makes a certificate that is good for a server on loopback and for a client.
func (a *authority) issue(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "loopback"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// files writes a certificate and its key, and the authority's own, as nginx reads them.
func (a *authority) files(t *testing.T, dir string) (certFile, keyFile, caFile string) {
	t.Helper()
	cert := a.issue(t)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile, caFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")
	for file, data := range map[string][]byte{
		certFile: encodePEM("CERTIFICATE", cert.Certificate[0]),
		keyFile:  encodePEM("PRIVATE KEY", key),
		caFile:   encodePEM("CERTIFICATE", a.cert.Raw),
	} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile, caFile
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// ownClient is an *http.Client as a caller would bring one: with net/http's own transport, and certificates to show.
func ownClient(certificates ...tls.Certificate) *http.Client {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		panic(fmt.Sprintf("net/http's transport is a %T", http.DefaultTransport))
	}
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}
}
