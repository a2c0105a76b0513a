package confopenapitest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// TestWaitInFakeTime shows how a test of a long wait ends at once: New needs no network, so that it works in fake time.
func TestWaitInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := confopenapitest.New()
		srv.FailNext(1, confopenapitest.RetryAfter(429, "20"))
		begin := time.Now()
		if _, err := srv.Client().ListByStatus(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < 20*time.Second {
			t.Errorf("waited %s, want 20s or more, as in Retry-After", waited)
		}
	})
}
