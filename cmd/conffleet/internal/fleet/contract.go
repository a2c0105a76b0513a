// Package fleet lists the conferences of many administrators with many workers, on NATS JetStream.
//
// A scheduler puts one task per administrator and interval into a work queue. Workers take tasks, list, and publish what
// changed. docs/fleet.md has the contract: the names and records of this file.
package fleet

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/confopenapi/confopenapi-go"
)

// Version is that of the contract. Every record has it as "v".
const Version = 1

// The streams and their subjects. * is the administrator's user id.
const (
	TasksStream  = "CONFFLEET_TASKS"
	EventsStream = "CONFFLEET_EVENTS"
	DeadStream   = "CONFFLEET_DEAD"

	tasksPrefix  = "conffleet.task." // *
	eventsPrefix = "conf."           // *.kind
	deadPrefix   = "conffleet.dead." // *

	tasksConsumer = "workers"
)

// The buckets and their keys.
const (
	StateBucket  = "conffleet_state"  // *: State, compressed with gzip
	SeenBucket   = "conffleet_seen"   // *: Seen
	AliveBucket  = "conffleet_alive"  // worker.ID: WorkerRecord; scheduler: the id of the scheduling process
	SharedBucket = "conffleet_shared" // rate: Rate; facts: SharedFacts; admins: AdminList, compressed with gzip

	workerKeys   = "worker."
	schedulerKey = "scheduler"
	rateKey      = "rate"
	factsKey     = "facts"
	adminsKey    = "admins"
)

// Task says whose conferences to list.
type Task struct {
	Version int   `json:"v"`
	Admin   int64 `json:"admin"`
	Number  int64 `json:"number"` // of the interval, from 1970
}

// Run is what events and the state hold of a conference: no host, no address, no telephone number, no passcode.
type Run struct {
	EventID      int64                `json:"eventId,omitzero"`
	ConferenceID string               `json:"conferenceId,omitzero"`
	StartTime    confopenapi.UnixTime `json:"startTime,omitzero"`
	Title        string               `json:"title,omitzero"` // may name people
	HostOrgName  string               `json:"hostOrgName,omitzero"`
	DataCenter   string               `json:"dataCenter,omitzero"`
	Status       int                  `json:"status,omitzero"`
	IsSecure     *bool                `json:"isSecureConf,omitzero"`
	IsRecorded   *bool                `json:"isRecord,omitzero"`
	Attendees    int                  `json:"attendeeCnt,omitzero"`
	VoIP         int                  `json:"voipCnt,omitzero"`
	PSTN         int                  `json:"pstnCnt,omitzero"`
	Video        int                  `json:"videoCnt,omitzero"`
	Desktop      int                  `json:"desktopCnt,omitzero"`
	MCU          int                  `json:"mcuCnt,omitzero"`
	Box          int                  `json:"boxCnt,omitzero"`
}

func runOf(c *confopenapi.Conference) Run {
	return Run{
		EventID: c.EventID, ConferenceID: c.ConferenceID, StartTime: c.StartTime,
		Title: c.Title, HostOrgName: c.HostOrgName, DataCenter: c.DataCenter, Status: int(c.Status),
		IsSecure: c.IsSecure, IsRecorded: c.IsRecorded, Attendees: c.AttendeeCount, VoIP: c.VoIPCount, PSTN: c.PSTNCount,
		Video: c.VideoCount, Desktop: c.DesktopCount, MCU: c.MCUCount, Box: c.BoxCount,
	}
}

// Identity names the run.
func (r *Run) Identity() confopenapi.Identity {
	return confopenapi.Identity{EventID: r.EventID, ConferenceID: r.ConferenceID, StartTime: r.StartTime}
}

// Event is one change of an administrator's list.
type Event struct {
	Version    int                   `json:"v"`
	ID         string                `json:"id"` // the same for the same change, however often it was noticed
	Admin      int64                 `json:"admin"`
	Kind       confopenapi.EventKind `json:"kind"`
	Proven     bool                  `json:"proven,omitzero"`
	Changed    []string              `json:"changed,omitempty"`
	At         time.Time             `json:"at"`
	LastSeen   time.Time             `json:"lastSeen,omitzero"`
	NotBefore  time.Time             `json:"notBefore,omitzero"`
	Conference Run                   `json:"conference"` // as it was seen last
}

// eventID is made of what happened. A run comes once, so its arrival has no more than its identity. An end is named by its
// proof, and by when the run was seen last. What can happen again to a run, a resumption and an update, is named by the
// listings of the state that it changed.
func eventID(admin int64, e *confopenapi.Event, listings int) string {
	kind, more := e.Kind.String(), ""
	switch e.Kind {
	case confopenapi.EventExisting, confopenapi.EventStarted, confopenapi.EventRestarted:
		kind = "came"
	case confopenapi.EventEnded:
		more = fmt.Sprint(e.Proven, e.LastSeen.UnixMilli())
	case confopenapi.EventUpdated:
		run := runOf(&e.Conference)
		text, _ := json.Marshal(run) //nolint:errchkjson // a Run can be marshalled
		more = fmt.Sprint(listings, e.Changed, string(text))
	default:
		more = strconv.Itoa(listings)
	}
	id := e.Conference.Identity()
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %q %d %s %s", admin, id.EventID, id.ConferenceID, id.StartTime, kind, more))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// State is what is known of an administrator's list: enough for any worker to go on.
type State struct {
	Version  int                 `json:"v"`
	Admin    int64               `json:"admin"`
	Listings int                 `json:"listings"`        // that were taken into the state
	At       time.Time           `json:"at"`              // end of the last of them
	Proven   time.Time           `json:"proven,omitzero"` // when the last listing that was at least conditional began: the list is no older; absent = there was none
	Verdict  confopenapi.Verdict `json:"verdict,omitzero"`
	Reason   confopenapi.Reason  `json:"reason,omitzero"`
	Live     []Run               `json:"live"`              // what is live
	Watcher  json.RawMessage     `json:"watcher,omitempty"` // the SDK's checkpoint; its form is private
}

// Seen is the last result of an administrator's tasks.
type Seen struct {
	Version  int                 `json:"v"`
	Admin    int64               `json:"admin"`
	At       time.Time           `json:"at"`
	Proven   time.Time           `json:"proven,omitzero"` // that of the state
	Verdict  confopenapi.Verdict `json:"verdict,omitzero"`
	Reason   confopenapi.Reason  `json:"reason,omitzero"`
	Live     int                 `json:"live"`
	Kind     string              `json:"kind,omitzero"`  // of the error; absent = the task succeeded
	Error    string              `json:"error,omitzero"` // without personal data
	Since    time.Time           `json:"since,omitzero"` // no task has succeeded since then; absent = the last one did
	WorkerID string              `json:"worker"`
}

// WorkerRecord is what a worker process says of itself every second.
type WorkerRecord struct {
	Version int            `json:"v"`
	ID      string         `json:"id"`
	Host    string         `json:"host"`
	PID     int            `json:"pid"`
	Started time.Time      `json:"started"`
	Slots   int            `json:"slots"`
	Busy    int64          `json:"busy"`
	Tasks   int64          `json:"tasks"`            // done
	Events  int64          `json:"events"`           // published
	Raced   int64          `json:"raced"`            // listings that another worker was ahead of
	Sent    int64          `json:"sent"`             // requests to the service
	Share   float64        `json:"share"`            // requests a second that it may send
	Used    float64        `json:"used"`             // requests a second that it sent lately
	Limit   float64        `json:"limit"`            // of the whole fleet, as it was told
	Refused bool           `json:"refused,omitzero"` // the service refuses its token, so it pauses
	Errors  map[string]int `json:"errors"`           // tries that failed, by kind
}

// Rate is the share of the limit that the fleet may use now, after the service refused requests. It grows by 5 % a second.
type Rate struct {
	Version int     `json:"v"`
	Factor  float64 `json:"factor"`
}

// SharedFacts are what listings learned of the service.
type SharedFacts struct {
	Version int               `json:"v"`
	Facts   confopenapi.Facts `json:"facts"`
}

// AdminList is whom the fleet lists now.
type AdminList struct {
	Version  int     `json:"v"`
	Interval float64 `json:"interval"` // in seconds
	Admins   []int64 `json:"admins"`
}

// Dead is a task that is not tried again.
type Dead struct {
	Version    int       `json:"v"`
	Admin      int64     `json:"admin"`
	Number     int64     `json:"number"`
	Deliveries int       `json:"deliveries"`
	Kind       string    `json:"kind"`
	Error      string    `json:"error"` // without personal data
	At         time.Time `json:"at"`
	WorkerID   string    `json:"worker"`
}

// decode reads a record, and refuses one of a later version.
func decode(data []byte, record any) error {
	var head struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return &StoreError{Op: "read a record", Kind: KindUnreadable, Err: err}
	}
	if head.Version != Version {
		return &StoreError{Op: "read a record", Kind: KindUnreadable, Err: fmt.Errorf("it is of version %d, want %d", head.Version, Version)}
	}
	if err := json.Unmarshal(data, record); err != nil {
		return &StoreError{Op: "read a record", Kind: KindUnreadable, Err: err}
	}
	return nil
}

func key(admin int64) string { return strconv.FormatInt(admin, 10) }
