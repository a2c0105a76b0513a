package main

import (
	"fmt"
	"io"
	"time"

	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/show"
)

// progress is a line on stderr that is written over, if that is a terminal, and nothing otherwise.
type progress struct {
	w     io.Writer // nil = no terminal
	what  string
	width int
	next  time.Time // when it is written again at the earliest
}

func (a *app) newProgress(what string) *progress {
	p := &progress{what: what}
	if a.isTerminal(a.stderr) {
		p.w, p.width = a.stderr, widthOf(a.stderr)
	}
	return p
}

// update takes what the SDK says of a listing. Its total may change, and be less than what has come.
func (p *progress) update(received, total int) {
	now := time.Now()
	if p.w == nil || now.Before(p.next) {
		return
	}
	p.next = now.Add(100 * time.Millisecond)
	line := fmt.Sprintf("%s %d/%d", p.what, received, max(received, total))
	fmt.Fprint(p.w, "\r\x1b[K"+show.Cut(line, max(0, p.width-1)))
}

// done takes the line away.
func (p *progress) done() {
	if p.w != nil && !p.next.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
