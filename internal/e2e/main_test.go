//go:build linux

package e2e_test

import (
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
	ca, err := newAuthority("Test CA")
	if err == nil {
		err = ca.trust()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	authorities.trusted = ca
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(ignored...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if code == 0 && (*writeFaults || *writeSoak) {
		if err := write(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	ca.forget()
	os.Exit(code)
}

// ignored are goroutines of toxiproxy: a link whose toxic has closed the connection waits for good to hand on what still
// came. They are no goroutines of a call.
var ignored = []goleak.Option{
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
	goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
}
