// List prints one page of the live conferences.
//
// With nothing set up it lists those of a fake service that it starts itself. With CONFOPENAPI_BASE_URL and
// CONFOPENAPI_TOKEN set it lists those of a real one.
package main

import "github.com/confopenapi/confopenapi-go/examples/internal/program"

func main() { program.Main(run) }
