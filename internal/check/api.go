package check

import (
	"context"
	"fmt"
	"go/types"
	"os"
	"os/exec"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/semver"
	"golang.org/x/tools/go/packages"
)

// load type-checks the SDK and its kit for tests.
func load(ctx context.Context, root string) ([]*types.Package, error) {
	loaded, err := packages.Load(&packages.Config{
		Mode:    packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Context: ctx, Dir: root, Env: append(os.Environ(), "GOWORK=off"),
	}, ".", "./confopenapitest")
	if err != nil {
		return nil, err
	}
	var all []*types.Package
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, p.Errors[0])
		}
		all = append(all, p.Types)
	}
	return all, nil
}

// Features are what programs can name of the SDK and the kit, one a line, sorted. It is what api/go.txt holds.
func Features(ctx context.Context, root string) ([]string, error) {
	loaded, err := load(ctx, root)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, pkg := range loaded {
		add := func(format string, args ...any) {
			all = append(all, fmt.Sprintf("pkg %s, ", pkg.Name())+fmt.Sprintf(format, args...))
		}
		here := types.RelativeTo(pkg)
		for _, name := range pkg.Scope().Names() {
			obj := pkg.Scope().Lookup(name)
			if !obj.Exported() {
				continue
			}
			text := types.ObjectString(obj, here)
			fields, isStruct := obj.Type().Underlying().(*types.Struct)
			declared, isType := obj.(*types.TypeName)
			switch constant, isConst := obj.(*types.Const); {
			case isConst && name != "Version":
				add("%s = %s", text, constant.Val().ExactString())
			case isType && isStruct:
				add("type %s struct", name)
				for field := range fields.Fields() {
					if field.Exported() {
						add("type %s struct, %s %s", name, field.Name(), types.TypeString(field.Type(), here))
					}
				}
			default:
				add("%s", text)
			}
			if isType && !types.IsInterface(declared.Type()) && !declared.IsAlias() {
				for method := range types.NewMethodSet(types.NewPointer(declared.Type())).Methods() {
					if method.Obj().Exported() {
						text := strings.TrimPrefix(types.ObjectString(method.Obj(), here), "func ")
						add("method %s", strings.Replace(text, ").", ") ", 1))
					}
				}
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

// A Break is an incompatible change as apidiff describes it, and the name of what broke.
type Break struct{ Name, Text string }

// Breaks are the incompatible changes of the Go API since a tag. That Version has another value is none.
func Breaks(ctx context.Context, root, tag string) ([]Break, error) {
	dir, err := os.MkdirTemp("", "tag")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	unpack := exec.CommandContext(ctx, "sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", root, tag, dir)
	if out, err := unpack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("git archive %s: %w: %s", tag, err, out)
	}
	old, err := load(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tag, err)
	}
	now, err := load(ctx, root)
	if err != nil {
		return nil, err
	}
	var all []Break
	for i, pkg := range old {
		prefix := ""
		if i > 0 {
			prefix = pkg.Name() + "."
		}
		for _, change := range apidiff.Changes(pkg, now[i]).Changes {
			name, what, _ := strings.Cut(change.Message, ": ")
			if change.Compatible || name == "Version" && strings.HasPrefix(what, "value changed") {
				continue
			}
			name = prefix + strings.NewReplacer("(*", "", ")", "").Replace(name)
			all = append(all, Break{name, change.Message})
		}
	}
	return all, nil
}

// Unnamed are those breaks since a tag that CHANGELOG.md does not name.
func Unnamed(root, tag string, breaks []Break) ([]Break, error) {
	sections, err := ReadChangelog(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range sections {
		if s.Version == "" || semver.Compare(s.Version, tag) > 0 {
			names = append(names, s.Breaks()...)
		}
	}
	return slices.DeleteFunc(breaks, func(b Break) bool { return slices.Contains(names, b.Name) }), nil
}

// Tags are those of releases, the last one last.
func Tags(ctx context.Context, root string) ([]string, error) {
	text, err := git(ctx, root, "tag", "--list", "v*", "--merged", "HEAD")
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(strings.Fields(text), func(tag string) bool { return semver.Canonical(tag) != tag })
	semver.Sort(all)
	return all, nil
}
