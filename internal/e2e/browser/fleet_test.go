//go:build linux

package browser_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPageShowsAFleet has conffleet list for two administrators, whose conferences are the same.
func TestPageShowsAFleet(t *testing.T) {
	srv, dir, address, nats := newService(t, 30), t.TempDir(), freeAddress(t), freeAddress(t)
	conffleet := filepath.Join(dir, "conffleet")
	if out, err := exec.Command("go", "-C", "../../../cmd/conffleet", "build", "-o", conffleet, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	confctl, err := build()
	if err != nil {
		t.Fatal(err)
	}
	admins, store := filepath.Join(dir, "admins"), filepath.Join(dir, "store")
	if err := os.WriteFile(admins, []byte("1001\n1002\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"CONFOPENAPI_BASE_URL=" + srv.URL, "CONFOPENAPI_TOKEN=" + srv.Token(), "NATS_URL="}
	stop := start(t, nats, env, conffleet, "run", "--store", store, "--listen", nats, "--admins", admins, "--interval", "1s", "--max-events", "16")
	start(t, address, nil, confctl, "web", "--addr", address, "--nats", filepath.Join(store, "url"), "--stale-after", "8s")
	p := open(t, address)
	p.await(proven)
	p.await("document.getElementById('count').textContent.startsWith('60 ')")
	p.await("document.querySelectorAll('#fleet li').length === 2 && document.querySelector('tbody td[data-column=worth]').textContent.startsWith('✓')")
	for _, c := range srv.Live()[:10] {
		srv.End(c.Identity())
	}
	p.await("document.getElementById('count').textContent.startsWith('40 ')")
	eval[bool](p, "const admin = document.getElementById('admin'); admin.value = '1002'; admin.dispatchEvent(new Event('change'))")
	p.await("document.getElementById('count').textContent.startsWith('20 ')")
	p.await("[...document.querySelectorAll('tbody td[data-column=admin]')].every(c => c.textContent === '1002')")
	code := axe(t)
	for _, width := range []int64{1280, 390} {
		p.run(chromedp.EmulateViewport(width, 900))
		p.mustBeAccessible(code, width)
	}
	for _, c := range srv.Live()[:5] {
		srv.End(c.Identity())
	}
	p.await("document.getElementById('count').textContent.startsWith('15 ')")
	eval[bool](p, "admin.value = '1003'; admin.dispatchEvent(new Event('change'))")
	p.awaitState("waiting")
	eval[bool](p, "admin.value = ''; admin.dispatchEvent(new Event('change'))")
	p.await("document.getElementById('count').textContent.startsWith('30 ')")
	stop()
	p.awaitState("cut")
	p.await(alarmed)
	p.await("document.querySelector('tbody td[data-column=worth]').textContent.startsWith('⏱')")
}
