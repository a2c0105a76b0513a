package live

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/follow"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/program"
)

// ErrInterrupted is what Run returns after Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// TerminalError is what Run returns if there is no terminal to write to or to read keys from.
type TerminalError struct{ err error }

func (e *TerminalError) Error() string { return e.err.Error() }
func (e *TerminalError) Unwrap() error { return e.err }

// Terminal is where the view is.
type Terminal struct {
	In  io.Reader // nil = the terminal itself, whatever stdin is
	Out io.Writer
	Env []string
}

// Run shows what watch delivers, until it ends, a key quits or ctx ends. Its error is that of watch, a *TerminalError, or
// ErrInterrupted. Watch runs in a goroutine that ends with the view.
func Run(ctx context.Context, t Terminal, o Options, watch func(context.Context, follow.Listener) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	options := []tea.ProgramOption{tea.WithOutput(t.Out), tea.WithEnvironment(t.Env), tea.WithoutSignalHandler(), tea.WithWindowSize(80, 24)}
	if t.In != nil {
		options = append(options, tea.WithInput(t.In))
	}
	if o.NoColor {
		options = append(options, tea.WithColorProfile(colorprofile.ASCII))
	}
	model := New(o)
	program := tea.NewProgram(model, options...)

	var watching sync.WaitGroup
	var watched error
	watching.Go(func() {
		watched = watch(ctx, &sender{options: o, send: program.Send})
		program.Quit()
	})
	watching.Go(func() { tell(ctx, o, program.Send) })
	watching.Go(func() { tick(ctx, program.Send) })
	_, err := program.Run()
	stop()
	watching.Wait()
	switch {
	case err != nil:
		return &TerminalError{err}
	case model.interrupted:
		return ErrInterrupted
	}
	return watched
}

// tick sends the time every second: commands of a tea.Program that wait outlive it.
func tick(ctx context.Context, send func(tea.Msg)) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	send(Tick(time.Now()))
	for {
		select {
		case now := <-ticker.C:
			send(Tick(now))
		case <-ctx.Done():
			return
		}
	}
}

// tell sends problems.
func tell(ctx context.Context, o Options, send func(tea.Msg)) {
	for {
		select {
		case err := <-o.Problems:
			send(Problem{Text: o.Explain(err), At: time.Now()})
		case <-ctx.Done():
			return
		}
	}
}

// sender makes one message of each poll, so that the screen never shows half a poll.
type sender struct {
	options Options
	send    func(tea.Msg)
	events  []confopenapi.Event
}

func (s *sender) Event(e confopenapi.Event) error {
	e.Conference = s.options.masked(e.Conference)
	s.events = append(s.events, e)
	return nil
}

func (s *sender) Polled(r confopenapi.Report) {
	s.send(Poll{Events: s.events, Report: r, At: time.Now()})
	s.events = nil
}

func (s *sender) Failed(err error, listed bool) {
	failure := Failure{Text: s.options.Explain(err), Listed: listed, At: time.Now()}
	if refusal, ok := errors.AsType[*confopenapi.HTTPError](program.Cause(err)); ok {
		failure.Asked = refusal.RetryAfter
	}
	s.send(failure)
}
