package main

import (
	"os"
	"testing"
)

// BenchmarkAll has the same tasks and subjects as the program, for benchstat. It does not interleave them: run it several
// times with -count, on a quiet machine.
func BenchmarkAll(b *testing.B) {
	server, address, err := startServer(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := server.close(); err != nil {
			b.Error(err)
		}
	}()
	tasks, err := allTasks(address)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tasks {
		for _, s := range t.subjects {
			b.Run(t.String()+"/"+s.String(), func(b *testing.B) {
				if optDec := os.Getenv(sonicVariable) != ""; s.module == sonicModule && optDec != (s.env == sonicOptDec) {
					b.Skipf("%s is or is not set", sonicVariable)
				}
				if err := s.run(); err != nil { // makes the bodies, and sonic's code
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := s.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
