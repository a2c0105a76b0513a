// Gen writes what knows the fields of a conference, from the tags of Conference in models.go: models_gen.go, which reads and
// writes them, and internal/fields/fields_gen.go, their table. It runs in the root of the repository, by go generate.
//
//	`json:"title"`    the name in JSON
//	`zh:"会议主题"`     the vendor's word
//	`wire:"…"`        any of these, with commas between them:
//	  or=confName       a second spelling, from the vendor's example; it counts where the first is absent, null or empty
//	  repeats           a text of which a list has few: equal ones share their memory
//	  personal          says something about a person
//	  ticks             changes by itself while a conference runs
//	  evidence=sibling  how well the field is known, if it is not documented: example, sibling or unknown
package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

const (
	source = "models.go"
	model  = "Conference"
)

//go:embed *.tmpl
var templates embed.FS

// outputs are the files that are written, by their templates.
var outputs = map[string]string{
	"models.go.tmpl": "models_gen.go",
	"fields.go.tmpl": filepath.Join("internal", "fields", "fields_gen.go"),
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("internal/fields/gen: ")
	all, err := read(source)
	if err != nil {
		log.Fatal(err)
	}
	for name, output := range outputs {
		code, err := generate(name, all)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(output, code, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// form is how fields of a Go type are read.
type form struct {
	Kind   string // in package fields
	Reader string // the method of scan.Reader
}

// forms are the types that a field can have.
var forms = map[string]form{
	"string": {"Text", "TextAt"}, "[]string": {"Texts", ""}, "*bool": {"Flag", "FlagAt"}, "Secret": {"Secret", "BoxedAt"},
	"int": {"Integer", "IntAt"}, "ConferenceStatus": {"Integer", "IntAt"}, "int64": {"ID", "Int64At"}, "UnixTime": {"Time", "Int64At"},
}

// field is a field of the model.
type field struct {
	Name, Or, Go, Chinese string // as in fields.Field
	Type                  string
	form
	Evidence        string
	Personal, Ticks bool
	Index           int // of Name among all spellings; Or has the next
}

type table []field

func (t table) HaveTexts() bool {
	return slices.ContainsFunc(t, func(f field) bool { return f.Kind == "Texts" })
}

// read finds the fields of the model in a file.
func read(path string) (table, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found *ast.StructType
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == model {
			found, _ = spec.Type.(*ast.StructType)
		}
		return found == nil
	})
	if found == nil {
		return nil, fmt.Errorf("%s has no struct %s", path, model)
	}
	var all table
	spellings := map[string]string{"": ""}
	for _, declared := range found.Fields.List {
		f, err := fieldOf(declared)
		if err != nil {
			return nil, err
		}
		if f.Name == "-" {
			continue
		}
		f.Index = len(spellings) - 1
		for _, name := range []string{f.Name, f.Or} {
			if other, ok := spellings[name]; ok && name != "" {
				return nil, fmt.Errorf("%s is called %s like %s", f.Go, name, other)
			}
			spellings[name] = f.Go
		}
		all = append(all, f)
	}
	return all, nil
}

func fieldOf(declared *ast.Field) (f field, err error) {
	if len(declared.Names) != 1 || declared.Tag == nil {
		return f, fmt.Errorf("every field of %s has a line and a tag of its own", model)
	}
	quoted, err := strconv.Unquote(declared.Tag.Value)
	if err != nil {
		return f, err
	}
	tag := reflect.StructTag(quoted)
	f = field{
		Name: tag.Get("json"), Go: declared.Names[0].Name, Chinese: tag.Get("zh"), Type: types.ExprString(declared.Type), Evidence: "Documented",
	}
	if f.Name == "-" {
		return f, nil
	}
	if f.Name == "" || f.Chinese == "" {
		return f, fmt.Errorf("%s has no json or no zh in its tag", f.Go)
	}
	var ok bool
	if f.form, ok = forms[f.Type]; !ok {
		return f, fmt.Errorf("%s is a %s; a field is a string, []string, int, int64, *bool, Secret, UnixTime or ConferenceStatus. "+
			"Another type needs a form here and code in the template", f.Go, f.Type)
	}
	if how, ok := tag.Lookup("wire"); ok {
		for word := range strings.SplitSeq(how, ",") {
			if !f.set(word) {
				return f, fmt.Errorf("%s has wire:%q: %q is unknown, or does not go with a %s", f.Go, how, word, f.Type)
			}
		}
	}
	f.Personal = f.Personal || f.Kind == "Secret"
	return f, nil
}

// set does what a word of the wire tag says, and reports whether it is known and goes with the type.
func (f *field) set(word string) bool {
	key, value, _ := strings.Cut(word, "=")
	switch {
	case key == "or" && value != "" && (f.Kind == "Text" || f.Kind == "Secret"):
		f.Or = value
	case word == "repeats" && f.Kind == "Text":
		f.Reader = "RepeatedAt"
	case word == "personal":
		f.Personal = true
	case word == "ticks":
		f.Ticks = true
	case key == "evidence":
		f.Evidence = evidences[value]
		return f.Evidence != ""
	default:
		return false
	}
	return true
}

// evidences are the names of constants of package fields.
var evidences = map[string]string{"example": "Example", "sibling": "Sibling", "unknown": "Unknown"}

// generate is the code of a template.
func generate(name string, all table) ([]byte, error) {
	t, err := template.ParseFS(templates, name)
	if err != nil {
		return nil, err
	}
	var code bytes.Buffer
	if err := t.Execute(&code, all); err != nil {
		return nil, err
	}
	return format.Source(code.Bytes())
}
