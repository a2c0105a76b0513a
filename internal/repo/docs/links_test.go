package docs_test

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confopenapi/confopenapi-go/internal/repo/docs"
	"github.com/confopenapi/confopenapi-go/internal/repo/tree"
)

const root = "../../.."

func documents(t *testing.T) []docs.Document {
	t.Helper()
	all, err := docs.Read(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 8 || !slices.ContainsFunc(all, func(d docs.Document) bool { return d.Name == "README.zh-CN.md" }) {
		t.Fatalf("%d documents: some were not found", len(all))
	}
	return all
}

func TestLinks(t *testing.T) {
	files, err := tree.Files(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	all := documents(t)
	links := 0
	for _, doc := range all {
		for _, link := range doc.Links {
			links++
			if err := follow(all, files, doc, link); err != nil {
				t.Errorf("%s: %v", doc.Name, err)
			}
		}
	}
	if links < 30 {
		t.Errorf("%d links: the reader has lost some", links)
	}
}

// follow finds out where a link in a document leads, in the repository; of one that leads out of it, only its form.
func follow(all []docs.Document, files []string, from docs.Document, link string) error {
	to, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case to.Scheme != "" || to.Host != "":
		if to.Scheme != "https" || !strings.Contains(to.Host, ".") {
			return fmt.Errorf("%s is no link to https", link)
		}
		return nil
	case to.Path == "" && to.Fragment == "":
		return errors.New("an empty link")
	case path.IsAbs(to.Path):
		return fmt.Errorf("%s: the root is another on each site", link)
	}
	target := from.Name
	if to.Path != "" {
		target = path.Join(path.Dir(from.Name), to.Path)
	}
	if !slices.ContainsFunc(files, func(f string) bool { return f == target || strings.HasPrefix(f, target+"/") }) {
		return fmt.Errorf("%s: there is no %s", link, target)
	}
	i := slices.IndexFunc(all, func(d docs.Document) bool { return d.Name == target })
	if to.Fragment != "" && i >= 0 && !all[i].Anchors[to.Fragment] {
		return fmt.Errorf("%s: %s has no such heading", link, target)
	}
	return nil
}

func TestFollow(t *testing.T) {
	guide := docs.Parse("docs/guide.md", []byte("# A `guide`\n\n## 快照，和游标\n\n## What's *new*?\n\n## A guide\n"))
	all := []docs.Document{guide}
	files := []string{"README.md", "docs/guide.md", "examples/list/main.go"}
	for link, works := range map[string]bool{
		"guide.md":                   true,
		"../docs/guide.md#a-guide":   true,
		"#a-guide-1":                 true,
		"#快照和游标":                     true,
		"#%E5%BF%AB%E7%85%A7和游标":     true,
		"#whats-new":                 true,
		"../examples/list":           true,
		"../examples/list/main.go#L": true,
		"https://example.com/a#b":    true,
		"#A-guide":                   false,
		"#a-guide-2":                 false,
		"":                           false,
		"guide":                      false,
		"../examples/lis":            false,
		"../../main.go":              false,
		"/docs/guide.md":             false,
		"http://example.com":         false,
		"https://localhost":          false,
		"//example.com":              false,
		"mailto:a@example.com":       false,
	} {
		if err := follow(all, files, guide, link); (err == nil) != works {
			t.Errorf("%q: %v", link, err)
		}
	}
}

func TestParse(t *testing.T) {
	doc := docs.Parse("a.md", []byte("[a](b.md) ![c](d.png) <https://example.com> https://example.org [e][f] `[g](h)`\n\n[f]: i.md\n\n"+
		"```sh\nmake # builds\n\n# nothing\na &&\n  b\n```\n\n- ```text\n  [j](k)\n  ```\n"))
	if diff := cmp.Diff([]string{"b.md", "d.png", "https://example.com", "https://example.org", "i.md"}, doc.Links); diff != "" {
		t.Error(diff)
	}
	if len(doc.Blocks) != 2 || doc.Blocks[1].Language != "text" {
		t.Fatalf("%+v", doc.Blocks)
	}
	commands, err := doc.Blocks[0].Commands()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"make", "a && b"}, commands); diff != "" {
		t.Error(diff)
	}
	if _, err := (docs.Block{Text: "if true; then"}).Commands(); err == nil {
		t.Error("half a statement is taken for a whole one")
	}
}
