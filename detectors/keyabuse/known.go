package keyabuse

// known remembers the eight things of a kind, such as networks, that a key used
// last, and how often new ones come; 72 bytes. Times are hours since the epoch,
// modulo 2^16.
type known struct {
	marks [8]mark
	// newcomers is a decayed count of the new things of past days, one in ten
	// forgotten a day; today counts those of this day, up to three.
	newcomers float32
	today     uint8
	// at is the place of the last thing.
	at uint8
}

// mark is one thing: 0 is none.
type mark struct {
	hash        uint32
	first, last uint16
}

// see notes a thing and returns it. A new one takes the place of the one that is
// unused for longest, of those who are not settled first, so that a thief with
// many networks does not push out the owner's.
func (k *known) see(hash uint64, now uint16, a *age) *mark {
	tag := max(uint32(hash>>32), 1)
	if m := &k.marks[k.at]; m.hash == tag {
		m.last = now
		return m
	}
	victim, worst := 0, -1
	for i := range k.marks {
		m := &k.marks[i]
		if m.hash == tag {
			m.last, k.at = now, uint8(i)
			return m
		}
		unused := int(now - m.last)
		switch {
		case m.hash == 0:
			unused = 1 << 20
		case !a.settled(m, now):
			unused += 1 << 18
		}
		if unused > worst {
			victim, worst = i, unused
		}
	}
	k.marks[victim], k.at = mark{tag, now, now}, uint8(victim)
	if a.grown(now) {
		k.today = min(k.today+1, 3)
	}
	return &k.marks[victim]
}

// nextDay takes today's new things into the count.
func (k *known) nextDay() {
	k.newcomers = 0.9*k.newcomers + float32(k.today)
	k.today = 0
}

// steady tells that new things are rare: less than about one in five days.
func (k *known) steady() bool { return k.newcomers < 2 }

// settledCount returns how many of the things are settled.
func (k *known) settledCount(now uint16, a *age) int {
	n := 0
	for i := range k.marks {
		if k.marks[i].hash != 0 && a.settled(&k.marks[i], now) {
			n++
		}
	}
	return n
}

// settle takes all things for known, as of the key's beginning.
func (k *known) settle(a *age) {
	for i := range k.marks {
		if k.marks[i].hash != 0 {
			k.marks[i].first = a.born
		}
	}
	k.today = 0
}

// age is when a key was first seen, and how long learning takes, in hours.
type age struct{ born, history, settle uint16 }

// settled tells that a thing is no news: it is of the key's first time, or was
// first seen long enough ago.
func (a *age) settled(m *mark, now uint16) bool {
	return m.first-a.born < a.history || now-m.first >= a.settle
}

// grown tells that the key's first time is over.
func (a *age) grown(now uint16) bool { return now-a.born >= a.history }

// find returns a thing that was noted before, nil if it was not.
func (k *known) find(hash uint64) *mark {
	tag := max(uint32(hash>>32), 1)
	for i := range k.marks {
		if k.marks[i].hash == tag {
			return &k.marks[i]
		}
	}
	return nil
}
