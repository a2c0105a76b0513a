package fields_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// vendorType is the vendor's word for what a field holds.
var vendorType = map[fields.Kind]string{
	fields.Text: "string", fields.Texts: "array", fields.Integer: "int", fields.ID: "long", fields.Time: "long",
	fields.Flag: "boolean or null", fields.Secret: "string",
}

// narrow undoes the punctuation that Chinese documents have.
var narrow = strings.NewReplacer("（", "(", "）", ")")

// Each reference has a row for every field, in the order of the table, and no other.
func TestReferencesHaveEveryField(t *testing.T) {
	t.Parallel()
	for file, language := range map[string]struct {
		head                   string
		evidence               map[fields.Evidence]string
		secretWord, personWord string
	}{
		"listbystatus.md": {"| member of confList |", map[fields.Evidence]string{
			fields.Documented: "documented", fields.Example: "example", fields.Sibling: "sibling", fields.Unknown: "unknown",
		}, "secret", "personal data"},
		"listbystatus.zh-CN.md": {"| confList 字段 |", map[fields.Evidence]string{
			fields.Documented: "文档", fields.Example: "示例", fields.Sibling: "同类接口", fields.Unknown: "未知",
		}, "机密", "个人信息"},
	} {
		rows := rowsOf(t, file, language.head)
		next := func(name string, kind fields.Kind, evidence fields.Evidence) string {
			i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "| `"+name+"` |") })
			if i < 0 {
				t.Errorf("%s has no row for %s", file, name)
				return ""
			}
			want := fmt.Sprintf("| `%s` | %s | %s | ", name, vendorType[kind], language.evidence[evidence])
			meaning, ok := strings.CutPrefix(rows[i], want)
			if !ok || i > 0 {
				t.Errorf("%s: got row %q at place %d, want %q next", file, rows[i], i, want+"…")
			}
			rows = slices.Delete(rows, i, i+1)
			return meaning
		}
		for _, f := range fields.All {
			meaning := next(f.Name, f.Kind, f.Evidence)
			if meaning == "" {
				continue
			}
			if !strings.HasPrefix(narrow.Replace(meaning), f.Chinese) {
				t.Errorf("%s: got %q as the meaning of %s, want it to begin with %s", file, meaning, f.Name, f.Chinese)
			}
			secret := f.Kind == fields.Secret
			if strings.Contains(meaning, language.secretWord) != secret || strings.Contains(meaning, language.personWord) != (f.Personal && !secret) {
				t.Errorf("%s: got %q for %s, which is a secret: %t, personal: %t", file, meaning, f.Name, secret, f.Personal)
			}
			if f.Or != "" {
				next(f.Or, f.Kind, fields.Example)
			}
		}
		for _, row := range rows {
			t.Errorf("%s has a row for no field: %s", file, row)
		}
	}
}

// rowsOf are the lines of a table in a file of api/, behind its head.
func rowsOf(t *testing.T, file, head string) (rows []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "api", file))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n"+head)
	for i, line := range strings.Split(table, "\n") {
		if i > 0 && !strings.HasPrefix(line, "|") {
			break
		}
		if i > 1 { // the rest of the head, and the line below it
			rows = append(rows, line)
		}
	}
	return rows
}
