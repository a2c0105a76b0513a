package main

import (
	"bytes"
	"runtime"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/bench/internal/wire"
)

// A retention is what stays in memory after a garbage collection.
type retention struct {
	Whole float64 `json:"perConference"` // bytes a conference, if whole pages are kept
	One   float64 `json:"perPage"`       // bytes a page, if a copy of one conference of each page is kept
}

// retain decodes pages and keeps all of them, and then one conference of each.
func retain(d decoder, result []byte) (retention, error) {
	var conferences int
	whole, err := kept(d, result, func(page any) any {
		conferences = size(page)
		return page
	})
	if err != nil {
		return retention{}, err
	}
	one, err := kept(d, result, first)
	return retention{Whole: whole / float64(max(1, conferences)), One: one}, err
}

// kept is by how many bytes a page the heap has grown when what pick returns is kept. Every page has its own body, as
// one that came over the network has: a decoder whose strings point into it keeps it alive.
func kept(d decoder, result []byte, pick func(page any) any) (float64, error) {
	keep := make([]any, max(8, 2<<20/len(result)))
	before := heap()
	for i := range keep {
		page, err := d.decode(bytes.Clone(result))
		if err != nil {
			return 0, err
		}
		keep[i] = pick(page)
	}
	grown := float64(heap()) - float64(before)
	runtime.KeepAlive(keep)
	return grown / float64(len(keep)), nil
}

// heap is what is alive. It takes two collections, because pools give up in the second what they held in the first.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// size is how many conferences a page has.
func size(page any) int {
	switch page := page.(type) {
	case *confopenapi.ConfList:
		return len(page.Conferences)
	case *wire.Result:
		return len(page.ConfList)
	}
	return 0
}

// first is a copy of a page's first conference, as a program would keep it.
func first(page any) any {
	switch page := page.(type) {
	case *confopenapi.ConfList:
		return page.Conferences[0]
	case *wire.Result:
		return page.ConfList[0]
	}
	return nil
}
