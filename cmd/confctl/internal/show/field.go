package show

import (
	"reflect"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Field is a field of a conference, with its values.
type Field struct {
	fields.Field
	index int // in confopenapi.Conference
}

// Fields are all fields of a conference, in the order of the vendor's field table.
var Fields = func() []*Field {
	list := make([]*Field, len(fields.All))
	for i, f := range fields.All {
		field, _ := reflect.TypeFor[confopenapi.Conference]().FieldByName(f.Go)
		list[i] = &Field{f, field.Index[0]}
	}
	return list
}()

var personal = slices.DeleteFunc(slices.Clone(Fields), func(f *Field) bool { return !f.Personal })

func (f *Field) of(c *confopenapi.Conference) reflect.Value {
	return reflect.ValueOf(c).Elem().Field(f.index)
}

// IsText reports whether Text has the values. Flag has those of a fields.Flag, and Int all others.
func (f *Field) IsText() bool {
	return f.Kind == fields.Text || f.Kind == fields.Texts || f.Kind == fields.Secret
}

// Text is a value as text; that of fields.Texts has commas between them.
func (f *Field) Text(c *confopenapi.Conference) string {
	v := f.of(c)
	switch f.Kind {
	case fields.Texts:
		texts, _ := v.Interface().([]string)
		return strings.Join(texts, ", ")
	case fields.Secret:
		secret, _ := v.Interface().(confopenapi.Secret)
		return secret.Reveal()
	}
	return v.String()
}

// Int is a number, an id, or a time in Unix seconds.
func (f *Field) Int(c *confopenapi.Conference) int64 { return f.of(c).Int() }

// Flag is a boolean; nil = the service does not say.
func (f *Field) Flag(c *confopenapi.Conference) *bool {
	b, _ := f.of(c).Interface().(*bool)
	return b
}

// mask replaces the value. What is no text is taken away.
func (f *Field) mask(c *confopenapi.Conference) {
	v := f.of(c)
	switch {
	case f.IsText() && f.Text(c) == "":
	case f.Kind == fields.Text:
		v.SetString(Masked)
	case f.Kind == fields.Texts:
		v.Set(reflect.ValueOf([]string{Masked}))
	case f.Kind == fields.Secret:
		v.Set(maskedSecret)
	default:
		v.SetZero()
	}
}

var maskedSecret = reflect.ValueOf(confopenapi.NewSecret(Masked))
