package web

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/confopenapi/confopenapi-go"
	"github.com/confopenapi/confopenapi-go/cmd/confctl/internal/metrics"
)

// Sample is the totals of the list at one moment.
type Sample struct {
	At          time.Time
	Conferences int
	Attendees   int
	Clients     [len(metrics.KindNames)]int // by kind, as metrics.KindNames has them
}

func newSample(at time.Time, list []confopenapi.Conference) Sample {
	s := Sample{At: at, Conferences: len(list)}
	for i := range list {
		s.Attendees += list[i].AttendeeCount
		for kind, count := range metrics.Kinds(&list[i]) {
			s.Clients[kind] += count
		}
	}
	return s
}

// MarshalJSON is an array of numbers, which is what a chart wants: Unix seconds, conferences, attendees, and clients by kind.
func (s Sample) MarshalJSON() ([]byte, error) {
	text := fmt.Appendf(nil, "[%d,%d,%d", s.At.Unix(), s.Conferences, s.Attendees)
	for _, count := range s.Clients {
		text = fmt.Appendf(text, ",%d", count)
	}
	return append(text, ']'), nil
}

// memory keeps the totals over time, maxSamples at most: it thins them out until each stands for longest, and forgets the oldest from then on.
type memory struct {
	mu      sync.Mutex
	spacing time.Duration // between two that are kept
	kept    []Sample
}

const (
	maxSamples = 2880
	longest    = 30 * time.Second // so that they last for a day
)

func (m *memory) add(s Sample) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.kept); n > 0 && s.At.Sub(m.kept[n-1].At) < m.spacing {
		return
	}
	switch {
	case len(m.kept) < maxSamples:
	case m.spacing < longest:
		m.spacing = max(2*m.spacing, 2*m.kept[maxSamples-1].At.Sub(m.kept[0].At)/maxSamples)
		thinned := m.kept[:0]
		for i := 0; i < len(m.kept); i += 2 {
			thinned = append(thinned, m.kept[i])
		}
		m.kept = thinned
	default:
		m.kept = slices.Delete(m.kept, 0, 1)
	}
	m.kept = append(m.kept, s)
}

func (m *memory) all() []Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.kept)
}
