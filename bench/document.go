package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// circumstancesName is the place in a document of the lines about the run.
const circumstancesName = "run"

// A document is a Markdown file with places for the figures, such as <!-- decode: start --> and <!-- decode: end -->.
type document struct {
	path string
	text string
}

// open reads a document, and fails if it lacks a place for a group: better now than after the measurement.
func open(path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := &document{path, string(text)}
	for _, name := range []string{circumstancesName, decodeGroup, formsGroup, encodeGroup, appendGroup, memoryGroup, loopbackGroup, sizeGroup} {
		if err := d.put(name, ""); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// put replaces what is in a place.
func (d *document) put(name, content string) error {
	start, end := "<!-- "+name+": start -->\n", "<!-- "+name+": end -->"
	head, rest, ok := strings.Cut(d.text, start)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no %s… %s", d.path, strings.TrimSpace(start), end)
	}
	d.text = head + start + content + end + tail
	return nil
}

// write puts a report into the document, whole or not at all.
func (d *document) write(r report) error {
	lines := "- " + strings.Join(r.circumstances(), "\n- ") + "\n"
	if err := d.put(circumstancesName, lines); err != nil {
		return err
	}
	for _, s := range r.sections() {
		var tables []string
		for _, t := range s.tables {
			tables = append(tables, t.RenderMarkdown()+"\n")
		}
		if err := d.put(s.name, strings.Join(tables, "\n")); err != nil {
			return err
		}
	}
	file, err := os.CreateTemp(filepath.Dir(d.path), filepath.Base(d.path)+".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(d.text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(file.Name(), d.path)
	}
	return err
}
