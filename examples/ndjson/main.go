// Ndjson writes all live conferences into a file, one JSON object a line.
//
// It shows how a batch job lists everything with Pager.All, and survives whatever ends it: a crash, a kill, Ctrl-C, a full
// disk. What it has goes line by line into an unfinished file beside the target, which gets the target's name only when
// the listing has proven that nothing is missing. A later run goes on with the unfinished file. It cannot go on in the
// middle of the list, because that moved on; it lists anew, and adds what is not in the file yet. The file then holds what
// was live in either run.
package main

import "github.com/confopenapi/confopenapi-go/examples/internal/program"

func main() { program.Main(run) }
