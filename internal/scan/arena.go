package scan

import "strings"

// Texts are allocated together, in chunks that grow with what is read. A chunk lives as long as any text in it. So chunks
// are small: who keeps one conference keeps a few chunks, not the page.
const (
	firstChunk = 128
	chunkShare = 4 // a text of more than a fourth of a chunk is allocated alone
)

// arena copies texts into chunks.
type arena struct {
	chunk strings.Builder
	most  int // bytes of a chunk
	size  int // of the current one
}

func (a *arena) add(text []byte) string {
	if a.chunk.Cap()-a.chunk.Len() < len(text) {
		if len(text) > a.most/chunkShare {
			return string(text)
		}
		a.size = min(max(2*a.size, firstChunk), a.most)
		a.chunk.Reset()
		a.chunk.Grow(a.size)
	}
	start := a.chunk.Len()
	a.chunk.Write(text)
	return a.chunk.String()[start:]
}

// slab allocates values together and returns a pointer to each.
type slab[T any] struct {
	values []T
	used   int
	most   int // values allocated together, at most
}

func (b *slab[T]) add(value T) *T {
	if b.used == len(b.values) {
		b.values, b.used = make([]T, min(4*b.used+1, b.most)), 0
	}
	p := &b.values[b.used]
	b.used++
	*p = value
	return p
}
