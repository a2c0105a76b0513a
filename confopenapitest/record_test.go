package confopenapitest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// replaying returns a client of a recording.
func replaying(t *testing.T, file string) (*confopenapi.Client, *confopenapitest.Replay) {
	t.Helper()
	replay, err := confopenapitest.OpenReplay(file)
	if err != nil {
		t.Fatal(err)
	}
	client, err := confopenapi.NewClient("https://replay.example.com/elsewhere", quick, confopenapi.WithPacing(false), confopenapi.WithToken("another-token"),
		confopenapi.WithHTTPClient(&http.Client{Transport: replay}))
	if err != nil {
		t.Fatal(err)
	}
	return client, replay
}

func TestReplay(t *testing.T) {
	t.Parallel()
	all := confopenapitest.Conferences(45, 3)
	srv := confopenapitest.NewServer(t, confopenapitest.WithConferences(all...))
	rec := confopenapitest.NewRecorder()
	live := srv.Client(quick, confopenapi.WithPacing(false), confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithMiddleware(rec.Wrap))
	srv.FailNext(1, confopenapitest.HTML(502))
	srv.Inject(confopenapitest.Rule{Fault: confopenapitest.RetryAfter(429, "0"), Times: 1, When: confopenapitest.OnPage(2)})
	req := confopenapi.ListByStatusRequest{Count: 20, AdminUserID: 123456789}
	was := listAll(t, live, req)
	file := filepath.Join(t.TempDir(), "recording.json")
	if err := rec.Save(file); err != nil {
		t.Fatal(err)
	}

	client, replay := replaying(t, file)
	if replay.Unused() != 6 {
		t.Errorf("got %d recorded responses, want 6", replay.Unused())
	}
	is := listAll(t, client, req)
	if replay.Unused() != 0 {
		t.Errorf("got %d unused responses after the replay, want 0", replay.Unused())
	}
	var scrubbed []string // texts and ids; the displayed times are kept
	for _, f := range fields.All {
		if f.Personal || slices.Contains([]fields.Kind{fields.Text, fields.Texts, fields.ID}, f.Kind) && !strings.HasSuffix(f.Go, "TimeText") {
			scrubbed = append(scrubbed, f.Go)
		}
	}
	if diff := cmp.Diff(was, is, cmpopts.IgnoreFields(confopenapi.Conference{}, scrubbed...)); diff != "" {
		t.Errorf("the replayed conferences differ in fields that are not scrubbed (-recorded +replayed)\n%s", diff)
	}
	same(t, was, is, "title", func(c confopenapi.Conference) any { return c.Title })
	same(t, was, is, "name", func(c confopenapi.Conference) any { return c.HostName })
	same(t, was, is, "e-mail", func(c confopenapi.Conference) any { return c.HostEmail })
	same(t, was, is, "mobile", func(c confopenapi.Conference) any { return c.HostMobile })
	same(t, was, is, "IP", func(c confopenapi.Conference) any { return c.HostIP })
	same(t, was, is, "host", func(c confopenapi.Conference) any { return c.HostID })
	same(t, was, is, "passcode", func(c confopenapi.Conference) any { return c.Passcode.Reveal() })
	for i := range was {
		for j := range was {
			if (was[i].EventID < was[j].EventID) != (is[i].EventID < is[j].EventID) {
				t.Fatalf("event ids %d and %d became %d and %d, in another order", was[i].EventID, was[j].EventID, is[i].EventID, is[j].EventID)
			}
		}
	}
	if _, err := client.ListByStatus(t.Context(), &req); err == nil || !strings.Contains(err.Error(), "no further response") {
		t.Errorf("one request more than recorded: got %v, want no further response", err)
	}
}

// Each page size, page and filter has its own responses, in the order in which they were recorded.
func TestReplayMatchesRequests(t *testing.T) {
	t.Parallel()
	srv := confopenapitest.NewServer(t)
	rec := confopenapitest.NewRecorder()
	live := srv.Client(confopenapi.WithMiddleware(rec.Wrap))
	asked := []confopenapi.ListByStatusRequest{
		{Count: 5}, {Count: 7}, {Page: 3, Count: 10}, {Count: 9, FilterOneAttendee: new(true)}, {Count: 9, FilterOneAttendee: new(false)}, {},
	}
	var want []int
	for i := range asked {
		page, err := live.ListByStatus(t.Context(), &asked[i])
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, page.TotalCount*100+len(page.Conferences))
		srv.End(srv.Live()[0].Identity())
	}
	if _, err := live.ListByStatus(t.Context(), &asked[0]); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "recording.json")
	if err := rec.Save(file); err != nil {
		t.Fatal(err)
	}
	client, _ := replaying(t, file)
	for i := range slices.Backward(asked) {
		page, err := client.ListByStatus(t.Context(), &asked[i])
		if err != nil || page.TotalCount*100+len(page.Conferences) != want[i] {
			t.Errorf("%s: got %v, %v; want a total of %d and %d conferences", asked[i], page, err, want[i]/100, want[i]%100)
		}
	}
	if page, err := client.ListByStatus(t.Context(), &asked[0]); err != nil || page.TotalCount != 25-len(asked) {
		t.Errorf("the first request again: got %v, %v, want a total of %d", page, err, 25-len(asked))
	}
}

// same checks that two conferences have an equal value after scrubbing exactly if they had one before, and that none is left.
func same(t *testing.T, was, is []confopenapi.Conference, what string, of func(confopenapi.Conference) any) {
	t.Helper()
	originals := map[any]bool{}
	for _, c := range was {
		originals[of(c)] = true
	}
	for i := range was {
		if of(is[i]) != "" && originals[of(is[i])] {
			t.Errorf("%s: got the replacement %v, which is also an original", what, of(is[i]))
		}
		for j := range was {
			if (of(was[i]) == of(was[j])) != (of(is[i]) == of(is[j])) {
				t.Fatalf("%s: %v and %v became %v and %v", what, of(was[i]), of(was[j]), of(is[i]), of(is[j]))
			}
		}
	}
}

// record records one exchange whose response is body, and saves.
func record(t *testing.T, rec *confopenapitest.Recorder, status int, body string) (string, error) {
	t.Helper()
	srv := confopenapitest.NewServer(t)
	srv.Intercept(func(x *confopenapitest.Exchange) { x.Respond(status, body) })
	_, _ = srv.Client(quick, confopenapi.WithMiddleware(rec.Wrap)).ListByStatus(t.Context(), nil)
	file := filepath.Join(t.TempDir(), "recording.json")
	return file, rec.Save(file)
}

// A secret in any field, known or not, as text or number, is in none of the files.
func TestRecorderScrubsEveryField(t *testing.T) {
	t.Parallel()
	const mark, digits = "MARK4711", "9876543219876543" // the secrets
	fields := []string{"unknown", "vendorNote", "token", "confName", "guestPcode", "nested"}
	var page struct {
		Result struct {
			ConfList []map[string]any `json:"confList"`
		} `json:"result"`
	}
	_, text, _ := strings.Cut(raw(t, confopenapitest.New(), "POST", "application/json", "{}"), " ")
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	for name := range page.Result.ConfList[0] {
		fields = append(fields, name)
	}
	if len(fields) < 40 {
		t.Fatalf("got %d fields, want 40 or more", len(fields))
	}
	marked := func(value func(name string) string) string {
		var parts []string
		for _, name := range fields {
			parts = append(parts, fmt.Sprintf("%q:%s", name, value(name)))
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	for name, value := range map[string]func(string) string{
		"text":      func(name string) string { return `"` + mark + name + `"` },
		"number":    func(string) string { return digits },
		"float":     func(string) string { return digits + ".5" },
		"list":      func(name string) string { return `["` + mark + name + `",` + digits + `,{"a":"` + mark + `"}]` },
		"escaped":   func(string) string { return `"\u004dARK4711"` },
		"as a name": func(name string) string { return `{"` + mark + `@example.com":1,"` + mark + ` ` + name + `":null}` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := marked(value)
			for kind, body := range map[string]string{
				"page": `{"status":0,"result":{"totalCount":1,"confList":[` + inner + `],"more":` + inner + `},"msg":` + value("msg") + `,"request_id":` + value("request_id") +
					`,"timestamp":` + value("timestamp") + `,"request_duration":` + value("request_duration") + `}`,
				"HTML":       "<html>" + mark + digits + inner + "</html>",
				"cut":        `{"status":0,"result":` + inner,
				"business":   `{"status":7,"msg":` + value("msg") + `,"result":` + value("result") + `}`,
				"an array":   "[" + value("x") + "," + inner + "]",
				"one string": value("x"),
			} {
				file, err := record(t, confopenapitest.NewRecorder(), 200, body)
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if i := max(strings.Index(string(data), mark), strings.Index(string(data), digits)); i >= 0 {
					t.Errorf("%s: the recording contains the secret: %.100s", kind, data[i-40:])
				}
			}
		})
	}
}

// Save writes nothing if scrubbing has not removed a secret.
func TestSaveRefusesKnownSecret(t *testing.T) {
	t.Parallel()
	const secret = "geheim4711" // in base64 Z2VoZWltNDcxMQ
	for name, body := range map[string]string{
		"field's name": `{"status":0,"geheim4711":1}`,
		"longer name":  `{"status":0,"is_geheim4711_x":1}`,
		"base64":       `{"status":0,"` + base64.RawURLEncoding.EncodeToString([]byte(secret)) + `":1}`,
	} {
		file, err := record(t, confopenapitest.NewRecorder(secret), 200, body)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "not written") {
			t.Errorf("%s: Save returned %v, want a refusal without the secret", name, err)
		}
		left, err := filepath.Glob(filepath.Dir(file) + "/*")
		if err != nil || len(left) > 0 {
			t.Errorf("%s: Save wrote %v, want nothing", name, left)
		}
	}
	// A secret of one field in another place.
	for _, body := range []string{
		`{"status":0,"pcode2":"abcdefgh4711","abcdefgh4711":1}`,
		`{"status":0,"hostName":"ouyang_feifei","ouyang_feifei":1}`,
		`{"status":0,"token":"other-token","other-token":1}`, // a name that is replaced
	} {
		_, err := record(t, confopenapitest.NewRecorder(), 200, body)
		if refused := err != nil; refused == strings.Contains(body, "token") {
			t.Errorf("%s: Save returned %v", body, err)
		}
	}
}

// Printing a Recorder shows neither a secret nor an exchange.
func TestRecorderPrintsNothing(t *testing.T) {
	t.Parallel()
	rec := confopenapitest.NewRecorder("geheim-4711")
	srv := confopenapitest.New(confopenapitest.WithToken("geheim-4712"))
	if _, err := srv.Client(confopenapi.WithMiddleware(rec.Wrap)).ListByStatus(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{rec, *rec, []any{rec}, rec.Wrap(nil), struct{ inner confopenapitest.Recorder }{*rec}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "geheim") || strings.Contains(text, "67656865696d") || len(text) > 200 {
				t.Errorf("%s of %T: %.200s", verb, value, text)
			}
		}
	}
}

func TestRecorderFailures(t *testing.T) {
	t.Parallel()
	rec := confopenapitest.NewRecorder()
	if err := rec.Save(filepath.Join(t.TempDir(), "no", "such", "directory.json")); err == nil {
		t.Error("Save into a directory that does not exist returned no error")
	}
	if _, err := confopenapitest.OpenReplay(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenReplay of no file: got %v, want %v", err, os.ErrNotExist)
	}
	file := filepath.Join(t.TempDir(), "odd.json")
	if err := os.WriteFile(file, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := confopenapitest.OpenReplay(file); err == nil || !strings.Contains(err.Error(), "not a recording") {
		t.Errorf("OpenReplay of HTML: got %v, want 'not a recording'", err)
	}
	srv := confopenapitest.NewServer(t)
	client := srv.Client(quick, confopenapi.WithPacing(false), confopenapi.WithMiddleware(rec.Wrap))
	// A recorder passes faults on.
	for _, fault := range []confopenapitest.Fault{confopenapitest.Reset(), confopenapitest.Truncate(), confopenapitest.FaultNamed("cut gzip")} {
		srv.FailNext(1, fault)
		if page, err := client.ListByStatus(t.Context(), nil); err != nil || page.Meta.Attempts != 2 {
			t.Errorf("%s: got %v, %v, want a page at the second attempt", fault, page, err)
		}
	}
}

// A response of more than 32 MiB is passed on and not recorded.
func TestRecorderLargeResponse(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a response of 40 MiB")
	}
	rec := confopenapitest.NewRecorder()
	srv := confopenapitest.NewServer(t)
	client := srv.Client(quick, confopenapi.WithMiddleware(rec.Wrap))
	srv.FailNext(1, confopenapitest.GzipBomb(40<<20))
	if _, err := client.ListByStatus(t.Context(), nil); !errors.Is(err, confopenapi.ErrTooLarge) {
		t.Errorf("40 MiB: got %v, want %v", err, confopenapi.ErrTooLarge)
	}
	file := filepath.Join(t.TempDir(), "empty.json")
	if err := rec.Save(file); err != nil {
		t.Error(err)
	}
	if _, replay := replaying(t, file); replay.Unused() != 0 {
		t.Errorf("40 MiB: got %d recorded responses, want 0", replay.Unused())
	}
}

// FuzzScrub puts a mark into any JSON, records it, and searches the file for the mark.
func FuzzScrub(f *testing.F) {
	files, err := filepath.Glob("../testdata/listbystatus/*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range slices.Sorted(slices.Values(files)) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "hostName", "MARK", uint8(0))
	}
	f.Add(`{"a":[]}`, "startTimeStr", "2024-05-14 10:00:00 MARK", uint8(1))
	f.Add(`{}`, "request_duration", "1msMARK", uint8(2))
	const mark = "Xq7MARKx9Z"
	f.Fuzz(func(t *testing.T, body, field, secret string, how uint8) {
		secret += mark
		hidden := `{` + string(must(json.Marshal(field))) + `:` + string(must(json.Marshal(secret))) + `}`
		switch how % 4 {
		case 0: // beside
			body = `[` + body + `,` + hidden + `]`
		case 1: // in every place of an empty object
			body = strings.ReplaceAll(body, "{}", hidden)
		case 2: // instead of every null
			body = strings.ReplaceAll(body, "null", string(must(json.Marshal(secret))))
		case 3: // as what it is
			body += secret
		}
		if strings.Contains(strings.ReplaceAll(body, mark, ""), mark) || strings.Contains(field, mark) {
			t.Skip()
		}
		rec := confopenapitest.NewRecorder()
		transport := rec.Wrap(roundTripper(func(req *http.Request) (*http.Response, error) {
			return jsonResponse(req, body), nil
		}))
		ask := func(through http.RoundTripper, body string) (string, error) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://conf.example.com/confopenapi/conference/listbystatus", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := through.RoundTrip(req)
			if err != nil {
				return "", err
			}
			return readAll(t, resp), nil
		}
		if got, err := ask(transport, `{"page":1}`); err != nil || got != body {
			t.Fatalf("got another response through the recorder: %v, %q, want %q", err, got, body)
		}
		if _, err := ask(transport, body); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "recording.json")
		if err := rec.Save(file); err != nil {
			return // refused: nothing is written
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), mark) {
			t.Fatalf("the recording of %q contains %q:\n%s", body, mark, data)
		}
		replay, err := confopenapitest.OpenReplay(file)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ask(replay, `{"page":1}`)
		if err != nil {
			t.Fatal(err)
		}
		if json.Valid([]byte(body)) != json.Valid([]byte(again)) {
			t.Errorf("the recording of %q replays %q; want both to be JSON or neither", body, again)
		}
	})
}
