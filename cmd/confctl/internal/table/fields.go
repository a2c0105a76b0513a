// Package table is how confctl shows conferences to people: picked and sorted by their fields, in a table.
package table

import (
	"cmp"

	"golang.org/x/text/collate"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/internal/fields"
)

// rank orders flags: absent, no, yes.
func rank(b *bool) int {
	switch {
	case b == nil:
		return 0
	case *b:
		return 2
	}
	return 1
}

func compare(f *show.Field, a, b *confopenapi.Conference, texts *collate.Collator) int {
	switch {
	case f.IsText():
		return texts.CompareString(f.Text(a), f.Text(b))
	case f.Kind == fields.Flag:
		return cmp.Compare(rank(f.Flag(a)), rank(f.Flag(b)))
	}
	return cmp.Compare(f.Int(a), f.Int(b))
}
