package history_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/history"
)

// The examples of SQL in the guide run, and their columns are there.
func TestGuideSQL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.db")
	store := opened(t, path, history.Options{})
	record(t, store, polled(0, meeting(1, 10)))
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
