package check_test

import (
	"flag"
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
	"golang.org/x/tools/go/packages"
)

var writeAPI = flag.Bool("api.write", false, "write api/go.txt")

// Each change of the exported API is a line of api/go.txt, so that a review sees it.
func TestAPIIsAsWritten(t *testing.T) {
	loaded := load(t, ".")
	sdk, kit := features(loaded[0]), features(loaded[1])
	t.Logf("exported features: %d of the SDK, %d of the kit", len(sdk), len(kit))
	text := "# The exported Go API. \"make docs WRITE=yes\" writes this file.\n"
	for _, f := range slices.Concat(sdk, kit) {
		text += f.text + "\n"
	}
	if *writeAPI {
		mustWrite(t, "api/go.txt", text)
	}
	if diff := cmp.Diff(mustRead(t, "api/go.txt"), text); diff != "" {
		t.Errorf("the exported API (-api/go.txt +code); make docs WRITE=yes writes it:\n%s", diff)
	}
}

// load type-checks the SDK and its kit for tests.
func load(t *testing.T, root string) []*types.Package {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports,
		Dir:  root, Env: append(os.Environ(), "GOWORK=off"),
	}, ".", "./confopenapitest")
	if err != nil {
		t.Fatal(err)
	}
	var all []*types.Package
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			t.Fatalf("%s: %v", p.PkgPath, p.Errors[0])
		}
		all = append(all, p.Types)
	}
	return all
}

// feature is what programs can name of a package, such as "Client.With", and its declaration.
type feature struct{ name, text string }

func features(pkg *types.Package) (all []feature) {
	add := func(name, format string, args ...any) {
		all = append(all, feature{name, "pkg " + pkg.Name() + ", " + fmt.Sprintf(format, args...)})
	}
	here := types.RelativeTo(pkg)
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		declared, isType := obj.(*types.TypeName)
		fields, isStruct := obj.Type().Underlying().(*types.Struct)
		switch constant, isConst := obj.(*types.Const); {
		case isConst && name != "Version":
			add(name, "%s = %s", types.ObjectString(obj, here), constant.Val().ExactString())
		case isType && isStruct:
			add(name, "type %s struct", name)
			for field := range fields.Fields() {
				if field.Exported() {
					add(name+"."+field.Name(), "type %s struct, %s %s", name, field.Name(), types.TypeString(field.Type(), here))
				}
			}
		default:
			add(name, "%s", types.ObjectString(obj, here))
		}
		if isType && !types.IsInterface(declared.Type()) && !declared.IsAlias() {
			for method := range types.NewMethodSet(types.NewPointer(declared.Type())).Methods() {
				if method.Obj().Exported() {
					text := strings.TrimPrefix(types.ObjectString(method.Obj(), here), "func ")
					add(name+"."+method.Obj().Name(), "method %s", strings.Replace(text, ").", ") ", 1))
				}
			}
		}
	}
	return all
}

// What broke since the last release is named in CHANGELOG.md, and the version number announces that something broke.
func TestAPIBreaksAreAnnounced(t *testing.T) {
	tags := strings.Fields(git(t, ".", "tag", "--list", "v[0-9]*.[0-9]*.[0-9]*", "--merged", "HEAD"))
	if len(tags) == 0 {
		t.Skip("nothing is released")
	}
	last := slices.MaxFunc(tags, semver.Compare)
	for _, message := range unannounced(t, ".", last, version(t)) {
		t.Error(message)
	}
}

// unannounced says which incompatible changes of the Go API since a tag are not announced.
func unannounced(t *testing.T, root, tag, next string) (messages []string) {
	t.Helper()
	old := t.TempDir()
	sh(t, root, "git archive "+tag+" | tar -x -C "+old)
	changelog, _, _ := strings.Cut(mustRead(t, filepath.Join(root, "CHANGELOG.md")), "\n## ["+tag[1:]+"]")
	named := ""
	for part := range strings.SplitSeq(changelog, "\n### ") {
		part, _, _ = strings.Cut(part, "\n## ")
		if strings.HasPrefix(part, "Changed (incompatible)\n") || strings.HasPrefix(part, "Removed\n") {
			named += part
		}
	}
	now := load(t, root)
	for i, before := range load(t, old) {
		for _, change := range apidiff.Changes(before, now[i]).Changes {
			name, what, _ := strings.Cut(change.Message, ": ")
			if change.Compatible || name == "Version" && strings.HasPrefix(what, "value changed") {
				continue
			}
			name = strings.NewReplacer("(*", "", ")", "").Replace(name)
			if i > 0 {
				name = before.Name() + "." + name
			}
			if !strings.Contains(named, "`"+name+"`") {
				messages = append(messages, fmt.Sprintf("CHANGELOG.md: %s is not named below \"Changed (incompatible)\" or \"Removed\": %s", name, change.Message))
			}
			if semver.MajorMinor(tag) == semver.MajorMinor(next) || semver.Major(next) != "v0" && semver.Major(tag) == semver.Major(next) {
				messages = append(messages, fmt.Sprintf("%s breaks what %s promised and needs a higher number: %s", next, tag, change.Message))
			}
		}
	}
	return messages
}

func TestUnannounced(t *testing.T) {
	const gone = "With(name string)=>without(name string)"
	for name, tt := range map[string]struct{ edit, changes, next, want string }{
		"nothing changed":      {},
		"other version":        {edit: `"0.1.0"=>"0.2.0"`},
		"unnamed method":       {edit: gone, want: "Client.With is not named"},
		"unnamed kit field":    {edit: "On bool=>Off bool", want: "confopenapitest.Kit.On is not named"},
		"named":                {edit: gone, changes: "### Added\n\n- `A`.\n\n### Removed\n\n- `Client.With`.\n"},
		"named second":         {edit: gone, changes: "### Changed (incompatible)\n\n- `A`.\n\n### Removed\n\n- `Client.With`.\n"},
		"named as a fix":       {edit: gone, changes: "### Removed\n\n- `A`.\n\n### Fixed\n\n- `Client.With`.\n", want: "is not named"},
		"only its type named":  {edit: gone, changes: "### Removed\n\n- `Client`.\n", want: "is not named"},
		"named in the release": {edit: gone, changes: "## [0.1.0]\n\n### Removed\n\n- `Client.With`.\n", want: "is not named"},
		"patch number":         {edit: gone, changes: "### Removed\n\n- `Client.With`.\n", next: "v0.1.1", want: "needs a higher number"},
		"minor number of v1":   {edit: gone, changes: "### Removed\n\n- `Client.With`.\n", next: "v1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newRepository(t)
			from, to, _ := strings.Cut(tt.edit, "=>")
			for _, file := range []string{"client.go", "confopenapitest/kit.go"} {
				path := filepath.Join(dir, file)
				mustWrite(t, path, strings.Replace(mustRead(t, path), from, to, 1))
			}
			mustWrite(t, filepath.Join(dir, "CHANGELOG.md"), "## [Unreleased]\n\n"+tt.changes)
			next := tt.next
			if next == "" {
				next = "v0.2.0"
			}
			got := strings.Join(unannounced(t, dir, "v0.1.0", next), "\n")
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// CHANGELOG.md has the form of Keep a Changelog, with one more heading for what breaks.
func TestChangelogForm(t *testing.T) {
	known := regexp.MustCompile(`^### (Added|Changed|Changed \(incompatible\)|Deprecated|Removed|Fixed|Security)\n$`)
	heading := regexp.MustCompile(`^## \[(\d+\.\d+\.\d+)\] - (\d{4}-[01]\d-[0-3]\d|not released yet)\n$`)
	text := mustRead(t, "CHANGELOG.md")
	above := ""
	for line := range strings.Lines(text) {
		match := heading.FindStringSubmatch(line)
		switch {
		case above == "" && line == "## [Unreleased]\n":
			above = "v999.0.0"
		case match != nil && above != "" && semver.Compare("v"+match[1], above) < 0:
			above = "v" + match[1]
		case strings.HasPrefix(line, "## "):
			t.Errorf("CHANGELOG.md: got %q, want Unreleased first, then lines like \"## [0.1.0] - 2026-01-31\", the newest first", line)
		case strings.HasPrefix(line, "###") && !known.MatchString(line):
			t.Errorf("CHANGELOG.md: %q is no heading of Keep a Changelog", line)
		}
	}
	if above == "" || above == "v999.0.0" {
		t.Error("CHANGELOG.md: got no version, want at least one")
	}
}
