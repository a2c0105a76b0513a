package scrub_test

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/scrub"
)

// What is odd about a text stays. The tests of confopenapitest.Recorder look for what must not stay.
func TestRewriteKeepsOddities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{
			`{"status":"0","status":0,"result":{"totalCount":2.0,"confList":null,"x":[true,null,{}]}}`,
			`{"status":"0","status":0,"result":{"totalCount":2.0,"confList":null,"x":[true,null,{}]}}`,
		},
		{
			`{"result":{"confList":[{"eventId":"12","hostMobile":13800138000,"startTimeStr":"2024-05-14 10:00:00","stopTimeStr":"bald"}]}}`,
			`{"result":{"confList":[{"eventId":"10000000","hostMobile":10000000001,"startTimeStr":"2024-05-14 10:00:00","stopTimeStr":"text-1"}]}}`,
		},
		{`{"a":12,"b":"","c":0,"hostIp":"2001:db8:5::7","d":-1e300}`, `{"a":1,"b":"","c":0,"hostIp":"2001:db8::1","d":2}`},
		{`{"eventId":99,"confList":[{"eventId":7},{"eventId":100}]}`, `{"eventId":10000007,"confList":[{"eventId":10000000},{"eventId":10000014}]}`},
		{`{"eventId":10000000}`, `{"eventId":10000008}`},
	} {
		var s scrub.Scrubber
		s.Learn([]byte(c.body))
		got, ok := s.Rewrite([]byte(c.body))
		if diff := cmp.Diff(c.want, string(got)); diff != "" || !ok {
			t.Error(ok, diff)
		}
	}
}

func TestRewriteNoJSON(t *testing.T) {
	t.Parallel()
	var s scrub.Scrubber
	for _, text := range []string{"", "<html>", `{"a":1`, `{}{}`} {
		s.Learn([]byte(text))
		if got, ok := s.Rewrite([]byte(text)); ok {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestLeaks(t *testing.T) {
	t.Parallel()
	var s scrub.Scrubber
	s.Learn([]byte(`{"hostName":"ou \"yang\"","token":"short","msg":"not secret at all"}`))
	for text, want := range map[string]bool{
		`ou "yang"`:     true,
		`ou \"yang\"`:   true,
		"ou+%22yang%22": true,
		base64.RawURLEncoding.EncodeToString([]byte(`ou "yang"`)): true,
		"geheim":            true,
		"short":             false, // shorter texts would be found everywhere
		"not secret at all": false,
	} {
		if got := s.Leaks("<"+text+">", "geheim"); got != want {
			t.Errorf("%q leaks: got %t, want %t", text, got, want)
		}
	}
}
