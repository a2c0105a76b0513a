package table

import (
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// Order sorts conferences in place. Those that are equal by it keep their order.
type Order func([]confopenapi.Conference)

// Order parses names of fields with commas between them, each after a - if its largest come first. Texts are sorted as
// Chinese dictionaries are, by pinyin.
func (p Picker) Order(s string) (Order, error) {
	type key struct {
		field *show.Field
		sign  int
	}
	var keys []key
	for name := range strings.SplitSeq(strings.ReplaceAll(s, "，", ","), ",") {
		k := key{sign: 1}
		name, descending := strings.CutPrefix(strings.TrimSpace(name), "-")
		if descending {
			k.sign = -1
		}
		var err error
		if k.field, err = p.field(name); err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return func(list []confopenapi.Conference) {
		collator := collate.New(language.Chinese)
		unsorted := slices.Clone(list)
		order := make([]*confopenapi.Conference, len(list)) // sorting moves eight bytes, where a conference has hundreds
		for i := range unsorted {
			order[i] = &unsorted[i]
		}
		slices.SortStableFunc(order, func(a, b *confopenapi.Conference) int {
			for _, k := range keys {
				if c := compare(k.field, a, b, collator); c != 0 {
					return c * k.sign
				}
			}
			return 0
		})
		for i, c := range order {
			list[i] = *c
		}
	}, nil
}
