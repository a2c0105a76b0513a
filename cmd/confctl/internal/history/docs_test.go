package history_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
)

// The examples of SQL in the guide run, and their columns are there.
func TestGuideSQL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	store := opened(t, path, history.Options{})
	record(t, store, polled(0, meeting(9, 1), meeting(1, 10)), polled(time.Minute, meeting(9, 1))) // one poll saw 1
	_ = store.Close()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, guide := range []string{"history.md", "history.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		ran := 0
		for block := range strings.SplitSeq(string(text), "```sql\n") {
			block, _, _ = strings.Cut(block, "```")
			if !strings.HasPrefix(block, "--") || strings.Contains(block, "PostgreSQL") {
				continue
			}
			for statement := range strings.SplitSeq(strings.TrimSpace(block), ";\n") {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Errorf("%s: %v\n%s", guide, err, statement)
				}
				if strings.Contains(statement, "at least and at most") {
					var org string
					var n int
					var least, most float64
					if err := db.QueryRowContext(t.Context(), statement).Scan(&org, &n, &least, &most); err != nil || n != 1 || least != 0 || most != 60/3600.0 {
						t.Errorf("%s: got %d runs of %g to %g hours, %v, want 1 of 0 to 60 s", guide, n, least, most, err)
					}
				}
				ran++
			}
		}
		if ran != 3 {
			t.Errorf("%s: got %d statements, want 3", guide, ran)
		}
		for _, k := range []string{"attendee", "box"} {
			if _, err := db.ExecContext(t.Context(), "SELECT "+k+"_peak, "+k+"_mean, resumes, proven FROM runs"); err != nil {
				t.Error(err)
			}
		}
	}
}

// The upsert for PostgreSQL replaces every column of the table, in its order. Nothing here runs PostgreSQL.
func TestGuideUpsertsEveryColumn(t *testing.T) {
	for _, guide := range []string{"history.md", "history.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", guide))
		if err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(string(text), "CREATE TABLE runs (\n")
		table, _, _ = strings.Cut(table, "  UNIQUE")
		_, set, _ := strings.Cut(string(text), "DO UPDATE SET\n  (")
		set, _, _ = strings.Cut(set, ") = (SELECT excluded.*);")
		var want []string
		for column := range strings.SplitSeq(strings.TrimSpace(table), ",") {
			if name, _, ok := strings.Cut(strings.TrimSpace(column), " "); ok {
				want = append(want, name)
			}
		}
		got := strings.FieldsFunc(set, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
		if diff := cmp.Diff(want, got); diff != "" || len(want) != 27 {
			t.Errorf("%s: %d columns of the table, those that are replaced (-want +got)\n%s", guide, len(want), diff)
		}
	}
}
