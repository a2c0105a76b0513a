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

// catalog holds the conference behind each item of the list, and its JSON, so that a large page costs little more than a copy.
type catalog struct {
	exampleSpelling bool                            // constant
	clock           bool                            // constant
	given           []confopenapi.Conference        // an item's Ref is its index + 1
	cache           map[livelist.Item]func() []byte // functions, because fmt prints bytes
}

const maxCached = 1 << 16

// add stores conferences and returns their items.
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

// conference returns a copy of an item's conference. Items of churn have no stored one: theirs is generated from the ids.
func (c *catalog) conference(it livelist.Item) confopenapi.Conference {
	if it.Ref == 0 {
		digest := fnv.New64a()
		_, _ = digest.Write([]byte(it.ConferenceID))
		r := rand.New(rand.NewPCG(uint64(it.EventID), digest.Sum64()))
		conf := conference(r, it.EventID, it.ConferenceID, time.Unix(it.Start, 0).UTC())
		setAttendees(&conf, it.Attendees)
		c.lasting(&conf)
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
	c.lasting(&conf)
	return conf
}

// china is the zone of times as text, if the service lives by the clock.
var china = time.FixedZone("UTC+8", 8*60*60)

// lasting has a conference last since its start, if the service lives by the clock.
func (c *catalog) lasting(conf *confopenapi.Conference) {
	if c.clock && !conf.StartTime.IsZero() {
		conf.DurationSeconds = max(0, int(time.Since(conf.StartTime.Time()).Seconds()))
		conf.DurationMinutes = conf.DurationSeconds / 60
		conf.StartTimeText = conf.StartTime.Time().In(china).Format(displayTime)
	}
}

// setAttendees keeps the counts of the other terminals as far as n allows. The remaining attendees use desktops.
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

// encoded is the JSON of an item's conference.
func (c *catalog) encoded(it livelist.Item) []byte {
	if c.clock {
		return c.encode(c.conference(it))
	}
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

// encode is the documented JSON of a conference. It does not use the SDK's code: a mistake there must not be hidden by the
// same mistake here. It needs no lock.
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

// appendJSON appends a value. Integers, the most frequent, take a short path.
func appendJSON(b []byte, value any) []byte {
	switch value := value.(type) {
	case int:
		return strconv.AppendInt(b, int64(value), 10)
	case int64:
		return strconv.AppendInt(b, value, 10)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a bug of this package
	}
	return append(b, text...)
}
