package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// rows are lines "name type evidence" of the fields of a schema, sorted, and their descriptions by name.
func (c *contract) rows(t *testing.T, schema string) (rows []string, descriptions map[string]string) {
	t.Helper()
	descriptions = map[string]string{}
	for name, s := range c.description.Components.Schemas[schema].Value.Properties {
		typ := strings.Replace(strings.Join(s.Value.Type.Slice(), " or "), "integer", "int", 1)
		if s.Value.Format == "int64" {
			typ = "long"
		}
		rows = append(rows, fmt.Sprintf("%s %s %v", name, typ, s.Value.Extensions["x-evidence"]))
		if descriptions[name] = s.Value.Description; s.Value.Description == "" {
			t.Errorf("api/openapi.yaml: %s.%s has no description", schema, name)
		}
	}
	slices.Sort(rows)
	return rows, descriptions
}

// The schema of a conference has the fields of the table, as the vendor calls them.
func TestDescriptionHasTheFields(t *testing.T) {
	types := map[fields.Kind]string{
		fields.Text: "string", fields.Secret: "string", fields.Texts: "array", fields.Integer: "int", fields.ID: "long", fields.Time: "long",
		fields.Flag: "boolean or null",
	}
	got, descriptions := openContract(t).rows(t, "Conference")
	var want []string
	for _, f := range fields.All {
		want = append(want, fmt.Sprintf("%s %s %s", f.Name, types[f.Kind], f.Evidence))
		if f.Or != "" {
			want = append(want, fmt.Sprintf("%s %s %s", f.Or, types[f.Kind], fields.Example))
		}
		word, _, _ := strings.Cut(f.Chinese, "(") // without its unit
		if !strings.HasPrefix(descriptions[f.Name], word) {
			t.Errorf("api/openapi.yaml: got %q for %s, want it to begin with %q", descriptions[f.Name], f.Name, word)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a conference (-internal/fields +api/openapi.yaml):\n%s", diff)
	}
	// What the benchmarks' peers decode has the same fields, without the second spellings.
	_, model, _ := strings.Cut(mustRead(t, "bench/internal/wire/wire.go"), "\ntype Conference struct")
	model, _, _ = strings.Cut(model, "\n}")
	var peers, names []string
	for _, match := range regexp.MustCompile(`json:"(\w+)`).FindAllStringSubmatch(model, -1) {
		peers = append(peers, match[1])
	}
	for _, f := range fields.All {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff(names, peers); diff != "" {
		t.Errorf("a conference (-internal/fields +bench/internal/wire/wire.go):\n%s", diff)
	}
}

// The SDK's other types have the fields of the schemas, and the tables of the references have their rows.
func TestReferencesAgreeWithDescription(t *testing.T) {
	api := openContract(t)
	for schema, of := range map[string]struct {
		sdk  any // nil = no type of the SDK
		more []string
		head map[string]string // of the table, by language
	}{
		"ListByStatusRequest": {
			confopenapi.ListByStatusRequest{FilterOneAttendee: new(false), AdminUserID: 1, Page: 1, Count: 1},
			nil,
			map[string]string{"": "field of the body", ".zh-CN": "请求体字段"},
		},
		"ConfList": {confopenapi.ConfList{}, nil, map[string]string{"": "field of the result", ".zh-CN": "result 字段"}},
		"Envelope": { // of which Listing and Refusal each have their own result
			nil, []string{"result object documented"}, map[string]string{"": "field of the envelope", ".zh-CN": "信封字段"},
		},
	} {
		want, descriptions := api.rows(t, schema)
		want = append(want, of.more...)
		slices.Sort(want)
		for language, head := range of.head {
			file := "api/listbystatus" + language + ".md"
			_, table, _ := strings.Cut(mustRead(t, file), "\n| "+head+" |")
			table, _, _ = strings.Cut(table, "\n\n")
			var got []string
			for _, match := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (.+?) \\| (.+?) \\| .").FindAllStringSubmatch(table, -1) {
				evidence := strings.NewReplacer("文档", "documented", "示例", "example").Replace(match[3])
				got = append(got, match[1]+" "+match[2]+" "+evidence)
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, table of %q (-api/openapi.yaml +table):\n%s", file, head, diff)
			}
		}
		if of.sdk != nil {
			var written map[string]any
			text, err := json.Marshal(of.sdk)
			if err != nil || json.Unmarshal(text, &written) != nil {
				t.Fatal(err)
			}
			delete(descriptions, "token") // the client's
			if diff := cmp.Diff(slices.Sorted(maps.Keys(descriptions)), slices.Sorted(maps.Keys(written))); diff != "" {
				t.Errorf("%s (-api/openapi.yaml +SDK):\n%s", schema, diff)
			}
		}
	}
}

// The examples of the description are stories of testdata; null_flags is cut to its first conference.
func TestExamplesAreTheStories(t *testing.T) {
	post := openContract(t).description.Paths.Value(endpoint).Post
	requests := post.RequestBody.Value.Content["application/json"].Examples
	responses := post.Responses.Value("200").Value.Content["application/json"].Examples
	names := map[string]string{
		"documented": "doc_example", "documentedSpellings": "documented_spellings", "nullFlags": "null_flags", "businessError": "business_error_null_result",
	}
	compare := func(story string, got any) {
		var want map[string]any
		if err := json.Unmarshal([]byte(mustRead(t, stories+story+".json")), &want); err != nil {
			t.Fatal(err)
		}
		if result, ok := want["result"].(map[string]any); ok && story == "null_flags" {
			result["confList"] = result["confList"].([]any)[:1]
		}
		if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
			t.Errorf("%s (-story +example of api/openapi.yaml):\n%s", story, diff)
		}
	}
	for name, example := range responses {
		compare(names[name], example.Value.Value)
	}
	compare("doc_request", requests["documented"].Value.Value)
}
