package show_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// filled is a conference whose every field has a value.
func filled() (c confopenapi.Conference) {
	for i := range reflect.TypeFor[confopenapi.Conference]().NumField() {
		switch v := reflect.ValueOf(&c).Elem().Field(i); v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Int, reflect.Int64:
			v.SetInt(1)
		case reflect.Slice:
			v.Set(reflect.ValueOf([]string{"x", "y"}))
		}
	}
	c.Passcode, c.IsSecure, c.IsRecorded = confopenapi.NewSecret("x"), new(false), new(true)
	c.Extra = map[string]json.RawMessage{"zone": json.RawMessage(`"x"`)}
	return c
}

// What is personal is replaced, and nothing else is changed.
func TestMaskPersonalFields(t *testing.T) {
	t.Parallel()
	before, after := filled(), filled()
	show.Mask(&after)
	got, want := map[string]string{}, map[string]string{}
	for _, f := range show.Fields {
		if !f.IsText() {
			continue
		}
		if want[f.Name] = f.Text(&before); f.Personal {
			want[f.Name] = show.Masked
		}
		got[f.Name] = f.Text(&after)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := string(after.Extra["zone"]); got != `"`+show.Masked+`"` {
		t.Errorf("got %s for an unknown field, want it masked", got)
	}
}

func TestMaskLeavesEmptyEmpty(t *testing.T) {
	t.Parallel()
	var c confopenapi.Conference
	show.Mask(&c)
	if got, want := string(c.AppendJSON(nil)), string(confopenapi.Conference{}.AppendJSON(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Each kind has its accessor, and each field a value in it.
func TestFieldsHaveTheirValues(t *testing.T) {
	t.Parallel()
	c := filled()
	for _, f := range show.Fields {
		var ok bool
		switch {
		case f.Kind == fields.Texts:
			ok = f.Text(&c) == "x, y"
		case f.IsText():
			ok = f.Text(&c) == "x"
		case f.Kind == fields.Flag:
			ok = f.Flag(&c) != nil && *f.Flag(&c) == (f.Go == "IsRecorded")
		default:
			ok = f.Int(&c) == 1
		}
		if !ok {
			t.Errorf("%s has another value", f.Name)
		}
	}
}

func TestFieldsAreThoseOfTheJSON(t *testing.T) {
	t.Parallel()
	document := map[string]json.RawMessage{}
	if err := json.Unmarshal(confopenapi.Conference{}.AppendJSON(nil), &document); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range show.Fields {
		got = append(got, f.Name)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(document)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("(-JSON +fields)\n%s", diff)
	}
}
