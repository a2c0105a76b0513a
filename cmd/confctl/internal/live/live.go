// Package live is a view of the live conferences in a terminal: a table that follows the list, the latest events, and keys
// to filter, sort and scroll. For what is no terminal it prints the events as lines.
package live

import (
	"slices"
	"time"

	"golang.org/x/text/message"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/table"
)

// Options are how events and conferences are shown.
type Options struct {
	Text             *message.Printer
	Zone             *time.Location // of the times
	Service          string         // whose list it is, for people
	Interval         time.Duration  // from poll to poll
	Filters          []string       // what Conditions are, for people
	Conditions       []table.Condition
	Order            string                  // as table.Picker.Order has it, which must have parsed it; "" = the first of Orders
	Kinds            []confopenapi.EventKind // only these events; nil = all
	WithPersonalData bool                    // show hosts
	NoColor          bool
	Width            int                             // of the terminal, for Lines; 0 = there is none
	Explain          func(error) string              // what an error means, in one line
	Problems         <-chan error                    // shown among the events, such as of alerts; nil = none come
	Because          func(confopenapi.Reason) string // what a report's reason means, in one line
	Known            map[confopenapi.Identity]bool   // from a checkpoint: that these exist is no news
}

// Wants reports whether an event is to be shown.
func (o *Options) Wants(e confopenapi.Event) bool {
	known := e.Kind == confopenapi.EventExisting && o.Known[e.Conference.Identity()]
	return (o.Kinds == nil && !known || slices.Contains(o.Kinds, e.Kind)) && o.meets(&e.Conference)
}

// meets reports whether a conference meets all conditions.
func (o *Options) meets(c *confopenapi.Conference) bool {
	for _, meets := range o.Conditions {
		if !meets(c) {
			return false
		}
	}
	return true
}

// masked is a conference as it may be shown.
func (o *Options) masked(c confopenapi.Conference) confopenapi.Conference {
	if !o.WithPersonalData {
		show.Mask(&c)
	}
	return c
}
