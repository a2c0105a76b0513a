package scan

import "unicode/utf8"

// Names are the names of the members of one kind of object. It is immutable and safe for concurrent use.
type Names struct {
	texts  []string
	quoted []quoted
	index  map[string]int
}

const maxNames = 63

// NewNames numbers the names in their order. There are at most 63.
func NewNames(names ...string) *Names {
	if len(names) > maxNames {
		panic("scan: too many names")
	}
	n := &Names{texts: names, index: make(map[string]int, len(names))}
	for i, name := range names {
		n.quoted = append(n.quoted, quote(name))
		n.index[name] = i
	}
	return n
}

// Has reports whether it is one of the names.
func (n *Names) Has(name string) bool {
	_, ok := n.index[name]
	return ok
}

// Reader reads the objects of one kind in a text, one after the other. It learns the order of the members from each
// object for the next.
type Reader struct {
	*Scanner
	names *Names
	next  [maxNames + 1]uint8 // the name that came after each, at its index + 1; the last is for others

	texts   arena
	secrets arena
	boxes   slab[string]
	flags   slab[bool]
	repeats arena
	known   [1 << knownBits]string // texts that came before
}

const (
	knownBits      = 7
	longestInteger = 18 // digits that always fit
)

// NewReader returns a Reader of the objects in s that have members of these names.
func NewReader(s *Scanner, names *Names) *Reader {
	r := &Reader{
		Scanner: s, names: names, texts: arena{most: 2048}, secrets: arena{most: 512}, repeats: arena{most: 256},
		boxes: slab[string]{most: 16}, flags: slab[bool]{most: 64},
	}
	for i := range names.quoted {
		r.next[i] = uint8(i)
	}
	return r
}

// What is no name.
const (
	Done  = -1 // there are no more members
	Other = -2 // the name is none of the Names: it is Key, and its value is next
)

// First enters an object, and returns the first member's name and where its value begins.
func (r *Reader) First() (name, value int) {
	s := r.Scanner
	if !s.enter('{', Object) {
		return Done, 0
	}
	if s.peek() == '}' {
		s.leave()
		return Done, 0
	}
	return r.search(0, s.pos)
}

// Next is the name of the member behind the last one's value, which ended at end, and where its own value begins.
func (r *Reader) Next(last, end int) (name, value int) {
	s, slot := r.Scanner, (last+1)&maxNames
	if s.err != nil {
		return Done, 0
	}
	if end < len(s.data) && s.data[end] == ',' {
		i := int(r.next[slot])
		if q := &r.names.quoted[i]; q.in(s.data, end+1) {
			return i, end + 1 + q.size
		}
		return r.search(slot, end+1)
	}
	if s.pos = end; !s.next('}') {
		return Done, 0
	}
	return r.search(slot, s.pos)
}

// search is Next for names that are not written, or do not come, as expected.
func (r *Reader) search(slot, pos int) (name, value int) {
	s, i := r.Scanner, int(r.next[slot])
	if q := &r.names.quoted[i]; q.in(s.data, pos) {
		return i, pos + q.size
	}
	if s.pos = pos; !s.member() {
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

func (r *Reader) int64At(pos int) (n int64, end int) {
	s := r.Scanner
	if pos+wordLen < len(s.data) {
		if c := s.data[pos+1]; c == ',' && s.data[pos]-'0' <= 9 {
			return int64(s.data[pos] - '0'), pos + 1
		}
		digits, size := leadingDigits(word(s.data, pos))
		end = pos + size
		if size == wordLen {
			for ; end < len(s.data) && end < pos+longestInteger && s.data[end]-'0' <= 9; end++ {
				digits = digits*10 + uint64(s.data[end]-'0')
			}
		}
		if end < len(s.data) && (s.data[end] == ',' || s.data[end] == '}') && (size == 1 || size > 1 && s.data[pos] != '0') {
			return int64(digits), end
		}
	}
	s.pos = pos
	n = s.Int64()
	return n, s.pos
}

// IntegerAt consumes an integer that must fit a T.
func IntegerAt[T ~int | ~int64](r *Reader, pos int) (T, int) {
	n, end := r.int64At(pos)
	if int64(T(n)) != n {
		r.Scanner.pos = pos
		return Integer[T](r.Scanner), r.Scanner.pos
	}
	return T(n), end
}

// TextAt consumes a string.
func (r *Reader) TextAt(pos int) (text string, end int) {
	if s := r.Scanner; pos+1 < len(s.data) && s.data[pos] == '"' {
		if s.data[pos+1] == '"' {
			return "", pos + 2
		}
		end, ascii := run(s.data, pos+1)
		if end < len(s.data) && s.data[end] == '"' {
			if body := s.data[pos+1 : end]; ascii || utf8.Valid(body) {
				return r.texts.add(body), end + 1
			}
		}
	}
	body, end := r.text(pos)
	return r.texts.add(body), end
}

// text consumes what is no plain string, but may be a string or stand for one. It is valid as long as the data is.
func (r *Reader) text(pos int) (body []byte, end int) {
	r.Scanner.pos = pos
	body = r.Scanner.text()
	return body, r.Scanner.pos
}

// RepeatedAt consumes a string that may have come before.
func (r *Reader) RepeatedAt(pos int) (text string, end int) {
	const longest = 64
	if s := r.Scanner; pos+1 < len(s.data) && s.data[pos] == '"' {
		if s.data[pos+1] == '"' {
			return "", pos + 2
		}
		end, ascii := run(s.data, pos+1)
		if end < len(s.data) && s.data[end] == '"' && end-pos < longest && end > wordLen {
			body := s.data[pos+1 : end]
			slot := &r.known[word(s.data, end-wordLen)*0x9E3779B97F4A7C15>>(64-knownBits)]
			if *slot == string(body) {
				return *slot, end + 1
			}
			if ascii || utf8.Valid(body) {
				*slot = r.repeats.add(body)
				return *slot, end + 1
			}
		}
	}
	return r.TextAt(pos)
}

// BoxedAt consumes a string.
func (r *Reader) BoxedAt(pos int) (box *string, end int) {
	if s := r.Scanner; pos < len(s.data) && s.data[pos] == '"' {
		end, ascii := run(s.data, pos+1)
		if end < len(s.data) && s.data[end] == '"' && end > pos+1 {
			if body := s.data[pos+1 : end]; ascii || utf8.Valid(body) {
				return r.boxes.add(r.secrets.add(body)), end + 1
			}
		}
	}
	body, end := r.text(pos)
	if len(body) == 0 {
		return nil, end
	}
	return r.boxes.add(r.secrets.add(body)), end
}

// FlagAt consumes a boolean or null.
func (r *Reader) FlagAt(pos int) (*bool, int) {
	const (
		littleTrue = 'e'<<24 | 'u'<<16 | 'r'<<8 | 't'
		littleFals = 's'<<24 | 'l'<<16 | 'a'<<8 | 'f'
		littleNull = 'l'<<24 | 'l'<<16 | 'u'<<8 | 'n'
	)
	s := r.Scanner
	if pos+wordLen <= len(s.data) {
		switch w := word(s.data, pos); {
		case uint32(w) == littleTrue:
			return r.flags.add(true), pos + 4
		case uint32(w) == littleFals && byte(w>>32) == 'e':
			return r.flags.add(false), pos + 5
		case uint32(w) == littleNull:
			return nil, pos + 4
		}
	}
	s.pos = pos
	value, known := s.Bool()
	if !known {
		return nil, s.pos
	}
	return r.flags.add(value), s.pos
}
