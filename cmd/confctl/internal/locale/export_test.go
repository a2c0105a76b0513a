package locale

import (
	"maps"
	"slices"
)

// English returns the sentences whose key is not right for every number.
func English() []string { return slices.Collect(maps.Keys(english)) }

// Chinese returns the catalogue.
func Chinese() map[string]string { return maps.Clone(chinese) }
