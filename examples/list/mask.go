package main

import (
	"encoding/json"

	"github.com/confopenapi/confopenapi-go"
)

const masked = "[masked]"

// mask replaces personal data and passcodes, and leaves empty what is empty. Members that the SDK does not know are masked
// too: nobody can say what they hold.
func mask(page *confopenapi.ConfList) {
	maskExtra(page.Extra)
	for i := range page.Conferences {
		c := &page.Conferences[i]
		for _, field := range [...]*string{&c.HostName, &c.HostEmail, &c.HostMobile, &c.HostIP, &c.HostLocation} {
			if *field != "" {
				*field = masked
			}
		}
		if !c.Passcode.IsZero() {
			c.Passcode = confopenapi.NewSecret(masked)
		}
		maskExtra(c.Extra)
	}
}

func maskExtra(extra map[string]json.RawMessage) {
	for name := range extra {
		extra[name] = json.RawMessage(`"` + masked + `"`)
	}
}
