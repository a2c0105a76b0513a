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
		links += len(doc.links)
		for _, link := range doc.links {
			if err := follow(all, files, doc.name, link); err != nil {
				t.Errorf("%s: %v", doc.name, err)
			}
		}
	}
	if links < 30 {
		t.Errorf("got %d links, want at least 30", links)
	}
}

// follow reports a link of a document that leads nowhere in the repository. Of one that leads out of it, it checks the form alone.
func follow(all []document, files []string, from, link string) error {
	to, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case to.Scheme == "https" && strings.Contains(to.Host, "."):
		return nil
	case link == "" || to.Scheme != "" || to.Host != "" || path.IsAbs(to.Path):
		return fmt.Errorf("got the link %q, want one that is relative or of https", link)
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
	for link, works := range map[string]bool{
		"../docs/guide.md#a-guide": true, "#a-guide-1": true, "#快照和游标": true, "#%E5%BF%AB%E7%85%A7和游标": true, "#whats-new": true,
		"../examples/list": true, "../examples/list/main.go#L": true, "https://example.com/a#b": true,
		"#A-guide": false, "#a-guide-2": false, "": false, "../examples/lis": false, "../../main.go": false, "/docs/guide.md": false,
		"http://example.com": false, "https://localhost": false, "//example.com": false, "mailto:a@example.com": false,
	} {
		if err := follow([]document{guide}, files, guide.name, link); (err == nil) != works {
			t.Errorf("%q: got %v, want that it works: %t", link, err, works)
		}
	}
}
