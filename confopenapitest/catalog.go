package confopenapitest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// catalog ties the items of the list to the conferences that they stand for, and keeps their JSON, so that a large page
// costs little more than copying it.
type catalog struct {
	exampleSpelling bool                     // never changes
	given           []confopenapi.Conference // of the items whose Ref is their index + 1
	cache           map[livelist.Item][]byte
}

const maxCached = 1 << 16

// add takes conferences in and returns their items.
func (c *catalog) add(list []confopenapi.Conference) []livelist.Item {
	items := make([]livelist.Item, len(list))
	for i, conf := range list {
		conf.Extra = maps.Clone(conf.Extra)
		c.given = append(c.given, conf)
		items[i] = livelist.Item{
			EventID: conf.EventID, ConferenceID: conf.ConferenceID, Start: int64(conf.StartTime),
			Attendees: conf.AttendeeCount, Ref: len(c.given),
		}
	}
	return items
}

// conference is what an item stands for. Items that churn has made stand for made-up ones.
func (c *catalog) conference(it livelist.Item) confopenapi.Conference {
	var conf confopenapi.Conference
	if it.Ref > 0 {
		conf = c.given[it.Ref-1]
	} else {
		digest := fnv.New64a()
		_, _ = digest.Write([]byte(it.ConferenceID))
		r := rand.New(rand.NewPCG(uint64(it.EventID), digest.Sum64()))
		conf = conference(r, 0, time.Unix(it.Start, 0).UTC())
		conf.EventID, conf.ConferenceID = it.EventID, it.ConferenceID
		setAttendees(&conf, it.Attendees)
		return conf
	}
	if conf.StartTime != confopenapi.UnixTime(it.Start) { // it has been started anew
		conf.StartTime = confopenapi.UnixTime(it.Start)
		conf.StartTimeText = conf.StartTime.Time().Format(displayTime)
	}
	if conf.AttendeeCount != it.Attendees {
		setAttendees(&conf, it.Attendees)
	}
	return conf
}

// copy is a conference that callers may change.
func (c *catalog) copy(it livelist.Item) confopenapi.Conference {
	conf := c.conference(it)
	conf.Extra = maps.Clone(conf.Extra)
	return conf
}

// setAttendees makes all attendees but the conference's terminals of other kinds use desktops.
func setAttendees(c *confopenapi.Conference, n int) {
	c.AttendeeCount, c.RawAttendeeCount = n, n
	left := n
	for _, terminals := range [...]*int{&c.VoIPCount, &c.PSTNCount, &c.VideoCount, &c.MCUCount, &c.BoxCount} {
		*terminals = min(*terminals, left)
		left -= *terminals
	}
	c.DesktopCount = left
	c.RawPSTNCount = c.PSTNCount
}

// encoded is the JSON of what an item stands for.
func (c *catalog) encoded(it livelist.Item) []byte {
	if text, ok := c.cache[it]; ok {
		return text
	}
	if len(c.cache) >= maxCached || c.cache == nil {
		c.cache = make(map[livelist.Item][]byte)
	}
	text := c.encode(c.conference(it))
	c.cache[it] = text
	return text
}

// encode is the JSON of a conference. It needs no lock.
func (c *catalog) encode(conf confopenapi.Conference) []byte {
	text, err := json.Marshal(wire(conf, c.exampleSpelling))
	if err != nil {
		panic(err) // of plain structs: a mistake of this package
	}
	if len(conf.Extra) == 0 {
		return text
	}
	text = text[:len(text)-1]
	for _, name := range slices.Sorted(maps.Keys(conf.Extra)) {
		text = fmt.Appendf(text, ",%s:%s", quote(name), conf.Extra[name])
	}
	return append(text, '}')
}

// quote is a string as JSON.
func quote(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // of a string: a mistake of this package
	}
	return quoted
}
