package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// A peer says who does a job, and how.
type peer struct {
	name    string // the library, or the SDK
	setting string // how it is used; "" = there is but one way
	module  string // whose version is printed; "" = the standard library
	env     string // a setting that it reads when a program starts, so that it needs a process of its own; "" = none
}

func (p peer) String() string {
	if p.setting == "" {
		return p.name
	}
	return p.name + ", " + p.setting
}

// A subject is one way to do a task.
type subject struct {
	peer
	strings  string // where the strings of a decoded page are; "" = does not matter to the task
	run      func() error
	retained func() (retention, error) // nil = not measured
}

// A task is a job that each of its subjects does. The first of them is the SDK, to which the others are compared.
type task struct {
	group    string
	size     int    // conferences of a page
	form     string // of the bodies; "" = the usual
	subjects []subject
}

func (t task) String() string {
	if t.form != "" {
		return t.group + "/" + t.form
	}
	return t.group + "/" + strconv.Itoa(t.size)
}

// find returns the subject of that name.
func (t task) find(name string) (subject, error) {
	i := slices.IndexFunc(t.subjects, func(s subject) bool { return s.String() == name })
	if i < 0 {
		return subject{}, fmt.Errorf("task %s has no subject %q", t, name)
	}
	return t.subjects[i], nil
}

// The groups of tasks.
const (
	decodeGroup   = "decode"
	formsGroup    = "forms"    // decode bodies in other forms
	encodeGroup   = "encode"   // pages into new memory
	appendGroup   = "append"   // conferences, one after the other, into a buffer with room
	memoryGroup   = "memory"   // whole calls, served from memory
	loopbackGroup = "loopback" // whole calls, served by another process over a connection
)

// decodeTask is to decode the results of those responses.
func decodeTask(size int, responses func() []body) task {
	t := task{group: decodeGroup, size: size}
	for _, d := range decoders() {
		turn := &carousel[body]{all: responses}
		t.subjects = append(t.subjects, subject{
			peer: d.peer, strings: d.strings,
			run: func() error {
				_, err := d.decode(turn.next().result)
				return err
			},
			retained: func() (retention, error) { return retain(d, responses()[0].result) },
		})
	}
	return t
}

// formsTask is to decode results in another form, without what needs a process of its own.
func formsTask(f form, size int, responses func() []body) task {
	t := decodeTask(size, inForm(f, responses))
	t.group, t.form = formsGroup, f.name
	t.subjects = slices.DeleteFunc(t.subjects, func(s subject) bool { return s.env != "" })
	for i := range t.subjects {
		t.subjects[i].retained = nil
	}
	return t
}

// encodeTask is to encode what those responses say.
func encodeTask(group string, size int, responses func() []body, encoders []encoding) task {
	t := task{group: group, size: size}
	pages := sync.OnceValue(func() []page { return decoded(responses()) })
	for _, e := range encoders {
		turn := &carousel[page]{all: pages}
		t.subjects = append(t.subjects, subject{peer: e.peer, run: func() error {
			_, err := e.encode(turn.next())
			return err
		}})
	}
	return t
}

// memoryTask is to call the endpoint over a transport that responds from memory.
func memoryTask(size int, responses func() []body) (task, error) {
	return callTask(memoryGroup, size, "https://confopenapi.example.com", &canned{carousel[body]{all: responses}})
}

// loopbackTask is to call the endpoint at a server that has service as its handler.
func loopbackTask(size int, server string) (task, error) {
	return callTask(loopbackGroup, size, server+"/"+strconv.Itoa(size), nil)
}

func callTask(group string, size int, base string, transport http.RoundTripper) (task, error) {
	t := task{group: group, size: size}
	for _, c := range callers() {
		call, err := c.connect(base, transport)
		if err != nil {
			return t, fmt.Errorf("%s: %w", c.peer, err)
		}
		t.subjects = append(t.subjects, subject{peer: c.peer, run: func() error {
			_, err := call(context.Background())
			return err
		}})
	}
	return t, nil
}

// allTasks are what BENCHMARKS.md shows.
func allTasks(server string) ([]task, error) {
	var tasks []task
	responses := map[int]func() []body{}
	for _, size := range slices.Concat(decodeSizes, callSizes) {
		if responses[size] == nil {
			responses[size] = bodies(size)
		}
	}
	for _, size := range decodeSizes {
		tasks = append(tasks, decodeTask(size, responses[size]))
	}
	for _, f := range forms {
		tasks = append(tasks, formsTask(f, encodeSize, responses[encodeSize]))
	}
	tasks = append(tasks, encodeTask(encodeGroup, pageSize, responses[pageSize], encoders()))
	tasks = append(tasks, encodeTask(encodeGroup, encodeSize, responses[encodeSize], encoders()))
	tasks = append(tasks, encodeTask(appendGroup, encodeSize, responses[encodeSize], appenders()))
	for _, size := range callSizes {
		t, err := memoryTask(size, responses[size])
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	for _, size := range callSizes {
		t, err := loopbackTask(size, server)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// matching leaves the subjects whose task and name match, and the SDK beside them.
func matching(tasks []task, only *regexp.Regexp) []task {
	var left []task
	for _, t := range tasks {
		all := t.subjects
		t.subjects = slices.Clone(all[:1])
		for _, s := range all[1:] {
			if only.MatchString(t.String() + "/" + s.String()) {
				t.subjects = append(t.subjects, s)
			}
		}
		if len(t.subjects) > 1 {
			left = append(left, t)
		}
	}
	return left
}
