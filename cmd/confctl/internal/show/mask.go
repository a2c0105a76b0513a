package show

import (
	"encoding/json"

	"github.com/confopenapi/confopenapi-go"
)

// Masked stands for what is not shown.
const Masked = "[masked]"

// MaskPage masks all conferences of a page, and what of it the SDK does not know.
func MaskPage(page *confopenapi.ConfList) {
	page.Extra = maskExtra(page.Extra)
	for i := range page.Conferences {
		Mask(&page.Conferences[i])
	}
}

// Mask replaces personal data and the passcode, and leaves empty what is empty. Fields that the SDK does not know are
// masked too, because what they hold is unknown.
func Mask(c *confopenapi.Conference) {
	for _, f := range personal {
		f.mask(c)
	}
	c.Extra = maskExtra(c.Extra)
}

// maskExtra makes a map of its own, since copies of a conference share theirs.
func maskExtra(extra map[string]json.RawMessage) map[string]json.RawMessage {
	if extra == nil {
		return nil
	}
	masked := make(map[string]json.RawMessage, len(extra))
	for name := range extra {
		masked[name] = json.RawMessage(`"` + Masked + `"`)
	}
	return masked
}
