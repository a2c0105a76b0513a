package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// journal numbers the versions of a picture, and keeps what leads to the last ones.
type journal struct {
	boot string // names this process in the ids of versions

	mu      sync.Mutex
	number  int           // of the version
	changed chan struct{} // closed when there is a newer version
	frames  []kept        // that lead to the last versions, the newest last
	size    int           // of the frames
}

// kept is a frame: its text for those who follow one administrator of a fleet, or 0.
type kept struct {
	size int
	text func(admin int64) []byte
}

const (
	maxFrames    = 64
	maxFrameSize = 512 << 10 // of a larger change the page is told to load the state anew
)

func newJournal() journal {
	return journal{boot: rand.Text()[:8], changed: make(chan struct{})}
}

func (j *journal) id(number int) string { return j.boot + "-" + strconv.Itoa(number) }

// add begins the next version, and keeps the frame that leads to it. It drops the oldest ones that there is no room for. Hold mu.
func (j *journal) add(frame func(id string) kept) {
	j.number++
	next := frame(j.id(j.number))
	j.frames, j.size = append(j.frames, next), j.size+next.size
	for len(j.frames) > maxFrames || j.size > 16*maxFrameSize {
		j.size -= j.frames[0].size
		j.frames = slices.Delete(j.frames, 0, 1)
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

// since are the frames after the version with an id, and false if the state must be loaded anew. With them comes the id to go on
// from, and a channel that is closed when there are more.
func (j *journal) since(id string, admin int64) (frames [][]byte, next string, changed <-chan struct{}, ok bool) {
	j.mu.Lock()
	next, changed = j.id(j.number), j.changed
	text, mine := strings.CutPrefix(id, j.boot+"-")
	number, err := strconv.Atoi(text)
	behind := j.number - number
	if ok = mine && err == nil && behind >= 0 && behind <= len(j.frames); !ok {
		behind = 0
	}
	after := slices.Clone(j.frames[len(j.frames)-behind:])
	j.mu.Unlock()
	for _, f := range after {
		frames = append(frames, f.text(admin))
	}
	return frames, next, changed, ok
}

// frame leads from the version before to one.
type frame struct {
	Status  []byte
	Changed [][]byte
	Gone    []string
	Sample  *Sample
	Feed    []entry
	Admins  []adminLine // of a fleet, those that changed
}

// text is the frame as a server-sent event.
func (f *frame) text(id string) []byte {
	data := fmt.Appendf(nil, `{"version":%q,"status":%s,"gone":%s,"feed":%s,"sample":%s,"admins":%s,"changed":[`,
		id, f.Status, mustMarshal(append([]string{}, f.Gone...)), mustMarshal(append([]entry{}, f.Feed...)), mustMarshal(f.Sample), mustMarshal(append([]adminLine{}, f.Admins...)))
	data = append(append(data, bytes.Join(f.Changed, []byte(","))...), "]}"...)
	if len(data) > maxFrameSize {
		return reload(id)
	}
	return sse("poll", id, data)
}

// reload tells the page to load the state anew.
func reload(id string) []byte { return sse("reload", id, []byte("{}")) }

func sse(event, id string, data []byte) []byte {
	text := "event: " + event + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	return append(append([]byte(text+"data: "), data...), "\n\n"...)
}
