package overlap

import "slices"

// proof is what the windows prove.
type proof struct {
	tail   *window // the probable end of the list, or nil
	sure   bool    // the tail is the end
	single bool    // one page held everything
	shared bool    // the chain of shared rows holds
	keys   bool    // the chain of keys holds, under every order that fits
	gaps   []gap   // where a chain is broken
}

// verdict is what the chains alone prove.
func (p proof) verdict() Verdict {
	switch {
	case p.tail == nil || !p.sure:
		return Incomplete
	case p.single || p.shared && p.keys:
		return Complete
	case p.shared || p.keys:
		return Conditional
	default:
		return Incomplete
	}
}

func (l *listing) prove() proof {
	var p proof
	p.tail, p.sure = l.findTail()
	if p.tail == nil {
		return p
	}
	p.single = l.onePageHeldAll(p.tail)
	p.shared = !l.orderChanged && l.sharedChain(&p)
	p.keys = l.keyChain(&p)
	return p
}

// sharedChain reports whether a head is linked with the tail.
func (l *listing) sharedChain(p *proof) bool {
	for _, w := range l.windows {
		if w.head() && w.n > 0 && w.group() == p.tail.group() {
			return true
		}
	}
	for i := 1; i < len(l.byOffset); i++ {
		if a, b := l.byOffset[i-1], l.byOffset[i]; a.group() != b.group() {
			p.gaps = append(p.gaps, gap{a, b})
		}
	}
	return false
}

// keyChain reports whether the key ranges leave no gap, under each order that fits.
func (l *listing) keyChain(p *proof) bool {
	fit := l.order.fitting()
	windows := slices.DeleteFunc(slices.Clone(l.windows), func(w *window) bool { return w.n == 0 || w.misplaced })
	holds := fit != 0
	for i := range orders {
		if fit.has(i) && !l.sweep(p, i, windows) {
			holds = false
		}
	}
	return holds
}

// sweep does so for one order: it goes over the windows by their first key.
func (l *listing) sweep(p *proof, i int, windows []*window) bool {
	o := orders[i]
	slices.SortStableFunc(windows, func(a, b *window) int { return o.compare(a.first, b.first) })
	var covered *window // there is no gap up to its last key
	for _, w := range windows {
		if w.head() && (covered == nil || o.compare(covered.last, w.last) < 0) {
			covered = w
		}
	}
	if covered == nil {
		return false
	}
	for _, w := range windows {
		if !o.linked(w.first, covered.last) {
			if w.walk == l.walk {
				p.gaps = append(p.gaps, gap{covered, w})
			}
			return false
		}
		if w == p.tail {
			return true
		}
		if o.compare(covered.last, w.last) < 0 {
			covered = w
		}
	}
	return false
}

// Evidence shows which rows were gone during a listing. It is immutable and safe for concurrent use; nil shows nothing.
type Evidence struct {
	spans []span
	fit   orderSet
}

// span is a part of the list that a window showed.
type span struct {
	first, last Key
	head, tail  bool
}

func (l *listing) evidence() *Evidence {
	p := l.prove()
	e := &Evidence{fit: l.order.fitting()}
	for _, w := range l.windows {
		if w.n > 0 && !w.misplaced {
			e.spans = append(e.spans, span{w.first, w.last, w.head(), w == p.tail && p.sure})
		}
	}
	return e
}

// Gone reports whether a row that no page showed was out of the list at some moment of the listing: under every order that
// fits, a page has rows before and behind its place.
func (e *Evidence) Gone(k Key) bool {
	if e == nil || e.fit == 0 || k.anonymous() {
		return false
	}
	for i, o := range orders {
		around := func(s span) bool {
			return (s.head || o.compare(s.first, k) < 0) && (s.tail || o.compare(k, s.last) < 0)
		}
		if e.fit.has(i) && !slices.ContainsFunc(e.spans, around) {
			return false
		}
	}
	return true
}
