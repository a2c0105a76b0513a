package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
)

func printResults(w io.Writer, results []result) {
	for _, r := range results {
		t := table.NewWriter()
		t.SetTitle(r.String())
		t.AppendHeader(table.Row{"subject", "CPU, times the SDK's", "quartiles", "µs/conf", "allocs/conf", "B/conf", "retained B/conf", "one: retained B/page", "strings"})
		for _, row := range r.rows {
			n := float64(r.conferences)
			t.AppendRow(table.Row{row.subject.String(), fmt.Sprintf("%.2f", row.ratio[1]), fmt.Sprintf("%.2f–%.2f", row.ratio[0], row.ratio[2]),
				fmt.Sprintf("%.2f", float64(row.perRun)/1e3/n), fmt.Sprintf("%.2f", row.allocs/n), fmt.Sprintf("%.0f", row.bytes/n),
				fmt.Sprintf("%.0f", row.retention.Page), fmt.Sprintf("%.0f", row.retention.One), row.strings})
		}
		fmt.Fprintln(w, t.Render())
	}
}
