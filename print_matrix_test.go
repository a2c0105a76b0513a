package confopenapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

var printVerbs = strings.Fields("%v %+v %#v %s %q %+q %#q %d %+d %x %X %#x %p %t %c %U %e %b %o %08.3v %-20s %5d")

// form is a value in one of the ways in which a program holds it.
type form struct {
	how    string
	hidden bool // in an unexported field, where fmt calls no methods
	value  any
}

func formsOf[T any](p *T) []form { return append(pointerForms(*p), pointerForms(p)...) }

func pointerForms[T any](v T) []form {
	type exported struct{ Field T }
	type unexported struct{ field T }
	type unexportedAny struct{ field any }
	forms := []form{
		{"bare", false, v},
		{"in a slice", false, []T{v}},
		{"as a map's value", false, map[string]T{"key": v}},
		{"in an exported field", false, exported{v}},
		{"in an exported interface", false, struct{ Field any }{v}},
		{"in an unexported field", true, unexported{v}},
		{"in an unexported field behind a pointer", true, &unexported{v}},
		{"in an unexported slice", true, struct{ field []T }{[]T{v}}},
		{"in an unexported interface", true, unexportedAny{v}},
	}
	if value := reflect.ValueOf(v); value.IsValid() && value.Comparable() {
		key := reflect.MakeMap(reflect.MapOf(value.Type(), reflect.TypeFor[int]()))
		key.SetMapIndex(value, reflect.ValueOf(1))
		forms = append(forms, form{"as a map's key", false, key.Interface()}, form{"as an unexported map's key", true, unexportedAny{key.Interface()}})
	}
	for i := range forms {
		forms[i].how = fmt.Sprintf("%T %s", v, forms[i].how)
	}
	return forms
}

// spellings are how fmt prints a text, and a text as bytes.
func spellings(mark string) []string {
	list := []string{mark}
	for _, verb := range printVerbs {
		for _, text := range []string{fmt.Sprintf(verb, mark), strings.Trim(fmt.Sprintf(verb, []byte(mark)), "[]")} {
			if text = strings.Trim(strings.TrimSpace(text), "\"`"); len(text) > 8 && !strings.Contains(text, "%!") {
				list = append(list, text)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// leaks are what printing showed.
type leaks struct {
	secrets  map[string]string // a token or a passcode, and how; also personal data where methods are called
	hidden   map[string]bool   // types that show personal data in an unexported field
	json     map[string]bool   // types that show data in a JSON log
	prints   int
	spelling map[string][]string
}

func (l *leaks) look(typ, how, text string, hidden, isJSON bool) {
	l.prints++
	for mark, spelled := range l.spelling {
		if !slices.ContainsFunc(spelled, func(s string) bool { return strings.Contains(text, s) }) {
			continue
		}
		secret := mark == markToken || mark == markPasscode
		switch {
		case isJSON && mark != markToken:
			l.json[typ] = true
		case hidden && !secret:
			l.hidden[typ] = true
		default:
			l.secrets[how+" shows "+mark] = text
		}
	}
}

func (l *leaks) print(typ string, f form) {
	for _, verb := range printVerbs {
		l.look(typ, f.how+" as "+verb, fmt.Sprintf(verb, f.value), f.hidden || verb == "%p", false) // %p of a value calls no methods either
	}
	switch v := f.value.(type) { // as the runtime prints a panic
	case error:
		l.look(typ, f.how+" in a panic", v.Error(), false, false)
		data, err := json.Marshal(v)
		l.look(typ, f.how+" as JSON", fmt.Sprint(string(data), err), false, false)
	case fmt.Stringer:
		l.look(typ, f.how+" in a panic", v.String(), false, false)
	}
	for _, isJSON := range []bool{false, true} {
		var b bytes.Buffer
		var handler slog.Handler = slog.NewTextHandler(&b, nil)
		if isJSON {
			handler = slog.NewJSONHandler(&b, nil)
		}
		slog.New(handler).Info("m", "v", f.value, slog.Group("g", slog.Any("v", f.value)))
		l.look(typ, f.how+" in a log", b.String(), f.hidden && !isJSON, isJSON)
	}
}

// Nothing that is printed shows a token, a passcode or personal data. What the language cannot hide is what SECURITY.md lists.
func TestPrintMatrix(t *testing.T) {
	t.Parallel()
	l := &leaks{map[string]string{}, map[string]bool{}, map[string]bool{}, 0, map[string][]string{}}
	for _, mark := range marks {
		l.spelling[mark] = spellings(mark)
	}
	samples := map[string][]form{}
	rootSamples(t, samples)
	kitSamples(t, samples)
	want := append(exportedTypes(t, ".", ""), exportedTypes(t, "confopenapitest", "confopenapitest.")...)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(samples))); diff != "" {
		t.Errorf("exported types without a sample here, or the reverse (-types +samples):\n%s", diff)
	}
	for typ, forms := range samples {
		for _, f := range forms {
			l.print(typ, f)
		}
	}
	for how, text := range l.secrets {
		t.Errorf("%s: %.300s", how, text)
	}
	security, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	for intro, got := range map[string]map[string]bool{"for an unexported field": l.hidden, "to a JSON log": l.json} {
		if diff := cmp.Diff(listed(string(security), intro), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("types that show data %s (-SECURITY.md +printed):\n%s", intro, diff)
		}
	}
	t.Logf("%d prints of %d types", l.prints, len(samples))
}

// listed are the names in the item of a document that has a phrase, behind its colon.
func listed(document, phrase string) []string {
	for item := range strings.SplitSeq(document, "\n- ") {
		if intro, list, ok := strings.Cut(strings.ReplaceAll(item, "\n  ", " "), ": "); ok && strings.Contains(intro, phrase) {
			names := regexp.MustCompile("`([A-Za-z.]+)`").FindAllStringSubmatch(list, -1)
			var found []string
			for _, name := range names {
				found = append(found, name[1])
			}
			slices.Sort(found)
			return found
		}
	}
	return nil
}

func exportedTypes(t *testing.T, dir, prefix string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.TYPE {
				for _, spec := range group.Specs {
					if name := spec.(*ast.TypeSpec).Name.Name; ast.IsExported(name) {
						names = append(names, prefix+name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// markedError is an error by value that has a token in a field and not in its text.
type markedError struct{ Token string }

func (markedError) Error() string { return "refused" }

type brokenBody struct{ io.Reader }

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = markedError{markToken}
	}
	return n, err
}

func (brokenBody) Close() error { return nil }

func markedCall(t *testing.T, status int, body string, opts ...confopenapi.Option) (*confopenapi.Client, *confopenapi.ConfList, error) {
	t.Helper()
	everything := strings.ReplaceAll(strings.Join(marks, " "), markPasscode, "") // a passcode in free text is not known to be one
	respond := says(status, strings.ReplaceAll(body, strings.Join(marks, " "), everything), "X-Echo", everything, "Server", "nginx "+everything, "Retry-After", everything, "Set-Cookie", "s="+everything)
	client, _ := overMock(t, []confopenapi.Option{once}, func(req *http.Request) (*http.Response, error) {
		resp, err := respond(req)
		resp.Status = fmt.Sprint(status, " ", everything)
		if body == "broken" {
			resp.Body = brokenBody{strings.NewReader(everything)}
		}
		return resp, err
	})
	client, err := client.With(append(opts, confopenapi.WithTokenSource(confopenapi.CacheTokens(valueSource{markToken})))...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.ListByStatus(t.Context(), nil)
	return client, list, err
}

func rootSamples(t *testing.T, samples map[string][]form) {
	t.Helper()
	bodies := markedBodies()
	client, list, err := markedCall(t, 200, bodies["success"])
	if err != nil {
		t.Fatal(err)
	}
	conf := list.Conferences[0]
	_, _, statusErr := markedCall(t, 200, bodies["business error"])
	var call confopenapi.CallInfo
	var attempt confopenapi.AttemptInfo
	observer := confopenapi.Observer{
		EndCall:    func(_ context.Context, info confopenapi.CallInfo) { call = info },
		EndAttempt: func(_ context.Context, info confopenapi.AttemptInfo) { attempt = info },
	}
	_, _, httpErr := markedCall(t, 401, bodies["business error"], confopenapi.WithObserver(observer))
	_, _, transportErr := markedCall(t, 200, "broken")
	samples["DecodeError"] = nil
	for name := range bodies {
		if _, _, err := markedCall(t, 200, bodies[name]); err != nil {
			if decode, ok := errors.AsType[*confopenapi.DecodeError](err); ok {
				samples["DecodeError"] = append(samples["DecodeError"], formsOf(decode)...)
			}
		}
	}
	source := confopenapi.TokenSourceFunc(func(context.Context) (confopenapi.Token, error) {
		return confopenapi.Token{Value: confopenapi.NewSecret(markToken)}, markedError{markToken}
	})
	failing, err := client.With(confopenapi.WithTokenSource(source))
	if err != nil {
		t.Fatal(err)
	}
	open, err := client.With(confopenapi.WithTokenSource(valueSource{markToken}))
	if err != nil {
		t.Fatal(err)
	}
	var facts confopenapi.Facts
	if err := json.Unmarshal([]byte(`{"baseURL":"https://conf.example.com/","filterOneAttendee":{"true":{"pages":"filled"}}}`), &facts); err != nil {
		t.Fatal(err)
	}
	snapshot := &confopenapi.Snapshot{Conferences: list.Conferences, Report: confopenapi.Report{Verdict: confopenapi.VerdictComplete}}
	watcher := confopenapi.NewWatcher()
	events := watcher.Step(snapshot)
	view := client.View(nil, &confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{Snapshot: confopenapi.SnapshotOptions{}, OnPoll: endAfter(1)}})
	if err := view.Run(t.Context()); !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	status := view.Status()
	events = append(events, confopenapi.Event{Kind: confopenapi.EventPollFailed, Err: httpErr})
	cache := confopenapi.CacheTokens(valueSource{markToken})
	tok, err := cache.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pager := client.Pager(&confopenapi.ListByStatusRequest{FilterOneAttendee: new(true)}, &confopenapi.PagerOptions{PageSize: 20})
	var page *confopenapi.Page
	for page, err = range pager.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if page == nil || len(page.Conferences) == 0 || call.Err == nil || attempt.Err == nil {
		t.Fatal("a sample is missing")
	}
	invalidator, _ := cache.(confopenapi.TokenInvalidator)
	options := []confopenapi.Option{
		confopenapi.WithToken(markToken), confopenapi.WithTokenSource(cache), confopenapi.WithTokenSource(valueSource{markToken}),
		confopenapi.WithUserAgent(markName), confopenapi.WithHTTPClient(&http.Client{}),
	}
	var optionForms []form
	for i := range options {
		optionForms = append(optionForms, formsOf(&options[i])...)
	}
	maps.Copy(samples, map[string][]form{
		"Client":              append(formsOf(client), formsOf(open)...),
		"CallOption":          formsOf(new(confopenapi.Idempotent())),
		"ListByStatusRequest": formsOf(&confopenapi.ListByStatusRequest{FilterOneAttendee: new(true), AdminUserID: 7}),
		"StatusError":         formsOf(mustBe[*confopenapi.StatusError](t, statusErr)),
		"HTTPError":           formsOf(mustBe[*confopenapi.HTTPError](t, httpErr)),
		"TransportError":      formsOf(mustBe[*confopenapi.TransportError](t, transportErr)),
		"RequestError":        formsOf(mustBe[*confopenapi.RequestError](t, kept(failing.ListByStatus(t.Context(), nil)))),
		"IncompleteError":     formsOf(&confopenapi.IncompleteError{Report: snapshot.Report, Err: httpErr}),
		"Verdict":             formsOf(new(confopenapi.VerdictComplete)),
		"Reason":              formsOf(new(confopenapi.ReasonGap)),
		"Report":              formsOf(&snapshot.Report),
		"Stats":               formsOf(&snapshot.Report.Stats),
		"ConfList":            formsOf(list),
		"Meta":                formsOf(&list.Meta),
		"Conference":          formsOf(&conf),
		"Identity":            formsOf(new(conf.Identity())),
		"UnixTime":            formsOf(new(conf.StartTime)),
		"ConferenceStatus":    formsOf(&conf.Status),
		"Observer":            formsOf(&observer),
		"CallInfo":            formsOf(&call),
		"AttemptInfo":         formsOf(&attempt),
		"Option":              optionForms,
		"RetryPolicy":         formsOf(&confopenapi.RetryPolicy{MaxAttempts: 3}),
		"Limiter":             nil, // an interface that only callers implement
		"Pager":               formsOf(pager),
		"PagerOptions":        formsOf(&confopenapi.PagerOptions{PageSize: 20}),
		"Page":                formsOf(page),
		"Cursor":              formsOf(&page.Next),
		"Secret":              formsOf(new(conf.Passcode)),
		"SnapshotOptions":     formsOf(&confopenapi.SnapshotOptions{PageSize: 20}),
		"Snapshot":            formsOf(snapshot),
		"TokenPlacement":      formsOf(new(confopenapi.TokenInBoth)),
		"Token":               formsOf(&tok),
		"TokenSource":         append(formsOf(&cache), formsOf(new(confopenapi.TokenSource(source)))...),
		"TokenSourceFunc":     formsOf(&source),
		"TokenInvalidator":    formsOf(&invalidator),
		"EventKind":           formsOf(&events[0].Kind),
		"Facts":               formsOf(&facts),
		"Event":               append(formsOf(&events[0]), formsOf(&events[1])...),
		"WatchOptions":        formsOf(&confopenapi.WatchOptions{Watcher: watcher}),
		"Watcher":             formsOf(watcher),
		"View":                formsOf(view),
		"ViewOptions":         formsOf(&confopenapi.ViewOptions{Watch: confopenapi.WatchOptions{Watcher: watcher}}),
		"ViewStatus":          formsOf(&status),
	})
	for _, forms := range samples { // what the errors' fields hold
		for _, f := range forms {
			if meta, ok := f.value.(confopenapi.Meta); ok {
				wantNoToken(t, meta)
			}
		}
	}
}

func kept[T any](_ T, err error) error { return err }

func kitSamples(t *testing.T, samples map[string][]form) {
	t.Helper()
	var conf confopenapi.Conference
	if err := json.Unmarshal([]byte(markedConference()), &conf); err != nil {
		t.Fatal(err)
	}
	fault := confopenapitest.Status(503)
	rule := confopenapitest.Rule{Fault: fault, Times: 1, When: confopenapitest.OnPage(7)}
	placement := confopenapi.TokenInBoth
	options := []confopenapitest.Option{
		confopenapitest.WithToken(markToken), confopenapitest.WithConferences(conf), confopenapitest.WithFaults(rule), confopenapitest.WithTokenIn(placement),
	}
	srv := confopenapitest.New(options...)
	var exchange *confopenapitest.Exchange
	srv.Intercept(func(x *confopenapitest.Exchange) {
		if exchange = x; x.List.Page == 2 {
			x.RespondPage(1, conf)
		}
	})
	recorder := confopenapitest.NewRecorder(markToken, markPasscode)
	client := srv.Client(once, confopenapi.WithTokenPlacement(placement), confopenapi.WithMiddleware(recorder.Wrap))
	for page := range 2 {
		if _, err := client.ListByStatus(t.Context(), &confopenapi.ListByStatusRequest{Page: 1 + page}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "recording.json")
	if err := recorder.Save(file); err != nil {
		t.Fatal(err)
	}
	replay, err := confopenapitest.OpenReplay(file)
	if err != nil {
		t.Fatal(err)
	}
	var optionForms []form
	for i := range options {
		optionForms = append(optionForms, formsOf(&options[i])...)
	}
	for name, forms := range map[string][]form{
		"Server":      pointerForms(srv), // go vet refuses a copy
		"Exchange":    formsOf(exchange),
		"Request":     formsOf(&srv.Requests()[0]),
		"Fault":       formsOf(&fault),
		"Rule":        formsOf(&rule),
		"Order":       formsOf(new(confopenapitest.OrderGiven)),
		"Churn":       formsOf(&confopenapitest.Churn{Rate: 1}),
		"Option":      optionForms,
		"Recorder":    formsOf(recorder),
		"Replay":      pointerForms(replay),
		"TB":          nil, // an interface of package testing
		"TokenLimits": formsOf(&confopenapitest.TokenLimits{Uses: 1}),
		"Truth":       formsOf(new(srv.Truth(1, 0))),
	} {
		samples["confopenapitest."+name] = forms
	}
}
