package livelist

// Truth says which identities were visible in an interval of time, both ends included.
type Truth struct {
	Always map[Identity]bool // during the whole interval
	Ever   map[Identity]bool // at one moment of it or more
}

// Truth reads the history of an interval. After the present time everything counts as unchanged.
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
