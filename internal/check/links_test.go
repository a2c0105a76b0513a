package check_test

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	files, all, links := tracked(t), documents(t), 0
	for _, doc := range all {
		for _, link := range doc.links {
			links++
			if err := follow(all, files, doc.name, link); err != nil {
				t.Errorf("%s: %v", doc.name, err)
			}
		}
	}
	if links < 30 {
		t.Errorf("%d links: the reader has lost some", links)
	}
}

// follow finds out where a link in a document leads, in the repository; of one that leads out of it, only its form.
func follow(all []document, files []string, from, link string) error {
	to, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case to.Scheme == "https" && strings.Contains(to.Host, "."):
		return nil
	case link == "" || to.Scheme != "" || to.Host != "" || path.IsAbs(to.Path):
		return fmt.Errorf("%q is neither a link to https nor relative", link)
	}
	target := from
	if to.Path != "" {
		target = path.Join(path.Dir(from), to.Path)
	}
	if !slices.ContainsFunc(files, func(f string) bool { return f == target || strings.HasPrefix(f, target+"/") }) {
		return fmt.Errorf("%s: there is no %s", link, target)
	}
	i := slices.IndexFunc(all, func(d document) bool { return d.name == target })
	if to.Fragment != "" && i >= 0 && !all[i].anchors[to.Fragment] {
		return fmt.Errorf("%s: %s has no such heading", link, target)
	}
	return nil
}

func TestFollow(t *testing.T) {
	guide := parse("docs/guide.md", "# A `guide`\n\n## 快照，和游标\n\n## What's *new*?\n\n## A guide\n")
	files := []string{"README.md", "docs/guide.md", "examples/list/main.go"}
	for _, link := range []string{
		"guide.md", "../docs/guide.md#a-guide", "#a-guide-1", "#快照和游标", "#%E5%BF%AB%E7%85%A7和游标", "#whats-new",
		"../examples/list", "../examples/list/main.go#L", "https://example.com/a#b",
	} {
		if err := follow([]document{guide}, files, guide.name, link); err != nil {
			t.Errorf("%q works, got %v", link, err)
		}
	}
	for _, link := range []string{
		"#A-guide", "#a-guide-2", "", "guide", "../examples/lis", "../../main.go", "/docs/guide.md", "http://example.com",
		"https://localhost", "//example.com", "mailto:a@example.com",
	} {
		if follow([]document{guide}, files, guide.name, link) == nil {
			t.Errorf("%q leads nowhere, got no error", link)
		}
	}
}
