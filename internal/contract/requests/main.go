// Command requests finds out whether the SDK keeps the contract in whatever it sends while its tests run.
//
//	requests overlay ROOT DIR   writes DIR/overlay.json, for go test -overlay; then CONFOPENAPI_RECORDING names where to record
//	requests check API DIR      checks what was recorded in DIR against the OpenAPI description API
//
// "make contract" does both, and runs the tests in between.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/confopenapi/confopenapi-go/internal/contract"
	"github.com/confopenapi/confopenapi-go/internal/contract/recording"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "requests:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 || args[0] != "overlay" && args[0] != "check" {
		return errors.New("usage: requests overlay ROOT DIR, or requests check API DIR")
	}
	if args[0] == "overlay" {
		root, err := filepath.Abs(args[1])
		if err != nil {
			return err
		}
		dir, err := filepath.Abs(args[2])
		if err != nil {
			return err
		}
		return writeOverlay(root, dir)
	}
	api, err := contract.Open(args[1])
	if err != nil {
		return err
	}
	recorded, err := recording.Read(args[2])
	if err != nil {
		return err
	}
	found := check(api, recorded)
	fmt.Println(found)
	return found.err()
}
