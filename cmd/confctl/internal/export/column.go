package export

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Column is a field of a conference as a column, or one of ColumnOf.
type Column struct {
	*show.Field

	cell func() any // nil = a field's
}

// Columns are all there are, in the order of the vendor's field table. The last takes the fields that the SDK does not
// know, as a JSON object, so that nothing is lost.
func Columns() []Column { return slices.Clone(columns) }

// Names are those of a list of columns.
func Names(list []Column) (names []string) {
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

// ExtraColumn is the name of the last column.
const ExtraColumn = "extra"

var extra = &show.Field{Field: fields.Field{Name: ExtraColumn, Chinese: "其他字段", Personal: true}}

var columns = func() (list []Column) {
	for _, f := range show.Fields {
		list = append(list, Column{Field: f})
	}
	return append(list, Column{Field: extra})
}()

// ColumnError says which name in a list of columns is wrong.
type ColumnError struct {
	Name  string
	Twice bool // it is a column's, but was there before
}

func (e *ColumnError) Error() string {
	if e.Twice {
		return fmt.Sprintf("column %q twice", e.Name)
	}
	return fmt.Sprintf("no column %q", e.Name)
}

// ParseColumns finds the columns that a list such as "eventId,title" names, in its order. "" names all. Its error is a
// *ColumnError.
func ParseColumns(list string) ([]Column, error) {
	if list == "" {
		return Columns(), nil
	}
	var found []Column
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		named := func(c Column) bool { return c.Name == name }
		if slices.ContainsFunc(found, named) {
			return nil, &ColumnError{name, true}
		}
		i := slices.IndexFunc(columns, named)
		if i < 0 {
			return nil, &ColumnError{name, false}
		}
		found = append(found, columns[i])
	}
	return found, nil
}

// value is what stands in a cell. The zero value is a blank one: what the service does not say. It is small enough for registers.
type value struct {
	kind   fields.Kind // of texts always fields.Text
	text   string
	number int64 // of a flag 0 or 1; of a Decimal its bits
}

func (v value) blank() bool { return v.kind == fields.Text && v.text == "" }

func (v value) decimal() float64 { return math.Float64frombits(uint64(v.number)) }

// value is the cell of a conference.
func (c *Column) value(conf *confopenapi.Conference) value {
	switch {
	case c.cell != nil:
		return valueOf(c.Kind, c.cell())
	case c.Field == extra:
		return text(unknown(conf.Extra))
	case c.IsText():
		return text(c.Text(conf))
	case c.Kind == fields.Flag:
		b := c.Flag(conf)
		if b == nil {
			return value{}
		}
		return flag(*b)
	}
	n := c.Int(conf)
	if n == 0 && c.Kind == fields.Time {
		return value{}
	}
	return value{kind: c.Kind, number: n}
}

func text(s string) value { return value{text: s} }

func flag(b bool) value {
	if b {
		return value{kind: fields.Flag, number: 1}
	}
	return value{kind: fields.Flag}
}

// unknown is what the SDK does not know as a JSON object; "" = nothing.
func unknown(extra map[string]json.RawMessage) string {
	if len(extra) == 0 {
		return ""
	}
	object, err := json.Marshal(extra)
	if err != nil { // a field that a caller has made; the SDK's are JSON
		object = fmt.Appendf(nil, "%q", err.Error())
	}
	return string(object)
}
