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

// replaying is a client of a recording.
func replaying(t *testing.T, file string) (*confopenapi.Client, *confopenapitest.Replay) {
	t.Helper()
	replay, err := confopenapitest.OpenReplay(file)
	if err != nil {
		t.Fatal(err)
	}
	client, err := confopenapi.NewClient("https://replay.example.com/elsewhere", quick, confopenapi.WithToken("another-token"),
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
	live := srv.Client(quick, confopenapi.WithTokenPlacement(confopenapi.TokenInBoth), confopenapi.WithMiddleware(rec.Wrap))
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
		t.Errorf("%d responses were recorded", replay.Unused())
	}
	is := listAll(t, client, req)
	if replay.Unused() != 0 {
		t.Errorf("%d responses are unused", replay.Unused())
	}
	var scrubbed []string // texts and ids; the displayed times are kept
	for _, f := range fields.All {
		if f.Personal || slices.Contains([]fields.Kind{fields.Text, fields.Texts, fields.ID}, f.Kind) && !strings.HasSuffix(f.Go, "TimeText") {
			scrubbed = append(scrubbed, f.Go)
		}
	}
	if diff := cmp.Diff(was, is, cmpopts.IgnoreFields(confopenapi.Conference{}, scrubbed...)); diff != "" {
		t.Error(diff)
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
				t.Fatalf("%d and %d are in another order than %d and %d", was[i].EventID, was[j].EventID, is[i].EventID, is[j].EventID)
			}
		}
	}
	if _, err := client.ListByStatus(t.Context(), &req); err == nil || !strings.Contains(err.Error(), "no further response") {
		t.Error(err)
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
			t.Errorf("%s: %v, %v, want %d", asked[i], page, err, want[i])
		}
	}
	if page, err := client.ListByStatus(t.Context(), &asked[0]); err != nil || page.TotalCount != 25-len(asked) {
		t.Error(page, err)
	}
}

// same checks that two conferences share a value after scrubbing exactly if they did before, and that none stayed.
func same(t *testing.T, was, is []confopenapi.Conference, what string, of func(confopenapi.Conference) any) {
	t.Helper()
	originals := map[any]bool{}
	for _, c := range was {
		originals[of(c)] = true
	}
	for i := range was {
		if of(is[i]) != "" && originals[of(is[i])] {
			t.Errorf("%s %v is somebody's original", what, of(is[i]))
		}
		for j := range was {
			if (of(was[i]) == of(was[j])) != (of(is[i]) == of(is[j])) {
				t.Fatalf("%s: %v and %v became %v and %v", what, of(was[i]), of(was[j]), of(is[i]), of(is[j]))
			}
		}
	}
}

// record has a recorder see one exchange whose response is body, and saves.
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
	const mark, digits = "MARK4711", "9876543219876543"
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
		t.Fatalf("%d fields", len(fields))
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
					t.Errorf("%s: %.100s", kind, data[i-40:])
				}
			}
		})
	}
}

// Where scrubbing does not reach, nothing is written.
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
			t.Errorf("%s: %v", name, err)
		}
		left, err := filepath.Glob(filepath.Dir(file) + "/*")
		if err != nil || len(left) > 0 {
			t.Errorf("%s: %v was written", name, left)
		}
	}
	// What one field keeps secret, another may not show.
	for _, body := range []string{
		`{"status":0,"pcode2":"abcdefgh4711","abcdefgh4711":1}`,
		`{"status":0,"hostName":"ouyang_feifei","ouyang_feifei":1}`,
		`{"status":0,"token":"other-token","other-token":1}`, // a name that is replaced
	} {
		_, err := record(t, confopenapitest.NewRecorder(), 200, body)
		if refused := err != nil; refused == strings.Contains(body, "token") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// A Recorder that is printed shows no secret and no exchange.
func TestRecorderPrintsNothing(t *testing.T) {
	t.Parallel()
	rec := confopenapitest.NewRecorder("geheim-4711")
	srv := confopenapitest.New(confopenapitest.WithToken("geheim-4712"))
	if _, err := srv.Client(confopenapi.WithMiddleware(rec.Wrap)).ListByStatus(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{rec, *rec, []any{rec}, struct{ inner confopenapitest.Recorder }{*rec}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, "geheim") || strings.Contains(text, "67656865696d") || len(text) > 200 {
				t.Errorf("%s of %T: %.200s", verb, value, text)
			}
		}
	}
}

func TestRecordingFails(t *testing.T) {
	t.Parallel()
	rec := confopenapitest.NewRecorder()
	if err := rec.Save(filepath.Join(t.TempDir(), "no", "such", "directory.json")); err == nil {
		t.Error("a file was written")
	}
	if _, err := confopenapitest.OpenReplay(filepath.Join(t.TempDir(), "none.json")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "odd.json")
	if err := os.WriteFile(file, []byte("<html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := confopenapitest.OpenReplay(file); err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Error(err)
	}
	// A bomb passes without being kept.
	srv := confopenapitest.NewServer(t)
	client := srv.Client(quick, confopenapi.WithMiddleware(rec.Wrap))
	srv.FailNext(1, confopenapitest.GzipBomb(40<<20))
	if _, err := client.ListByStatus(t.Context(), nil); !errors.Is(err, confopenapi.ErrTooLarge) {
		t.Error(err)
	}
	file = filepath.Join(t.TempDir(), "empty.json")
	if err := rec.Save(file); err != nil {
		t.Error(err)
	}
	if _, replay := replaying(t, file); replay.Unused() != 0 {
		t.Error("the bomb was recorded")
	}
	// A fault stays a fault on its way through a recorder.
	for _, fault := range []confopenapitest.Fault{confopenapitest.Reset(), confopenapitest.Truncate(), confopenapitest.FaultNamed("cut gzip")} {
		srv.FailNext(1, fault)
		if page, err := client.ListByStatus(t.Context(), nil); err != nil || page.Meta.Attempts != 2 {
			t.Errorf("%s: %v, %v", fault, page, err)
		}
	}
}

// FuzzScrub hides a mark in any JSON that can be recorded, and looks for it in the file.
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
			return overHandlerText(req, body), nil
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
			t.Fatalf("the recorder changes the response: %v", err)
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
			t.Fatalf("%q is left of %q:\n%s", mark, body, data)
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
			t.Errorf("%q became %q", body, again)
		}
	})
}
