package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress is a bar on stderr, if that is a terminal, and nothing otherwise.
type progress struct{ bar *progressbar.ProgressBar }

func (a *app) newProgress(what string) *progress {
	if !a.isTerminal(a.stderr) {
		return &progress{}
	}
	return &progress{progressbar.NewOptions(1,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetElapsedTime(false),
	)}
}

// update takes what the SDK says of a listing. Its total may change, and be less than what has come.
func (p *progress) update(received, total int) {
	if p.bar == nil {
		return
	}
	p.bar.ChangeMax(max(received+1, total)) // a full bar would end it
	_ = p.bar.Set(received)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
