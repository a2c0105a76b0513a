package export_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/export"
)

// storable returns awkward conferences without the time that Parquet has no room for.
func storable() []confopenapi.Conference {
	list := awkward()
	list[1].StopTime = 0
	return list
}

// The library's own reader reads it here; TestLargeExports of confctl has DuckDB read it.
func TestParquetReadsBackEqual(t *testing.T) {
	t.Parallel()
	var list []confopenapi.Conference
	for len(list) < 10_000 { // more than a row group
		list = append(list, storable()...)
	}
	for _, chinese := range []bool{false, true} {
		content := write(t, export.Layout{Format: export.Parquet, Columns: export.Columns(), Chinese: chinese}, list...)
		file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, column := range file.Root().Columns() {
			got = append(got, column.Name())
		}
		if diff := cmp.Diff(names(chinese), got); diff != "" {
			t.Errorf("columns (-want +got)\n%s", diff)
		}
		if n := len(file.RowGroups()); n != 3 {
			t.Errorf("row groups: got %d, want 3", n)
		}
		read := 0
		for _, group := range file.RowGroups() {
			rows := group.Rows()
			for buffer := make([]parquet.Row, 100); ; {
				n, err := rows.ReadRows(buffer)
				for _, row := range buffer[:n] {
					if testing.Short() && read%100 > 0 {
						read++
						continue
					}
					if diff := cmp.Diff(want(t, list[read]), cells(row)); diff != "" {
						t.Fatalf("row %d (-want +got)\n%s", read, diff)
					}
					read++
				}
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if read != len(list) {
			t.Errorf("got %d rows, want %d", read, len(list))
		}
	}
}

// cells are a row in the form of want.
func cells(row parquet.Row) []string {
	found := make([]string, len(row))
	for i, v := range row {
		switch {
		case v.IsNull():
		case isTime(export.Columns()[i].Name):
			if found[i] = moment(v.Int64() / 1000); found[i] == "" {
				found[i] = time.Unix(0, 0).UTC().Format(time.RFC3339) // which must be null
			}
		default:
			found[i] = v.String()
		}
	}
	return found
}

func TestParquetSchema(t *testing.T) {
	t.Parallel()
	columns, err := export.ParseColumns("title,eventId,attendeeCnt,startTime,isRecord,pcode2,extra")
	if err != nil {
		t.Fatal(err)
	}
	content := write(t, export.Layout{Format: export.Parquet, Columns: columns}, storable()...)
	file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `message conferences {
	optional binary title (STRING);
	required int64 eventId (INT(64,true));
	required int64 attendeeCnt (INT(64,true));
	optional int64 startTime (TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS));
	optional boolean isRecord;
	optional binary pcode2 (STRING);
	optional binary extra (STRING);
}`
	if diff := cmp.Diff(want, file.Schema().String()); diff != "" {
		t.Errorf("schema (-want +got)\n%s", diff)
	}
	if again := write(t, export.Layout{Format: export.Parquet, Columns: columns}, storable()...); !bytes.Equal(content, again) {
		t.Error("the same conferences gave two different files")
	}
}

func TestParquetTimeTooLarge(t *testing.T) {
	t.Parallel()
	for _, seconds := range []confopenapi.UnixTime{math.MaxInt64, math.MinInt64, math.MaxInt64/1000 + 1} {
		out, err := export.Layout{Format: export.Parquet, Columns: export.Columns()}.NewWriter(io.Discard, "")
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		err = out.Write(&confopenapi.Conference{StopTime: seconds})
		if large, ok := errors.AsType[*export.TooLargeError](err); !ok || large.Column != "stopTime" || !strings.Contains(err.Error(), "cell of parquet") {
			t.Errorf("a stop time of %d: got %v, want a TooLargeError of stopTime", seconds, err)
		}
	}
}
