// Wiregen writes wire_gen.go: how a Conference is read and written, from the tags of its fields in models.go. It runs in
// the root of the repository, by go generate.
//
//	`json:"title"`               the member's name
//	`json:"…" wire:"or=name"`    another spelling, which counts where the first is absent, null or empty
//	`json:"…" wire:"repeats"`    a text of which there are few: it is looked up before it is copied
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

const (
	source = "models.go"
	output = "wire_gen.go"
	model  = "Conference"
)

//go:embed wire.go.tmpl
var text string

func main() {
	log.SetFlags(0)
	log.SetPrefix("wiregen: ")
	members, err := read(source)
	if err != nil {
		log.Fatal(err)
	}
	code, err := generate(members)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(output, code, 0o644); err != nil {
		log.Fatal(err)
	}
}

// member is a member of the JSON and the field that it belongs to.
type member struct {
	Index       int // in the order of the names
	Name, Field string
	Type        string // of the field
	Repeats     bool
	Or          string // another spelling of the name, whose index is the next; "" = none
}

// Kind is how the value is read and written.
func (m member) Kind() (string, error) {
	kind := map[string]string{
		"int": "integer", "int64": "integer", "UnixTime": "integer", "ConferenceStatus": "integer",
		"string": "text", "*bool": "flag", "Secret": "secret",
	}[m.Type]
	switch {
	case kind == "":
		return "", fmt.Errorf("%s is a %s, which the template does not know", m.Field, m.Type)
	case m.Repeats && kind != "text", m.Or != "" && kind != "text" && kind != "secret":
		return "", fmt.Errorf("%s is a %s, which the template does not know with that tag", m.Field, m.Type)
	}
	return kind, nil
}

// read finds the members in the tags of the model.
func read(path string) ([]member, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var fields []*ast.Field
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == model {
			if t, ok := spec.Type.(*ast.StructType); ok {
				fields = t.Fields.List
			}
		}
		return fields == nil
	})
	if fields == nil {
		return nil, fmt.Errorf("%s has no struct %s", path, model)
	}
	var members []member
	index := 0
	for _, field := range fields {
		m, ok, err := memberOf(field)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		for _, name := range []string{m.Name, m.Or} {
			if slices.ContainsFunc(members, func(other member) bool { return name != "" && (name == other.Name || name == other.Or) }) {
				return nil, fmt.Errorf("%s is called %s like another field", m.Field, name)
			}
		}
		m.Index = index
		if index++; m.Or != "" {
			index++
		}
		members = append(members, m)
	}
	return members, nil
}

func memberOf(field *ast.Field) (m member, ok bool, err error) {
	if len(field.Names) != 1 || field.Tag == nil {
		return m, false, fmt.Errorf("every field of %s has a line and a tag of its own", model)
	}
	quoted, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return m, false, err
	}
	tag := reflect.StructTag(quoted)
	m = member{Name: tag.Get("json"), Field: field.Names[0].Name}
	switch m.Name {
	case "-":
		return m, false, nil
	case "":
		return m, false, fmt.Errorf("%s has no name in its tag", m.Field)
	}
	switch t := field.Type.(type) {
	case *ast.Ident:
		m.Type = t.Name
	case *ast.StarExpr:
		if base, ok := t.X.(*ast.Ident); ok {
			m.Type = "*" + base.Name
		}
	}
	switch how, _ := tag.Lookup("wire"); {
	case how == "repeats":
		m.Repeats = true
	case strings.HasPrefix(how, "or="):
		m.Or = strings.TrimPrefix(how, "or=")
	case how != "":
		return m, false, fmt.Errorf("%s has the unknown tag wire:%q", m.Field, how)
	}
	return m, true, nil
}

// generate is the code for the members.
func generate(members []member) ([]byte, error) {
	t, err := template.New(output).Parse(text)
	if err != nil {
		return nil, err
	}
	var code bytes.Buffer
	if err := t.Execute(&code, members); err != nil {
		return nil, err
	}
	return format.Source(code.Bytes())
}
