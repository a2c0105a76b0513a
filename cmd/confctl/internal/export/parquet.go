package export

import (
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// parquetWriter writes typed columns: texts with a dictionary, 64-bit integers, optional booleans, and times in milliseconds
// of UTC. A value that the service does not send is null.
type parquetWriter struct {
	rows   *parquet.GenericWriter[any]
	layout Layout
	row    parquet.Row // scratch
}

// rowGroup is how many conferences are in memory at a time.
const rowGroup = 4096

func newParquet(w io.Writer, l Layout) Writer {
	root := ordered{Group: parquet.Group{}}
	for _, column := range l.Columns {
		name := l.heading(column)
		root.Group[name] = nodeOf(column)
		root.names = append(root.names, name)
	}
	return &parquetWriter{
		rows: parquet.NewGenericWriter[any](w, parquet.NewSchema("conferences", root), parquet.Compression(&parquet.Snappy),
			parquet.MaxRowsPerRowGroup(rowGroup), parquet.CreatedBy("confctl", confopenapi.Version, "")),
		layout: l,
		row:    make(parquet.Row, len(l.Columns)),
	}
}

// ordered is a group whose columns keep their order. A parquet.Group sorts them by name.
type ordered struct {
	parquet.Group
	names []string
}

// Fields implements parquet.Node.
func (o ordered) Fields() []parquet.Field {
	list := o.Group.Fields()
	slices.SortFunc(list, func(a, b parquet.Field) int {
		return slices.Index(o.names, a.Name()) - slices.Index(o.names, b.Name())
	})
	return list
}

func nodeOf(c Column) parquet.Node {
	switch {
	case c.IsText():
		return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
	case c.Kind == fields.Flag:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case c.Kind == fields.Time:
		return parquet.Optional(parquet.Timestamp(parquet.Millisecond))
	}
	if c.Kind == Decimal {
		return parquet.Leaf(parquet.DoubleType)
	}
	return parquet.Int(64)
}

func (p *parquetWriter) Write(conf *confopenapi.Conference) error {
	for i, column := range p.layout.Columns {
		v := column.value(conf)
		if v.kind == fields.Time && (v.number > math.MaxInt64/1000 || v.number < math.MinInt64/1000) {
			return &TooLargeError{Parquet, strconv.FormatInt(v.number, 10) + " seconds", strconv.FormatInt(math.MaxInt64/1000, 10), column.Name}
		}
		p.row[i] = parquetValue(v).Level(0, level(v), i)
	}
	_, err := p.rows.WriteRows([]parquet.Row{p.row})
	return err
}

// level is 1 where an optional column has a value.
func level(v value) int {
	if optional := v.kind == fields.Text || v.kind == fields.Flag || v.kind == fields.Time; optional && !v.blank() {
		return 1
	}
	return 0
}

func parquetValue(v value) parquet.Value {
	switch {
	case v.blank():
		return parquet.NullValue()
	case v.kind == fields.Text:
		return parquet.ValueOf(v.text)
	case v.kind == fields.Flag:
		return parquet.BooleanValue(v.number == 1)
	case v.kind == Decimal:
		return parquet.DoubleValue(v.decimal())
	case v.kind == fields.Time:
		return parquet.Int64Value(v.number * 1000)
	}
	return parquet.Int64Value(v.number)
}

func (p *parquetWriter) Finish() error { return p.rows.Close() }

func (*parquetWriter) Close() {}
