//go:build linux

package e2e_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := run(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(m *testing.M) error {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if trusted, err = newCertificate("trusted"); err != nil {
		return err
	}
	// crypto/x509 reads the system's roots once.
	err = cmp.Or(trusted.write(dir), os.Setenv("SSL_CERT_DIR", dir), os.Setenv("SSL_CERT_FILE", filepath.Join(dir, "cert.pem")))
	if err == nil && m.Run() != 0 {
		err = errors.New("a test failed")
	}
	if err == nil {
		err = goleak.Find(ignored...)
	}
	if err == nil {
		err = write()
	}
	return err
}

// ignored are goroutines of toxiproxy: a link whose toxic has closed the connection waits for ever to pass on what still came.
// They are no goroutines of a call.
var ignored = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
}
