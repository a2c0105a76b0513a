package locale

import "maps"

// Chinese returns the catalogue.
func Chinese() map[string]string { return maps.Clone(chinese) }
