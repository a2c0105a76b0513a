// Package docs reads the repository's Markdown documents. Its tests are what "make docs" runs: every link leads somewhere,
// and every command has been run.
package docs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"mvdan.cc/sh/v3/syntax"

	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

// A Document is what the tests look at of a Markdown file.
type Document struct {
	Name    string // its path from the root, with slashes
	Anchors map[string]bool
	Links   []string // as they are written, also those of images
	Blocks  []Block  // of code
}

// A Block is a fenced block of code.
type Block struct{ Language, Text string }

// Read reads all documents.
func Read(ctx context.Context, root string) ([]Document, error) {
	files, err := tree.Files(ctx, root)
	if err != nil {
		return nil, err
	}
	var all []Document
	for _, name := range files {
		if filepath.Ext(name) != ".md" {
			continue
		}
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		all = append(all, Parse(name, source))
	}
	return all, nil
}

// Parse reads one document.
func Parse(name string, source []byte) Document {
	doc := Document{Name: name, Anchors: map[string]bool{}}
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(root, func(node ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Heading:
			doc.addAnchor(plain(node, source))
		case *ast.Link:
			doc.Links = append(doc.Links, string(node.Destination))
		case *ast.Image:
			doc.Links = append(doc.Links, string(node.Destination))
		case *ast.AutoLink:
			doc.Links = append(doc.Links, string(node.URL(source)))
		case *ast.FencedCodeBlock:
			doc.Blocks = append(doc.Blocks, Block{string(node.Language(source)), string(node.Lines().Value(source))})
		}
		return ast.WalkContinue, nil
	})
	return doc
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
func (d *Document) addAnchor(heading string) {
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
	for n := 1; d.Anchors[anchor]; n++ {
		anchor = fmt.Sprintf("%s-%d", slug, n)
	}
	d.Anchors[anchor] = true
}

// Commands are the shell's statements in a block, each without its comment.
func (b Block) Commands() ([]string, error) {
	file, err := syntax.NewParser().Parse(strings.NewReader(b.Text), "")
	if err != nil {
		return nil, err
	}
	var commands []string
	printer := syntax.NewPrinter(syntax.SingleLine(true))
	for _, statement := range file.Stmts {
		var text strings.Builder
		if err := printer.Print(&text, statement); err != nil {
			return nil, err
		}
		commands = append(commands, strings.TrimSpace(text.String()))
	}
	return commands, nil
}
