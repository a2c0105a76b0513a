package fields_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		head             string
		evidence         map[fields.Evidence]string
		secret, personal string
	}{
		"listbystatus.md": {"| field of confList |", map[fields.Evidence]string{
			fields.Documented: "documented", fields.Example: "example", fields.Sibling: "sibling", fields.Unknown: "unknown",
		}, "secret", "personal data"},
		"listbystatus.zh-CN.md": {"| confList 字段 |", map[fields.Evidence]string{
			fields.Documented: "文档", fields.Example: "示例", fields.Sibling: "同类接口", fields.Unknown: "未知",
		}, "机密", "个人信息"},
	} {
		var want, got, meanings []string
		row := func(name, inGo string, kind fields.Kind, evidence fields.Evidence) {
			want = append(want, fmt.Sprintf("| `%s` | `%s` | %s | %s |", name, inGo, vendorType[kind], language.evidence[evidence]))
		}
		for _, f := range fields.All {
			row(f.Name, f.Go, f.Kind, f.Evidence)
			if f.Or != "" {
				row(f.Or, f.Go, f.Kind, fields.Example)
			}
		}
		for _, row := range rowsOf(t, file, language.head) {
			end := len(row) - len(strings.SplitN(row, "|", 6)[5])
			got, meanings = append(got, row[:end]), append(meanings, row[end:])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-fields +rows)\n%s", file, diff)
			continue
		}
		for _, f := range fields.All {
			i := slices.IndexFunc(got, func(row string) bool { return strings.HasPrefix(row, "| `"+f.Name+"` |") })
			meaning, secret := narrow.Replace(meanings[i]), f.Kind == fields.Secret
			if !strings.HasPrefix(meaning, " "+f.Chinese) {
				t.Errorf("%s: got%s as the meaning of %s, want it to begin with %s", file, meaning, f.Name, f.Chinese)
			}
			if strings.Contains(meaning, language.secret) != secret || strings.Contains(meaning, language.personal) != (f.Personal && !secret) {
				t.Errorf("%s: got%s for %s, want secret: %t, personal: %t", file, meaning, f.Name, secret, f.Personal)
			}
		}
	}
}

// TestPersonalFieldsAreNamed finds personal data that the guide to logs does not name.
func TestPersonalFieldsAreNamed(t *testing.T) {
	for _, file := range []string{"observability.md", "observability.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range fields.All {
			if f.Personal && !strings.Contains(string(text), "`"+f.Go+"`") {
				t.Errorf("docs/%s does not name %s, which is personal data or a secret", file, f.Go)
			}
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
