package overlap

import "slices"

// proof is what the windows prove so far.
type proof struct {
	tail   *window // the end of the list, if it was seen
	sure   bool    // and it needs no further look
	single bool    // one page held everything
	shared bool    // the chain of shared rows holds
	keys   bool    // the chain of key ranges holds, under every order that fits
	gaps   []seam  // where a chain is broken that could hold
}

// verdict of the chains alone.
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
	p.single = l.single(p)
	if !l.moved {
		p.shared = l.sharedChain(&p)
	}
	if fit := l.evidence.fitting(); fit != 0 {
		p.keys = l.keyChain(&p, fit)
	}
	return p
}

// sharedChain looks for a path of links from a head to the tail.
func (l *listing) sharedChain(p *proof) bool {
	for _, w := range l.windows {
		if w.head() && w.n > 0 && w.group() == p.tail.group() {
			return true
		}
	}
	for i := 1; i < len(l.line); i++ {
		if a, b := l.line[i-1], l.line[i]; a.group() != b.group() {
			p.gaps = append(p.gaps, seam{a, b})
		}
	}
	return false
}

// keyChain sweeps the windows by their first key, under each order in turn.
func (l *listing) keyChain(p *proof, fit orderSet) bool {
	windows := slices.DeleteFunc(slices.Clone(l.windows), func(w *window) bool { return w.n == 0 || w.stray })
	holds := true
	for i := range orders {
		if fit.has(i) && !l.sweep(p, i, windows) {
			holds = false
		}
	}
	return holds
}

func (l *listing) sweep(p *proof, i int, windows []*window) bool {
	o := orders[i]
	slices.SortStableFunc(windows, func(a, b *window) int { return o.by(compareKeys(a.first, b.first)) })
	var covered *window // the window whose last key ends what is known
	for _, w := range windows {
		if w.head() && (covered == nil || o.by(compareKeys(covered.last, w.last)) < 0) {
			covered = w
		}
	}
	if covered == nil {
		return false
	}
	for _, w := range windows {
		if !o.linked(compareKeys(w.first, covered.last)) {
			p.gaps = append(p.gaps, seam{covered, w})
			if w.epoch != l.walk {
				p.gaps = p.gaps[:len(p.gaps)-1]
			}
			return false
		}
		if w == p.tail {
			return true
		}
		if o.by(compareKeys(covered.last, w.last)) < 0 {
			covered = w
		}
	}
	return false
}
