// Watch follows the list of live conferences, and prints a line for each that starts, changes, ends, comes back or runs
// anew.
//
// It shows Client.Watch in a program that restarts: with -checkpoint it writes down after each poll what it has told, and
// goes on from there. What changed meanwhile it tells as the net change, and nothing twice, unless it was killed in the
// middle of a poll's lines: it then tells those of that poll again rather than lose one.
package main

import "github.com/confopenapi/confopenapi-go/examples/internal/program"

func main() { program.Main(run) }
