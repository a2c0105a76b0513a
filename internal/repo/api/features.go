package api

import (
	"fmt"
	"go/types"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// A Feature is one thing that programs may rely on.
type Feature struct {
	pkg  string // the package's name
	name string // "NewClient", "Client.With", "Conference.Title", "confopenapitest.Server.URL"
	text string // all that must not change of it
}

func (f Feature) String() string { return "pkg " + f.pkg + ", " + f.text }

const sdk = "confopenapi" // the package whose names stand without it

// newFeature takes a name within the package.
func newFeature(pkg, name, text string) Feature {
	if pkg != sdk {
		name = pkg + "." + name
	}
	return Feature{pkg, name, text}
}

// Current is the API of the working tree: the features of the SDK and of the kit, sorted.
func Current(root string) ([]Feature, error) {
	patterns := []string{".", "./confopenapitest"}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Dir:  root, Env: append(os.Environ(), "GOWORK=off"),
	}, patterns...)
	if err != nil {
		return nil, err
	}
	if len(loaded) != len(patterns) {
		return nil, fmt.Errorf("%d packages for %q", len(loaded), patterns)
	}
	var all []Feature
	for _, p := range loaded {
		if len(p.Errors) > 0 {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, p.Errors[0])
		}
		all = append(all, features(p.Types)...)
	}
	slices.SortFunc(all, func(a, b Feature) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

// lister collects the features of one package.
type lister struct {
	pkg   *types.Package
	found []Feature
}

func features(pkg *types.Package) []Feature {
	l := &lister{pkg: pkg}
	for _, name := range pkg.Scope().Names() {
		obj := pkg.Scope().Lookup(name)
		if !obj.Exported() {
			continue
		}
		switch obj := obj.(type) {
		case *types.Const:
			if value := obj.Val().ExactString(); name != "Version" { // which is to change
				l.add(name, "const %s %s = %s", name, l.text(obj.Type()), value)
			} else {
				l.add(name, "const %s %s", name, l.text(obj.Type()))
			}
		case *types.Var:
			l.add(name, "var %s %s", name, l.text(obj.Type()))
		case *types.Func:
			l.add(name, "func %s%s", name, l.signature(obj.Signature()))
		case *types.TypeName:
			l.typ(obj)
		}
	}
	return l.found
}

func (l *lister) add(name, format string, args ...any) {
	l.found = append(l.found, newFeature(l.pkg.Name(), name, fmt.Sprintf(format, args...)))
}

func (l *lister) typ(obj *types.TypeName) {
	name := obj.Name()
	named, ok := obj.Type().(*types.Named)
	if !ok {
		l.add(name, "type %s = %s", name, l.text(types.Unalias(obj.Type())))
		return
	}
	full := name + l.parameters(named.TypeParams())
	switch under := named.Underlying().(type) {
	case *types.Struct:
		l.add(name, "type %s struct", full)
		l.fields(name, under)
	case *types.Interface: // a method more breaks those who implement it, so that all are one feature
		l.add(name, "type %s %s", full, l.text(under))
		return
	default:
		l.add(name, "type %s %s", full, l.text(under))
	}
	if types.Comparable(named) {
		l.add(name, "type %s, comparable", full)
	}
	l.methods(name, named)
}

// fields are those that a program can name, also through an embedded struct that it cannot.
func (l *lister) fields(of string, s *types.Struct) {
	for field := range s.Fields() {
		inner, isStruct := field.Type().Underlying().(*types.Struct)
		switch {
		case field.Exported() && field.Embedded():
			l.add(of+"."+field.Name(), "type %s struct, embedded %s", of, l.text(field.Type()))
		case field.Exported():
			l.add(of+"."+field.Name(), "type %s struct, %s %s", of, field.Name(), l.text(field.Type()))
		case field.Embedded() && isStruct:
			l.fields(of, inner)
		}
	}
}

func (l *lister) methods(of string, named *types.Named) {
	byValue := types.NewMethodSet(named)
	for selection := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		method := selection.Obj()
		signature, ok := selection.Type().(*types.Signature)
		if !method.Exported() || !ok {
			continue
		}
		receiver := "*" + of
		if byValue.Lookup(l.pkg, method.Name()) != nil {
			receiver = of
		}
		l.add(of+"."+method.Name(), "method (%s) %s%s", receiver, method.Name(), l.signature(signature))
	}
}

// signature writes a function's type without the names of parameters and results, which may change.
func (l *lister) signature(sig *types.Signature) string {
	nameless := types.NewSignatureType(nil, nil, nil, l.nameless(sig.Params()), l.nameless(sig.Results()), sig.Variadic())
	return l.parameters(sig.TypeParams()) + strings.TrimPrefix(l.text(nameless), "func")
}

func (l *lister) nameless(tuple *types.Tuple) *types.Tuple {
	var vars []*types.Var
	for v := range tuple.Variables() {
		vars = append(vars, types.NewParam(v.Pos(), l.pkg, "", v.Type()))
	}
	return types.NewTuple(vars...)
}

func (l *lister) parameters(list *types.TypeParamList) string {
	if list.Len() == 0 {
		return ""
	}
	var all []string
	for param := range list.TypeParams() {
		all = append(all, param.Obj().Name()+" "+l.text(param.Constraint()))
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (l *lister) text(t types.Type) string {
	return types.TypeString(t, types.RelativeTo(l.pkg))
}
