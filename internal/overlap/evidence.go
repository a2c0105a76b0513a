package overlap

// Evidence is what the pages of a listing say about rows that are not among its items. A nil Evidence says nothing.
// It is immutable and safe for concurrent use.
type Evidence struct {
	windows []*window
	fit     orderSet
}

func (l *listing) evidenceOfAbsence() *Evidence {
	p := l.prove()
	e := &Evidence{fit: l.evidence.fitting()}
	for _, w := range l.windows {
		if w.n == 0 || w.stray {
			continue
		}
		c := *w
		c.rows, c.parent = nil, nil
		c.ends = w == p.tail && p.sure
		e.windows = append(e.windows, &c)
	}
	return e
}

// Gone reports whether a row that no page showed was out of the list at some moment of the listing: under every
// order that fits, a page has rows on both sides of its place.
func (e *Evidence) Gone(k Key) bool {
	if e == nil || e.fit == 0 || k.nameless() {
		return false
	}
	for i := range orders {
		if e.fit.has(i) && !e.witnessed(orders[i], k) {
			return false
		}
	}
	return true
}

func (e *Evidence) witnessed(o order, k Key) bool {
	for _, w := range e.windows {
		afterFirst := w.head() || o.by(compareKeys(w.first, k)) < 0
		beforeLast := w.ends || o.by(compareKeys(k, w.last)) < 0
		if afterFirst && beforeLast {
			return true
		}
	}
	return false
}
