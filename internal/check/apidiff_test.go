package check_test

import (
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
	"golang.org/x/tools/go/packages"
)

// load type-checks the SDK and its kit for tests.
func load(t *testing.T, root string) []*types.Package {
	t.Helper()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
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

// feature is what programs can name of a package: "Client.With", and how it is declared.
type feature struct{ name, text string }

func features(pkg *types.Package) []feature {
	var all []feature
	add := func(name, format string, args ...any) {
		all = append(all, feature{name, fmt.Sprintf("pkg %s, ", pkg.Name()) + fmt.Sprintf(format, args...)})
	}
	here := types.RelativeTo(pkg)
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		fields, isStruct := obj.Type().Underlying().(*types.Struct)
		declared, isType := obj.(*types.TypeName)
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

// apiBreak is an incompatible change as apidiff describes it, and the name of what broke.
type apiBreak struct{ name, text string }

// breaks are the incompatible changes of the Go API since a tag. That Version has another value is none.
func breaks(t *testing.T, root, tag string) []apiBreak {
	t.Helper()
	dir := t.TempDir()
	unpack := exec.CommandContext(t.Context(), "sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", root, tag, dir)
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("git archive %s: %v: %s", tag, err, out)
	}
	var all []apiBreak
	now := load(t, root)
	for i, pkg := range load(t, dir) {
		prefix := ""
		if i > 0 {
			prefix = pkg.Name() + "."
		}
		for _, change := range apidiff.Changes(pkg, now[i]).Changes {
			name, what, _ := strings.Cut(change.Message, ": ")
			if !change.Compatible && (name != "Version" || !strings.HasPrefix(what, "value changed")) {
				all = append(all, apiBreak{prefix + strings.NewReplacer("(*", "", ")", "").Replace(name), change.Message})
			}
		}
	}
	return all
}

// unnamed are those breaks since a tag that the change log does not name.
func unnamed(t *testing.T, breaks []apiBreak, tag, changelog string) []apiBreak {
	t.Helper()
	sections, err := parseChangelog(changelog)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range sections {
		if s.version == "" || semver.Compare(s.version, tag) > 0 {
			names = append(names, s.breaks()...)
		}
	}
	return slices.DeleteFunc(breaks, func(b apiBreak) bool { return slices.Contains(names, b.name) })
}

// mayBreak says whether the numbers announce that something breaks: before v1, by the minor one.
func mayBreak(last, next string) bool {
	if semver.Major(next) == "v0" {
		return semver.MajorMinor(last) != semver.MajorMinor(next)
	}
	return semver.Major(last) != semver.Major(next)
}
