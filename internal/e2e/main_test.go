//go:build linux

package e2e_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(proxiesChild) != "" {
		serveProxies()
		return
	}
	flag.Parse()
	if err := run(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(m *testing.M) error {
	dir, err := os.MkdirTemp("", "e2e-ca")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if trusted, err = newAuthority("Test CA"); err != nil {
		return err
	}
	if err := trusted.trust(dir); err != nil {
		return err
	}
	if m.Run() != 0 {
		return errors.New("a test failed")
	}
	if err := goleak.Find(ignored...); err != nil {
		return err
	}
	return write()
}

// ignored are goroutines of toxiproxy: a link whose toxic has closed the connection waits for good to hand on what still
// came. They are no goroutines of a call.
var ignored = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
}
