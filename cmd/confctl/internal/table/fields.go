// Package table is how confctl shows conferences to people: picked and sorted by their members, in a table.
package table

import (
	"cmp"
	"reflect"
	"strings"

	"golang.org/x/text/collate"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Field is a member of a conference, by the name that it has in JSON.
type Field struct {
	Name     string
	Personal bool // what is masked unless it is asked for
	kind     kind
	index    int
}

// kind is how the values of a field are compared.
type kind int

const (
	text   kind = iota
	number      // also times and states
	flag        // which may be absent
)

// Fields are the members that the SDK knows, in its order.
var Fields = fields()

func fields() (list []Field) {
	// What show masks is personal: a conference whose every text is one letter tells what that is.
	plain, masked := lettered(), lettered()
	show.Mask(&masked)
	before, after := reflect.ValueOf(plain), reflect.ValueOf(masked)
	for i := range before.NumField() {
		name, _, _ := strings.Cut(before.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		f := Field{Name: name, index: i}
		switch value := before.Field(i); {
		case value.CanInt():
			f.kind = number
		case value.Kind() == reflect.Pointer:
			f.kind = flag
		default:
			f.Personal = reveal(value) != reveal(after.Field(i))
		}
		list = append(list, f)
	}
	return list
}

func lettered() (c confopenapi.Conference) {
	v := reflect.ValueOf(&c).Elem()
	for _, field := range v.Fields() {
		if field.Kind() == reflect.String {
			field.SetString("x")
		}
	}
	c.Passcode = confopenapi.NewSecret("x")
	return c
}

// reveal is the text of a field of texts.
func reveal(v reflect.Value) string {
	if secret, ok := v.Interface().(confopenapi.Secret); ok {
		return secret.Reveal()
	}
	return v.String()
}

// Find finds a field by its name, whatever the case.
func Find(name string) (Field, bool) {
	for _, f := range Fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Field{}, false
}

func (f Field) of(c *confopenapi.Conference) reflect.Value {
	return reflect.ValueOf(c).Elem().Field(f.index)
}

// rank orders flags: absent, no, yes.
func rank(b *bool) int {
	switch {
	case b == nil:
		return 0
	case *b:
		return 2
	}
	return 1
}

func (f Field) compare(a, b *confopenapi.Conference, texts *collate.Collator) int {
	switch f.kind {
	case text:
		return texts.CompareString(reveal(f.of(a)), reveal(f.of(b)))
	case flag:
		return cmp.Compare(rank(f.flag(a)), rank(f.flag(b)))
	case number:
	}
	return cmp.Compare(f.of(a).Int(), f.of(b).Int())
}

func (f Field) flag(c *confopenapi.Conference) *bool {
	b, _ := f.of(c).Interface().(*bool)
	return b
}
