package livelist

// Truth says who was in the list in an interval of time, both ends included.
type Truth struct {
	Always map[Identity]bool // visible during the whole of it
	Ever   map[Identity]bool // visible at some moment of it
}

// Truth looks the interval up in the list's memory. What is yet to come counts as unchanged.
func (l *List) Truth(from, to float64) Truth {
	t := Truth{Always: make(map[Identity]bool, len(l.live.rows)), Ever: make(map[Identity]bool, len(l.rows))}
	for _, r := range l.rows {
		for _, s := range r.visible {
			if s.from <= to && from <= s.to {
				t.Ever[r.Identity()] = true
			}
			if s.from <= from && to < s.to {
				t.Always[r.Identity()] = true
			}
		}
	}
	return t
}
