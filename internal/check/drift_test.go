package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go"
)

// row is a member as all the descriptions of the endpoint have it.
type row struct{ Name, Type, Evidence string }

// described are the members of a schema, sorted by name.
func described(t *testing.T, name string) []row {
	t.Helper()
	var all []row
	for member, schema := range mustOpen(t).description.Components.Schemas[name].Value.Properties {
		evidence, ok := schema.Value.Extensions["x-evidence"].(string)
		if schema.Value.Description == "" || !ok {
			t.Errorf("%s.%s says nothing of itself, or not how well it is known", name, member)
		}
		all = append(all, row{member, vendorType(schema.Value), evidence})
	}
	return sorted(all)
}

func sorted(rows []row) []row {
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

// vendorType is the vendor's word for a type.
func vendorType(s *openapi3.Schema) string {
	if s.Format == "int64" {
		return "long"
	}
	return strings.Replace(strings.Join(s.Type.Slice(), " or "), "integer", "int", 1)
}

func names(rows []row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Name)
	}
	return all
}

// keys are the members of v's JSON, sorted.
func keys(t *testing.T, v any) []string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(members))
}

func TestDescriptionHasSDKFields(t *testing.T) {
	var documented, drifted []string
	for _, r := range described(t, "Conference") {
		switch r.Evidence {
		case "documented":
			documented = append(documented, r.Name)
		case "example":
			drifted = append(drifted, r.Name)
		default:
			t.Errorf("%s is %s: only facts of this endpoint belong into a schema", r.Name, r.Evidence)
		}
	}
	if diff := cmp.Diff(keys(t, confopenapi.Conference{}), documented); diff != "" || len(documented) == 0 {
		t.Errorf("%d documented members of a conference (-SDK +description):\n%s", len(documented), diff)
	}
	// What the SDK reads in spite of its name is nothing that it keeps as unknown.
	for _, name := range drifted {
		var conf confopenapi.Conference
		if err := json.Unmarshal(fmt.Appendf(nil, `{%q: "x"}`, name), &conf); err != nil || conf.Extra != nil {
			t.Errorf("the SDK does not know %s: %v", name, err)
		}
	}
	if diff := cmp.Diff([]string{"confName", "guestPcode"}, drifted); diff != "" {
		t.Errorf("the drifted names (-want +got):\n%s", diff)
	}
	request := keys(t, confopenapi.ListByStatusRequest{FilterOneAttendee: new(false), AdminUserID: 1, Page: 1, Count: 1})
	if diff := cmp.Diff(append(request, "token"), names(described(t, "ListByStatusRequest"))); diff != "" {
		t.Errorf("the request (-SDK +description):\n%s", diff)
	}
	if diff := cmp.Diff(keys(t, confopenapi.ConfList{}), names(described(t, "ConfList"))); diff != "" {
		t.Errorf("the result (-SDK +description):\n%s", diff)
	}
}

// tables are the rows of a Markdown file's tables by the first cell of their heads.
func tables(t *testing.T, name string) map[string][][]string {
	t.Helper()
	all := map[string][][]string{}
	head := ""
	for line := range strings.Lines(mustRead(t, name)) {
		line, isRow := strings.CutPrefix(strings.TrimSpace(line), "| ")
		switch cells := strings.Split(strings.TrimSuffix(line, " |"), " | "); {
		case strings.HasPrefix(line, "|--"):
		case !isRow:
			head = ""
		case head == "":
			head = cells[0]
		default:
			all[head] = append(all[head], cells)
		}
	}
	return all
}

// asRows reads a table whose columns are the name, the type, the evidence and the meaning.
func asRows(t *testing.T, table [][]string, evidence map[string]string) []row {
	t.Helper()
	var all []row
	for _, cells := range table {
		if len(cells) != 4 || cells[3] == "" {
			t.Fatalf("a row with other than four cells: %q", cells)
		}
		all = append(all, row{strings.Trim(cells[0], "`"), cells[1], evidence[cells[2]]})
	}
	return sorted(all)
}

func TestReferencesAgreeWithDescription(t *testing.T) {
	result := row{"result", "object", "documented"} // Listing and Refusal each have their own
	for _, reference := range []struct {
		file, headers string
		schemas       map[string]string // heads of tables by schema
		evidence      map[string]string
	}{
		{
			"api/listbystatus.md", "header",
			map[string]string{"ListByStatusRequest": "field of the body", "Envelope": "field of the envelope", "ConfList": "field of the result", "Conference": "field of confList"},
			map[string]string{"documented": "documented", "example": "example"},
		},
		{
			"api/listbystatus.zh-CN.md", "请求头",
			map[string]string{"ListByStatusRequest": "请求体字段", "Envelope": "信封字段", "ConfList": "result 字段", "Conference": "confList 字段"},
			map[string]string{"文档": "documented", "示例": "example"},
		},
	} {
		found := tables(t, reference.file)
		for schema, head := range reference.schemas {
			want := described(t, schema)
			if schema == "Envelope" {
				want = sorted(append(want, result))
			}
			if diff := cmp.Diff(want, asRows(t, found[head], reference.evidence)); diff != "" {
				t.Errorf("%s: %s (-description +reference):\n%s", reference.file, schema, diff)
			}
		}
		if len(found[reference.headers]) != 3 {
			t.Errorf("%s: %d headers", reference.file, len(found[reference.headers]))
		}
	}
}

// The examples are the vendor's, and the SDK's stories; one of these is cut to its first conference.
func TestExamplesAreTheStories(t *testing.T) {
	post := mustOpen(t).description.Paths.Value(endpoint).Post
	asked := post.RequestBody.Value.Content["application/json"].Examples
	answered := post.Responses.Value("200").Value.Content["application/json"].Examples
	for file, example := range map[string]*openapi3.ExampleRef{
		"doc_request.json":                asked["documented"],
		"doc_example.json":                answered["documented"],
		"documented_spellings.json":       answered["documentedSpellings"],
		"null_flags.json":                 answered["nullFlags"],
		"business_error_null_result.json": answered["businessError"],
	} {
		var want map[string]any
		if err := json.Unmarshal([]byte(mustRead(t, stories+file)), &want); err != nil {
			t.Fatal(err)
		}
		if file == "null_flags.json" {
			result := want["result"].(map[string]any)
			result["confList"] = result["confList"].([]any)[:1]
		}
		if diff := cmp.Diff(asJSON(t, want), asJSON(t, example.Value.Value)); diff != "" {
			t.Errorf("%s (-story +example):\n%s", file, diff)
		}
	}
	if len(asked) != 3 || len(answered) != 4 {
		t.Errorf("%d examples of requests and %d of answers: compare the new ones too", len(asked), len(answered))
	}
}

// asJSON makes YAML's and JSON's ideas of a number the same.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
