package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

const recordingPackage = "github.com/confopenapi/confopenapi-go/internal/recording"

// writeOverlay writes into dir what "go test -overlay dir/overlay.json" needs to record all that the SDK at root sends:
// the SDK's file that sends, with that call going through package recording, and that package as if it were the SDK's.
//
// So the SDK itself has no hook for tests, and nothing that a test does to make a client (its transport, its options)
// gets round the recording.
func writeOverlay(root, dir string) error {
	name, text, err := hook(root)
	if err != nil {
		return err
	}
	changed := filepath.Join(dir, filepath.Base(name)+".txt") // nothing that looks for Go files should find it
	overlay, err := json.MarshalIndent(map[string]map[string]string{"Replace": {
		name: changed,
		filepath.Join(root, "internal", "recording", "recording.go"): filepath.Join(root, "internal", "contract", "recording", "recording.go"),
	}}, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(changed, text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o644)
}

// hook finds the one place at which the SDK gives requests to transports, and returns the file's name and its text with
// the detour, line by line as before. If there were two such places, or none that it recognises, requests would be
// missed: that is an error.
func hook(root string) (name string, text []byte, err error) {
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		return "", nil, err
	}
	places := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		old, err := os.ReadFile(file)
		if err != nil {
			return "", nil, err
		}
		changed, n, err := detour(file, old)
		if err != nil {
			return "", nil, err
		}
		if n > 0 {
			name, text = file, changed
		}
		places += n
	}
	if places != 1 {
		return "", nil, fmt.Errorf("the SDK calls RoundTrip in %d places: requests are recorded at the only one", places)
	}
	return name, text, nil
}

// detour replaces x.RoundTrip(req) by recording.RoundTrip(x, req) in a file, and says how often.
func detour(name string, old []byte) (changed []byte, n int, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, old, parser.SkipObjectResolution)
	if err != nil {
		return nil, 0, err
	}
	var call *ast.CallExpr
	var method *ast.SelectorExpr
	ast.Inspect(file, func(node ast.Node) bool {
		if found, ok := node.(*ast.CallExpr); ok {
			if selected, ok := found.Fun.(*ast.SelectorExpr); ok && selected.Sel.Name == "RoundTrip" {
				call, method = found, selected
				n++
			}
		}
		return true
	})
	if n != 1 {
		return nil, n, nil
	}
	if len(call.Args) != 1 {
		return nil, 0, errors.New("RoundTrip with other than one argument")
	}
	text := func(from, to token.Pos) []byte { return old[files.Position(from).Offset:files.Position(to).Offset] }
	transport, arg := method.X, call.Args[0]
	changed = fmt.Appendf(nil, "%s; import %q%srecording.RoundTrip(%s, %s)%s",
		text(file.FileStart, file.Name.End()), recordingPackage, text(file.Name.End(), call.Pos()),
		text(transport.Pos(), transport.End()), text(arg.Pos(), arg.End()), text(call.End(), file.FileEnd))
	return changed, 1, nil
}
