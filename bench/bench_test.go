package main

import "testing"

// BenchmarkDecode is the table's decoders for benchstat.
func BenchmarkDecode(b *testing.B) {
	for _, t := range decodeTasks(20, 200, 2000) {
		for _, s := range t.subjects {
			b.Run(t.String()+"/"+s.String(), func(b *testing.B) {
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
