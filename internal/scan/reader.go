package scan

import "strings"

// Names are the names of the fields of one kind of object. It is immutable and safe for concurrent use.
type Names struct {
	texts  []string
	quoted []string // ,"name":
	index  map[string]int
	order  [maxNames]uint8 // in which they are first expected
}

const maxNames = 64

// NewNames numbers the names in their order. It panics if there are more than 64.
func NewNames(names ...string) *Names {
	n := &Names{texts: names, index: make(map[string]int, len(names))}
	for i, name := range names {
		n.quoted = append(n.quoted, string(AppendString([]byte{','}, name))+":")
		n.index[name], n.order[i] = i, uint8(i)
	}
	return n
}

// Has reports whether name is one of the names.
func (n *Names) Has(name string) bool {
	_, ok := n.index[name]
	return ok
}

// Reader reads the objects of one kind in a text, one after the other. It is fastest if their fields come in one order.
type Reader struct {
	*Scanner
	names *Names
	next  [maxNames]uint8 // the expected name: first in an object at 0, after name i at i + 1, after others at the end

	texts   arena
	secrets arena
	boxes   slab[string]
	flags   slab[bool]
	repeats arena
	known   [1 << knownBits][4]repeated // by a hash of start, the latest first
}

// repeated is a text without escapes, and the eight bytes from its beginning on in the data.
type repeated struct {
	start uint64
	text  string
}

const (
	knownBits      = 5
	longestInteger = 18 // digits that always fit in 64 bits
)

// NewReader returns a Reader of objects in s whose fields have these names.
func NewReader(s *Scanner, names *Names) *Reader {
	return &Reader{
		Scanner: s, names: names, next: names.order, texts: arena{most: 2048}, secrets: arena{most: 512}, repeats: arena{most: 256},
		boxes: slab[string]{most: 16}, flags: slab[bool]{most: 64},
	}
}

// First and Next return an index of Names, or one of these.
const (
	Done  = -1 // the object has no more fields
	Other = -2 // the name is Key, and none of the Names
)

// First enters an object or consumes null, and returns the first field's name and where its value begins. start is the fastest
// beginning: {"name": with name 0.
func (r *Reader) First(start string) (name, value int) {
	s := r.Scanner
	if end := s.pos + len(start); end <= len(s.data) && string(s.data[s.pos:end]) == start && s.depth < MaxDepth && s.err == nil {
		s.depth++
		return 0, end
	}
	if s.Null() || !s.enter('{', '}', Object) {
		return Done, 0
	}
	return r.search(0)
}

// Next returns the name of the next field and where its value begins. The value of the last field ended at end.
func (r *Reader) Next(last, end int) (name, value int) {
	s, slot := r.Scanner, (last+1)&(maxNames-1)
	i := int(r.next[slot])
	if q := r.names.quoted[i]; end+len(q) <= len(s.data) && string(s.data[end:end+len(q)]) == q && s.err == nil {
		return i, end + len(q)
	}
	if s.pos = end; !s.next('}') {
		return Done, 0
	}
	return r.search(slot)
}

// search finds a name that is not the expected one, or is written with escapes or white space.
func (r *Reader) search(slot int) (name, value int) {
	s, i := r.Scanner, int(r.next[slot])
	if !s.field() {
		return Done, 0
	}
	if string(s.key) != r.names.texts[i] {
		var ok bool
		if i, ok = r.names.index[string(s.key)]; !ok {
			return Other, s.Pos()
		}
		r.next[slot] = uint8(i)
	}
	return i, s.Pos()
}

// Int64At consumes an integer.
func (r *Reader) Int64At(pos int) (n int64, end int) {
	s := r.Scanner
	if pos+wordLen < len(s.data) {
		digits, size := leadingDigits(word(s.data, pos))
		end = pos + size
		for ; end < len(s.data) && end < pos+longestInteger && s.data[end]-'0' <= 9; end++ {
			digits = digits*10 + uint64(s.data[end]-'0')
		}
		if end < len(s.data) && (s.data[end] == ',' || s.data[end] == '}') && (s.data[pos]-'1' < 9 || size == 1) {
			return int64(digits), end
		}
	}
	s.pos = pos
	n = s.Int64()
	return n, s.pos
}

// IntAt consumes an integer that must fit an int.
func (r *Reader) IntAt(pos int) (n, end int) {
	wide, end := r.Int64At(pos)
	if int64(int(wide)) != wide {
		r.pos = pos
		return r.Int(), r.pos
	}
	return int(wide), end
}

// TextAt consumes a string.
func (r *Reader) TextAt(pos int) (text string, end int) { return r.textAt(pos, &r.texts) }

func (r *Reader) textAt(pos int, kept *arena) (text string, end int) {
	data := r.data
	if pos < len(data) && data[pos] == '"' {
		end, ascii := run(data, pos+1)
		if body := data[pos+1 : end]; end < len(data) && data[end] == '"' && (ascii || valid(body)) {
			return kept.add(body), end + 1
		}
	}
	r.pos = pos
	body := r.text()
	return kept.add(body), r.pos
}

// BoxedAt consumes a string; the pointer is nil if it is empty.
func (r *Reader) BoxedAt(pos int) (box *string, end int) {
	text, end := r.textAt(pos, &r.secrets)
	if text == "" {
		return nil, end
	}
	return r.boxes.add(text), end
}

// RepeatedAt consumes a string that other objects probably have too, and then shares its memory.
func (r *Reader) RepeatedAt(pos int) (text string, end int) {
	const longest = 64
	data := r.data
	if pos+1+wordLen > len(data) || data[pos] != '"' {
		return r.TextAt(pos)
	}
	start := word(data, pos+1)
	known := &r.known[start*0x9E3779B97F4A7C15>>(64-knownBits)]
	for _, k := range known {
		if end = pos + 1 + len(k.text); k.start == start && end < len(data) && data[end] == '"' &&
			(len(k.text) < wordLen || string(data[pos+1:end]) == k.text) {
			return k.text, end + 1
		}
	}
	if text, end = r.textAt(pos, &r.repeats); len(text) <= longest && end-pos == len(text)+2 && string(data[pos+1:end-1]) == text {
		copy(known[1:], known[:])
		known[0] = repeated{start, text}
	}
	return text, end
}

// FlagAt consumes a boolean or null.
func (r *Reader) FlagAt(pos int) (*bool, int) {
	s := r.Scanner
	if pos+wordLen <= len(s.data) {
		switch w := s.data[pos : pos+wordLen]; {
		case string(w[:4]) == "true":
			return r.flags.add(true), pos + 4
		case string(w[:5]) == "false":
			return r.flags.add(false), pos + 5
		case string(w[:4]) == "null":
			return nil, pos + 4
		}
	}
	s.pos = pos
	if value, known := s.Bool(); known {
		return r.flags.add(value), s.pos
	}
	return nil, s.pos
}

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
