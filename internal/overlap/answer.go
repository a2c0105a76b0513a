package overlap

import (
	"cmp"
	"slices"
)

// add takes in an answer and returns the ids of its rows, in its order, and which of them are new.
func (l *listing) add(r request, keys []Key, total int) (ids []rowID, fresh []bool) {
	l.land(r)
	l.streak = 0
	before := l.total
	l.total = max(0, min(total, maxTotal))
	w := &window{request: r, seq: len(l.windows), n: len(keys), total: l.total}
	w.parent = w
	if l.sized && l.total+max(l.size, before/4) < before && l.countsAll() {
		l.startOver() // the list shrank: what was read before has other places now
	}
	if !l.rigid {
		w.epoch = l.walk
	}
	l.windows = append(l.windows, w)
	l.received += w.n
	w.stray = w.n > w.count
	if !l.sized {
		l.learn(w)
	}
	ids, fresh = l.number(w, keys)
	if w.n == 0 {
		if w.epoch == l.walk {
			l.voids = append(l.voids, w)
			l.disown()
		}
		return ids, fresh
	}
	l.full = max(l.full, w.n)
	w.describe(keys)
	switch {
	case w.epoch != l.walk: // it was under way when the server turned out not to cut pages as asked
		w.stray = true
		return ids, fresh
	case w.stray:
		l.goRigid(w.n)
		return ids, fresh
	}
	l.evidence.see(keys)
	if !l.putAside(w) {
		l.place(w)
		l.judge()
	}
	return ids, fresh
}

// place takes in where the rows of a window are.
func (l *listing) place(w *window) {
	l.watchPlaces(w)
	l.reached = max(l.reached, w.reached())
	if l.displaced >= maxDisplaced {
		l.goRigid(l.size)
		return
	}
	l.link(w)
	l.enter(w)
	if l.alike(w) >= maxDisplaced {
		l.goRigid(l.size)
	}
}

// learn takes the page size from the first page. Fewer rows than asked for are the end or a silent
// cap; a cap is assumed until the end is seen.
func (l *listing) learn(w *window) {
	l.sized = true
	l.seen.expect(w.total)
	if w.n < w.count {
		w.count = min(w.count, max(w.n, MinPageSize))
		l.size = w.count
	}
	l.front = w.end()
	l.horizon = l.front
	if !w.short() {
		l.horizon = max(w.total, w.n) + l.overlap + 1
	}
}

// number gives every row its id. A row that cannot be told from others links nothing.
func (l *listing) number(w *window, keys []Key) (ids []rowID, fresh []bool) {
	ids, fresh = make([]rowID, len(keys)), make([]bool, len(keys))
	w.rows = make([]rowID, len(keys))
	named := none
	twins := map[nth]int{} // how far the rows that look alike on this page are numbered
	for i, k := range keys {
		row := nth{Key: k, after: none}
		if k.nameless() {
			row.after = named
		}
		id, isNew := l.seen.number(row)
		alone := !k.nameless()
		first := row
		for !isNew && l.seen.rows[id].window == int32(w.seq) { // the page has it already
			if j := l.at[id]; j >= 0 {
				w.rows[j] = ^id
			}
			alone = false
			twins[first]++
			row.n = first.n + twins[first]
			id, isNew = l.seen.number(row)
		}
		if isNew {
			l.at = append(l.at, -1)
		}
		l.at[id] = int32(i)
		ids[i], fresh[i], w.rows[i] = id, isNew, id
		if alone {
			named = id
		} else {
			w.rows[i] = ^id
			l.weak = true
		}
		l.seen.rows[id].window = int32(w.seq)
	}
	for _, id := range ids {
		l.at[id] = -1
	}
	return ids, fresh
}

// link joins the new window with those that it shares rows with.
func (l *listing) link(w *window) {
	for _, v := range l.open {
		if v.offset()-l.reach() > w.reached() || v.reached()+l.reach() < w.offset() {
			continue
		}
		m := meet(v, w, l.at)
		switch {
		case m.inverted:
			l.moved = true
		case m.shared < min(minShared, v.n, w.n) || m.strangers > m.shared:
		case abs(m.shift) <= l.reach():
			l.drift = max(l.drift, abs(m.shift))
			l.keepPace(v, w, m.shift)
			v.group().parent = w.group()
		}
	}
	l.open = append(l.open, w)
}

// enter puts the window into its walk's line and looks at the seams to its neighbours.
func (l *listing) enter(w *window) {
	i, _ := slices.BinarySearchFunc(l.line, w, func(a, b *window) int {
		return cmp.Or(cmp.Compare(a.offset(), b.offset()), cmp.Compare(a.reached(), b.reached()), cmp.Compare(a.seq, b.seq))
	})
	l.line = slices.Insert(l.line, i, w)
	if !l.unfilled {
		if w.short() {
			l.shorts = append(l.shorts, w)
		}
		last := l.line[len(l.line)-1]
		l.unfilled = slices.ContainsFunc(l.shorts, func(v *window) bool { return v.end() <= max(w.offset(), last.offset()) })
	}
	l.compareFar(i)
	if i > 0 {
		l.look(l.line[i-1], w)
	}
	if i+1 < len(l.line) {
		l.look(w, l.line[i+1])
	}
}
