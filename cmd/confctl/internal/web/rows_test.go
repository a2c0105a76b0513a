package web

import (
	"reflect"
	"testing"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/confopenapitest"
)

// TestRowsSeeEveryField changes each field of a conference: whenever its row differs, the row is one of those changed.
func TestRowsSeeEveryField(t *testing.T) {
	c := confopenapitest.Conferences(1, 1)[0]
	before, changed, _ := newRows(0, []confopenapi.Conference{c}, true, &rows{})
	if len(changed) != 1 {
		t.Fatalf("got %d rows, want 1", len(changed))
	}
	seen := 0
	for i := range reflect.TypeFor[confopenapi.Conference]().NumField() {
		other := c
		switch f := reflect.ValueOf(&other).Elem().Field(i); f.Kind() {
		case reflect.String:
			f.SetString(f.String() + "x")
		case reflect.Int, reflect.Int64:
			f.SetInt(f.Int() + 1)
		case reflect.Pointer:
			f.Set(reflect.ValueOf(new(f.IsNil() || !f.Elem().Bool())))
		default:
			continue
		}
		want := mustMarshal(newRow(0, &other, true))
		now, changed, gone := newRows(0, []confopenapi.Conference{other}, true, before)
		if string(now.list[0]) != string(want) {
			t.Errorf("field %d: got %s, want %s", i, now.list[0], want)
		}
		if same := string(want) == string(before.list[0]); same != (len(changed) == 0) {
			t.Errorf("field %d: got %d changed rows, same %v", i, len(changed), same)
		}
		if (len(gone) > 0) != (other.Identity() != c.Identity()) {
			t.Errorf("field %d: got %v gone", i, gone)
		}
		seen++
	}
	if seen < 30 {
		t.Errorf("only %d fields were changed", seen)
	}
}
