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
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certificate is one with its key.
type certificate struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// trusted is among the roots of the system, as this process sees it, so that the client's own transport can be tested over
// TLS, which takes no roots of a caller.
var trusted *certificate

// issue makes a certificate of an authority; nil issues an authority.
func (ca *certificate) issue(template *x509.Certificate) (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	issuer := ca
	if ca == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		issuer = &certificate{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.key)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	return &certificate{parsed, key}, err
}

func newAuthority(name string) (*certificate, error) {
	return (*certificate)(nil).issue(&x509.Certificate{Subject: pkix.Name{CommonName: name}})
}

// trust puts the authority into the place of the system's roots, which crypto/x509 reads once.
func (ca *certificate) trust(dir string) error {
	file := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(file, encodePEM("CERTIFICATE", ca.Raw), 0o600); err != nil {
		return err
	}
	if err := os.Setenv("SSL_CERT_DIR", dir); err != nil {
		return err
	}
	return os.Setenv("SSL_CERT_FILE", file)
}

// loopback makes a certificate that is good for a server on loopback and for a client.
func (ca *certificate) loopback(t *testing.T) tls.Certificate {
	t.Helper()
	c, err := ca.issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "loopback"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: c.key}
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// ownClient is an *http.Client as a caller would bring one: with net/http's own transport, and certificates to show.
func ownClient(certificates ...tls.Certificate) (*http.Client, *http.Transport) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, transport
}
