package scan

import (
	"encoding/binary"
	"math/bits"
)

// Texts are read in words of eight bytes, the first byte lowest. The lowest mark in a word is the first place; carries of the
// subtractions below only set marks above a true one.
const (
	wordLen = 8
	lows    = 0x0101010101010101
	highs   = 0x8080808080808080
)

func word(data []byte, at int) uint64 { return binary.LittleEndian.Uint64(data[at:]) }

// stops marks the bytes that end a run of plain string: quotes, backslashes and control characters.
func stops(w uint64) uint64 {
	low, slash := w^lows*2, w^lows*'\\' // quotes and control characters, and only they, are below 0x21 in low
	return ((low-lows*0x21)&^low | (slash-lows)&^slash) & highs
}

// run is the offset at which a run of plain string ends that begins at an offset: that of a quote, a backslash, a control
// character or the end of the data. It is ascii if no byte of it is 0x80 or more.
func run(data []byte, from int) (end int, ascii bool) {
	var seen uint64
	for end = from; end+wordLen <= len(data); end += wordLen {
		w := word(data, end)
		if stop := stops(w); stop != 0 {
			before := stop&-stop - 1 // the bytes below the first mark, and low bits of its own
			return end + bits.TrailingZeros64(stop)/8, (seen|w&before)&highs == 0
		}
		seen |= w
	}
	for ; end < len(data); end++ {
		c := data[end]
		if c == '"' || c == '\\' || c < ' ' {
			break
		}
		seen |= uint64(c)
	}
	return end, seen&highs == 0
}

// leadingDigits is the value of the digits that a word begins with, and how many there are.
func leadingDigits(w uint64) (value uint64, size int) {
	digits := w ^ lows*'0'
	others := (digits + lows*(0x80-10) | digits) & highs
	size = bits.TrailingZeros64(others) / 8 // 8 if there are no others
	digits <<= 64 - 8*size                  // zeros before them, as it were
	digits = digits * (1 + 10<<8) >> 8 & 0x00FF00FF00FF00FF
	digits = digits * (1 + 100<<16) >> 16 & 0x0000FFFF0000FFFF
	return digits * (1 + 10_000<<32) >> 32, size
}

// quoted is a name as most services write it, "name": without white space, to be compared word by word.
type quoted struct {
	words, masks [quotedWords]uint64
	size         int
}

const quotedWords = 3

func quote(name string) (q quoted) {
	b := append(AppendString(nil, name), ':')
	if len(b) > quotedWords*wordLen {
		q.words[0] = 1 // outside of the mask: found nowhere
		return q
	}
	for i, c := range b {
		q.words[i/wordLen] |= uint64(c) << (i % wordLen * 8)
		q.masks[i/wordLen] |= 0xFF << (i % wordLen * 8)
	}
	q.size = len(b)
	return q
}

// in reports whether the name stands at an offset of the data. It is small enough to be inlined.
func (q *quoted) in(data []byte, at int) bool {
	if uint(at) > uint(len(data)) || len(data)-at < quotedWords*wordLen {
		return false
	}
	text := (*[quotedWords * wordLen]byte)(data[at:])
	return binary.LittleEndian.Uint64(text[:])&q.masks[0] == q.words[0] &&
		binary.LittleEndian.Uint64(text[wordLen:])&q.masks[1] == q.words[1] &&
		(q.size <= 2*wordLen || binary.LittleEndian.Uint64(text[2*wordLen:])&q.masks[2] == q.words[2])
}
