package main

import (
	"fmt"
	"slices"
)

// A peer says who does a job, and how.
type peer struct {
	name    string // the library, or the SDK
	setting string // how it is used; "" = there is but one way
	module  string // whose version is told; "" = Go's
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
	strings  string // where the strings of its result are; "" = it has none
	run      func() error
	retained func() (retention, error) // nil = not measured
}

// A task is a job that each of its subjects does. The first of them is the SDK, to which the others are compared.
type task struct {
	group       string
	conferences int // in a page
	subjects    []subject
}

func (t task) String() string { return fmt.Sprintf("%s/%d", t.group, t.conferences) }

const decodeGroup = "decode"

// decodeTasks decode pages of each size.
func decodeTasks(sizes ...int) []task {
	var tasks []task
	for _, size := range sizes {
		t := task{group: decodeGroup, conferences: size}
		bodies := results(size)
		for _, d := range decoders() {
			turn := carousel{bodies: bodies}
			t.subjects = append(t.subjects, subject{
				peer: d.peer, strings: d.strings,
				run: func() error {
					_, err := d.decode(turn.body())
					return err
				},
				retained: func() (retention, error) { return retain(bodies[0], d) },
			})
		}
		tasks = append(tasks, t)
	}
	return tasks
}

// find returns the subject of that name.
func (t task) find(name string) (subject, error) {
	i := slices.IndexFunc(t.subjects, func(s subject) bool { return s.String() == name })
	if i < 0 {
		return subject{}, fmt.Errorf("task %s has no subject %q", t, name)
	}
	return t.subjects[i], nil
}
