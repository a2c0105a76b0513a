package check_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// document is what the tests look at of a Markdown file.
type document struct {
	name    string   // its path from the root, with slashes
	levels  []string // of its headings: "#", "##" …
	anchors map[string]bool
	links   []string // also those of images
	blocks  []block  // of code
	prose   string   // all but the blocks
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

var (
	codeSpan   = regexp.MustCompile("`[^`]+`")
	linkTarget = regexp.MustCompile(`\]\(([^)\s]*)\)|(?m:^\[[^\]]+\]: (\S+)$)`)
	linkText   = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	firstCell  = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|")
)

func parse(name, content string) document {
	doc := document{name: name, anchors: map[string]bool{}}
	inBlock := false
	for line := range strings.Lines(content) {
		lang, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && !inBlock:
			doc.blocks = append(doc.blocks, block{lang: lang})
			inBlock = true
		case fence:
			inBlock = false
		case inBlock:
			doc.blocks[len(doc.blocks)-1].text += line
		default:
			doc.prose += line
			if level, heading, found := strings.Cut(strings.TrimSpace(line), " "); found && strings.Trim(level, "#") == "" {
				doc.levels = append(doc.levels, level)
				doc.addAnchor(linkText.ReplaceAllString(heading, "$1"))
			}
		}
	}
	for _, match := range linkTarget.FindAllStringSubmatch(codeSpan.ReplaceAllString(doc.prose, ""), -1) {
		doc.links = append(doc.links, match[1]+match[2])
	}
	return doc
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

// commands are the lines of the document's "sh" blocks, without their comments.
func (d document) commands() []string {
	var all []string
	for _, b := range d.blocks {
		for line := range strings.Lines(b.text) {
			command, _, _ := strings.Cut(line, " # ")
			if command = strings.TrimSpace(command); b.lang == "sh" && command != "" && command[0] != '#' {
				all = append(all, command)
			}
		}
	}
	return all
}

// rows are the code in the first cells of all tables.
func (d document) rows() []string {
	var names []string
	for _, match := range firstCell.FindAllStringSubmatch(d.prose, -1) {
		names = append(names, strings.Join(codeSpan.FindAllString(match[1], -1), " "))
	}
	return names
}

// code is what each row of a table and each heading has of it; the order of rows and words is that of a language.
func (d document) code() []string {
	var all []string
	for line := range strings.Lines(d.prose) {
		if line[0] == '|' || line[0] == '#' {
			spans := codeSpan.FindAllString(line, -1)
			slices.Sort(spans)
			all = append(all, strings.Join(slices.Compact(spans), " "))
		}
	}
	slices.Sort(all)
	return all
}
