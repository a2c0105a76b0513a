package confopenapitest

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/internal/livelist"
)

// catalog holds the conferences that the items of the list stand for, and their JSON, so that a large page costs little more
// than copying it.
type catalog struct {
	exampleSpelling bool                            // never changes
	given           []confopenapi.Conference        // an item's Ref is an index + 1
	cache           map[livelist.Item]func() []byte // functions, because fmt prints bytes
}

const maxCached = 1 << 16

// add takes conferences in and returns their items.
func (c *catalog) add(list ...confopenapi.Conference) []livelist.Item {
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

// conference is a copy of what an item stands for. Churn's items stand for made-up conferences.
func (c *catalog) conference(it livelist.Item) confopenapi.Conference {
	if it.Ref == 0 {
		digest := fnv.New64a()
		_, _ = digest.Write([]byte(it.ConferenceID))
		r := rand.New(rand.NewPCG(uint64(it.EventID), digest.Sum64()))
		conf := conference(r, 0, time.Unix(it.Start, 0).UTC())
		conf.EventID, conf.ConferenceID = it.EventID, it.ConferenceID
		setAttendees(&conf, it.Attendees)
		return conf
	}
	conf := c.given[it.Ref-1]
	conf.Extra = maps.Clone(conf.Extra)
	if conf.StartTime != confopenapi.UnixTime(it.Start) { // restarted
		conf.StartTime = confopenapi.UnixTime(it.Start)
		conf.StartTimeText = conf.StartTime.Time().Format(displayTime)
	}
	if conf.AttendeeCount != it.Attendees {
		setAttendees(&conf, it.Attendees)
	}
	return conf
}

// setAttendees keeps the numbers of the other terminals where it can. All other attendees use desktops.
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
		return text()
	}
	if len(c.cache) >= maxCached || c.cache == nil {
		c.cache = make(map[livelist.Item]func() []byte)
	}
	text := c.encode(c.conference(it))
	c.cache[it] = func() []byte { return text }
	return text
}

// encode is the documented JSON of a conference. It does not use the SDK's code, so that a mistake in one is not hidden by
// the same mistake in the other. It needs no lock.
func (c *catalog) encode(conf confopenapi.Conference) []byte {
	title, passcode := "title", "pcode2"
	if c.exampleSpelling {
		title, passcode = "confName", "guestPcode"
	}
	b := append(make([]byte, 0, 1024), '{')
	for _, field := range [...]struct {
		name  string
		value any
	}{
		{"eventId", conf.EventID},
		{"conferenceId", conf.ConferenceID},
		{title, conf.Title},
		{"billingCode", conf.BillingCode},
		{"customerCode", conf.CustomerCode},
		{passcode, conf.Passcode.Reveal()},
		{"hostId", conf.HostID},
		{"hostName", conf.HostName},
		{"hostEmail", conf.HostEmail},
		{"hostMobile", conf.HostMobile},
		{"hostAccountType", conf.HostAccountType},
		{"hostAccountTypeStr", conf.HostAccountTypeText},
		{"hostOrgId", conf.HostOrgID},
		{"hostOrgName", conf.HostOrgName},
		{"hostIp", conf.HostIP},
		{"hostLocation", conf.HostLocation},
		{"startTime", int64(conf.StartTime)},
		{"startTimeStr", conf.StartTimeText},
		{"stopTime", int64(conf.StopTime)},
		{"stopTimeStr", conf.StopTimeText},
		{"confDuration", conf.DurationSeconds},
		{"confDurationMinute", conf.DurationMinutes},
		{"isSecureConf", conf.IsSecure},
		{"isRecord", conf.IsRecorded},
		{"dataCenter", conf.DataCenter},
		{"status", int(conf.Status)},
		{"attendeeCnt", conf.AttendeeCount},
		{"voipCnt", conf.VoIPCount},
		{"pstnCnt", conf.PSTNCount},
		{"videoCnt", conf.VideoCount},
		{"desktopCnt", conf.DesktopCount},
		{"mcuCnt", conf.MCUCount},
		{"boxCnt", conf.BoxCount},
		{"rawAttendeeCnt", conf.RawAttendeeCount},
		{"rawPstnCnt", conf.RawPSTNCount},
	} {
		b = append(append(append(b, '"'), field.name...), `":`...)
		b = append(appendJSON(b, field.value), ',')
	}
	for _, name := range slices.Sorted(maps.Keys(conf.Extra)) {
		b = append(append(appendJSON(b, name), ':'), conf.Extra[name]...)
		b = append(b, ',')
	}
	b[len(b)-1] = '}'
	return b
}

// appendJSON appends a plain value. Numbers, the most frequent, take a short way.
func appendJSON(b []byte, value any) []byte {
	switch value := value.(type) {
	case int:
		return strconv.AppendInt(b, int64(value), 10)
	case int64:
		return strconv.AppendInt(b, value, 10)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a mistake of this package
	}
	return append(b, text...)
}
