package export

import (
	"math"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// Decimal is the kind of a column of float64, which conferences have none of.
const Decimal fields.Kind = -1

// ColumnOf is a column of rows that are no conferences, for a Writer of any format but NDJSON whose Write gets nil. Cell returns what
// stands in the row that is written: a string, int, int64, float64, bool or time.Time, as the kind says. nil and a zero time are an empty cell.
func ColumnOf(name, chinese string, kind fields.Kind, cell func() any) Column {
	return Column{Field: &show.Field{Field: fields.Field{Name: name, Chinese: chinese, Kind: kind}}, cell: cell}
}

func valueOf(kind fields.Kind, cell any) value {
	switch cell := cell.(type) {
	case string:
		return text(cell)
	case int:
		return value{kind: kind, number: int64(cell)}
	case int64:
		return value{kind: kind, number: cell}
	case float64:
		return value{kind: kind, number: int64(math.Float64bits(cell))}
	case bool:
		return flag(cell)
	case time.Time:
		if !cell.IsZero() {
			return value{kind: kind, number: cell.Unix()}
		}
	}
	return value{}
}
