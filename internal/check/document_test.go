package check_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"mvdan.cc/sh/v3/syntax"
)

// document is what the tests look at of a Markdown file.
type document struct {
	name    string // its path from the root, with slashes
	levels  []int  // of its headings
	anchors map[string]bool
	links   []string // as they are written, also those of images
	blocks  []block  // of code
	prose   string   // all but the fenced blocks
}

type block struct{ lang, text string }

// documents are all Markdown files, or those that match a pattern.
func documents(t *testing.T, patterns ...string) []document {
	t.Helper()
	var all []document
	for _, name := range tracked(t) {
		matches := func(pattern string) bool { found, _ := path.Match(pattern, name); return found }
		if path.Ext(name) == ".md" && (len(patterns) == 0 || slices.ContainsFunc(patterns, matches)) {
			all = append(all, parse(name, mustRead(t, name)))
		}
	}
	if len(all) < 2 {
		t.Fatalf("%d documents for %q: some were not found", len(all), patterns)
	}
	return all
}

func readDocument(t *testing.T, name string) document {
	t.Helper()
	return parse(name, mustRead(t, name))
}

func parse(name, content string) document {
	doc := document{name: name, anchors: map[string]bool{}, prose: proseOf(content)}
	source := []byte(content)
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(root, func(node ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Heading:
			doc.levels = append(doc.levels, node.Level)
			doc.addAnchor(plain(node, source))
		case *ast.Link:
			doc.links = append(doc.links, string(node.Destination))
		case *ast.Image:
			doc.links = append(doc.links, string(node.Destination))
		case *ast.AutoLink:
			doc.links = append(doc.links, string(node.URL(source)))
		case *ast.FencedCodeBlock:
			doc.blocks = append(doc.blocks, block{string(node.Language(source)), string(node.Lines().Value(source))})
		}
		return ast.WalkContinue, nil
	})
	return doc
}

func proseOf(content string) string {
	var prose strings.Builder
	inBlock := false
	for line := range strings.Lines(content) {
		switch fence := strings.HasPrefix(strings.TrimSpace(line), "```"); {
		case fence:
			inBlock = !inBlock
		case !inBlock:
			prose.WriteString(line)
		}
	}
	return prose.String()
}

// plain is the text of a heading without its markup.
func plain(node ast.Node, source []byte) string {
	var b strings.Builder
	for child := node.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Text:
			b.Write(child.Segment.Value(source))
		case *ast.String:
			b.Write(child.Value)
		default:
			b.WriteString(plain(child, source))
		}
	}
	return b.String()
}

// addAnchor makes an anchor as GitHub does, which numbers those that come again.
func (d *document) addAnchor(heading string) {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	anchor := slug
	for n := 1; d.anchors[anchor]; n++ {
		anchor = fmt.Sprintf("%s-%d", slug, n)
	}
	d.anchors[anchor] = true
}

// commands are the shell's statements in the document's blocks, each without its comment.
func (d document) commands(t *testing.T) []string {
	t.Helper()
	var all []string
	printer := syntax.NewPrinter(syntax.SingleLine(true))
	for _, b := range d.blocks {
		if b.lang != "sh" {
			continue
		}
		file, err := syntax.NewParser().Parse(strings.NewReader(b.text), "")
		if err != nil {
			t.Fatalf("%s: %v:\n%s", d.name, err, b.text)
		}
		for _, statement := range file.Stmts {
			var command strings.Builder
			if err := printer.Print(&command, statement); err != nil {
				t.Fatal(err)
			}
			all = append(all, strings.TrimSpace(command.String()))
		}
	}
	return all
}

var codeSpan = regexp.MustCompile("`[^`]+`")

// rows are the code in the first cells of all tables.
func (d document) rows() []string {
	var names []string
	for _, match := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(d.prose, -1) {
		names = append(names, strings.Join(codeSpan.FindAllString(match[1], -1), " "))
	}
	return names
}

func TestParseDocument(t *testing.T) {
	doc := parse("a.md", "# A `b`\n\n[a](b.md) ![c](d.png) <https://example.com> https://example.org [e][f] `[g](h)`\n\n[f]: i.md\n\n"+
		"```sh\nmake # builds\n\n# nothing\na &&\n  b\n```\n\n- ```text\n  [j](k)\n  ```\n")
	if diff := cmp.Diff([]string{"b.md", "d.png", "https://example.com", "https://example.org", "i.md"}, doc.links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"make", "a && b"}, doc.commands(t)); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if len(doc.blocks) != 2 || doc.blocks[1].lang != "text" || strings.Contains(doc.prose, "make") {
		t.Errorf("blocks: %+v", doc.blocks)
	}
}
