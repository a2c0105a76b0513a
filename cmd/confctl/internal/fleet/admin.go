package fleet

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/metrics"
)

// Admin is what is known of an administrator's list. It does not change.
type Admin struct {
	ID      int64
	Proven  time.Time // when the last listing that was at least conditional began, by NATS's clock; zero = there was none
	Verdict confopenapi.Verdict
	Kind    string // of the error of the last task; "" = it succeeded, or is not known

	Conferences, Attendees int
	Clients                [len(metrics.KindNames)]int // by kind

	state []byte // compressed, as NATS has it: a tenth of the list
}

// version is that of the contract.
const version = 1

// ErrUnreadable is for a record that is not of this version of the contract.
var ErrUnreadable = errors.New("a record of the fleet cannot be read")

// state is a value of the bucket of states.
type state struct {
	Proven  time.Time                `json:"proven"`
	Verdict confopenapi.Verdict      `json:"verdict"`
	Live    []confopenapi.Conference `json:"live"`
}

// seen is a value of the bucket of last results.
type seen struct {
	Kind string `json:"kind"`
}

// list is the value of the key of administrators.
type list struct {
	Admins []int64 `json:"admins"`
}

// newAdmin reads a state.
func newAdmin(id int64, value []byte) (*Admin, error) {
	var s state
	if err := decodeZip(value, &s); err != nil {
		return nil, err
	}
	a := &Admin{ID: id, Proven: s.Proven, Verdict: s.Verdict, Conferences: len(s.Live), state: value}
	for i := range s.Live {
		a.Attendees += s.Live[i].AttendeeCount
		for kind, count := range metrics.Kinds(&s.Live[i]) {
			a.Clients[kind] += count
		}
	}
	return a, nil
}

// Live is the list of conferences.
func (a *Admin) Live() []confopenapi.Conference {
	if a == nil || a.state == nil {
		return nil
	}
	var s state
	_ = decodeZip(a.state, &s) // newAdmin has read it
	return s.Live
}

// decodeZip reads a record that is compressed.
func decodeZip(value []byte, record any) error {
	const most = 256 << 20
	var data []byte
	r, err := gzip.NewReader(bytes.NewReader(value))
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, most))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return decode(data, record)
}

// decode reads a record, and refuses one of another version.
func decode(data []byte, record any) error {
	var head struct {
		Version int `json:"v"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%w: it is no JSON", ErrUnreadable)
	}
	if head.Version != version {
		return fmt.Errorf("%w: it is of version %d, want %d", ErrUnreadable, head.Version, version)
	}
	if json.Unmarshal(data, record) != nil {
		return fmt.Errorf("%w: it is not as the contract says", ErrUnreadable)
	}
	return nil
}

// adminOf is the administrator of a record; false if its key is none.
func adminOf(entry jetstream.KeyValueEntry) (int64, bool) {
	id, err := strconv.ParseInt(entry.Key(), 10, 64)
	return id, err == nil
}
