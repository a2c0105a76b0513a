package main

import (
	"os"
	"slices"
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
				if s.env != "" && !slices.Contains(os.Environ(), s.env) {
					b.Skip("set " + s.env)
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
