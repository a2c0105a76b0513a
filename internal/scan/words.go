package scan

import (
	"encoding/binary"
	"math/bits"
)

// Texts are read in words of eight bytes, the first byte lowest. A byte is marked by its highest bit. The lowest mark is
// right; those above it may be wrong, since subtractions carry upwards.
const (
	wordLen = 8
	lows    = 0x0101010101010101
	highs   = 0x8080808080808080
)

func word(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at : at+8 : at+8]) }

// stops marks quotes, backslashes and control characters.
func stops(w uint64) uint64 {
	low, slash := w^lows*2, w^lows*'\\' // in low, only quotes and control characters are below 0x21
	return ((low-lows*0x21)&^low | (slash-lows)&^slash) & highs
}

// run returns the offset of the first quote, backslash or control character, or the end of the data. ascii reports whether
// all bytes before it are below 0x80.
func run(data []byte, from int) (end int, ascii bool) {
	var seen uint64
	for end = from; end+wordLen <= len(data); end += wordLen {
		w := word(data, end)
		if stop := stops(w); stop != 0 {
			before := stop&-stop - 1 // all bits below the first mark
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

// leadingDigits decodes the decimal digits at the start of a word.
func leadingDigits(w uint64) (value uint64, size int) {
	digits := w ^ lows*'0'
	others := (digits + lows*(0x80-10) | digits) & highs
	size = bits.TrailingZeros64(others) / 8 // 8 if all are digits
	digits <<= 64 - 8*size                  // as if zeros stood before them
	digits = digits * (1 + 10<<8) >> 8 & 0x00FF00FF00FF00FF
	digits = digits * (1 + 100<<16) >> 16 & 0x0000FFFF0000FFFF
	return digits * (1 + 10_000<<32) >> 32, size
}
