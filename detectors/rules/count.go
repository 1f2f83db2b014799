package rules

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/rules/internal/correlate"
	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// count counts an event in a correlation, and tells if that holds now.
func (m *Monitor) count(f feed, ev *schemas.Event) {
	r := f.to
	c := r.Correlation
	group, known := m.group(c, f.place, ev)
	if r.disabled || !known {
		return
	}
	o := correlate.Observation{At: ev.Time, Seq: m.seq, Rule: f.place}
	if !m.value(c, &o, ev) {
		return
	}
	m.current = r
	if r.judged && !r.table.Has(group) {
		o.Who, o.Sample = m.grouped(c, f.place, ev).entity(ev), sample(ev)
	}
	hit, ok := r.table.Add(group, &o, func(h correlate.Hit) { m.judged(r, h) })
	if !ok {
		return
	}
	if r.speaks {
		m.tell(r, m.grouped(c, f.place, ev), ev, &hit)
	}
	if hit.Edge {
		for _, next := range r.feeds {
			m.count(next, ev)
		}
	}
}

// value puts what is counted into o; false if the event has no such field.
func (m *Monitor) value(c *sigma.Correlation, o *correlate.Observation, ev *schemas.Event) bool {
	if c.Field == nil {
		return true
	}
	d := field.Of(*c.Field)
	switch n, ok := d.Number(ev); {
	case !d.Known(ev, &m.buffer):
		return false
	case c.Type == sigma.ValueCount:
		o.Value = m.hash(d, ev)
	case ok:
		o.Number = n
	}
	return true
}

// hash returns the keyed hash of a field's value: a caller's is the same over
// rotations of the key ring, and an IPv6 address's that of its /64.
func (m *Monitor) hash(d *field.Def, ev *schemas.Event) uint64 {
	switch {
	case d.Name == "principal":
		return m.key.String(detectors.Caller(ev))
	case d.Kind == field.Address:
		return m.key.Addr(detectors.Network(detectors.Client(ev)))
	}
	return m.key.String(d.Text(ev, &m.buffer))
}

// group returns the key of an event's group. An event that lacks a field that is
// grouped by is in none.
func (m *Monitor) group(c *sigma.Correlation, place int, ev *schemas.Event) (key uint64, known bool) {
	for _, g := range c.GroupBy {
		d := field.Of(g.Fields[place])
		if !d.Known(ev, &m.buffer) {
			return 0, false
		}
		key = m.key.Words(key, m.hash(d, ev))
	}
	return key, true
}

// end tells the correlations the time, or that there will be no more events.
func (m *Monitor) end(flush bool) {
	for _, r := range m.set.correlations {
		m.endOf(r, flush)
	}
}

func (m *Monitor) endOf(r *rule, flush bool) {
	m.current = r
	defer func() {
		if p := recover(); p != nil {
			m.blame()
		}
		m.current = nil
	}()
	emit := func(h correlate.Hit) { m.judged(r, h) }
	if m.clock != 0 {
		r.table.Advance(m.clock, emit)
	}
	if flush {
		r.table.Flush(emit)
	}
}

// judged tells of a window that was held against its bounds at its end.
func (m *Monitor) judged(r *rule, h correlate.Hit) {
	if !r.speaks || r.disabled {
		return
	}
	key := m.key.Words(uint64(h.Who.Kind), m.key.String(h.Who.Name))
	if m.told.pass(m, r, key, h.End) {
		m.emit(r, h.Who, h.End, &h, h.Sample, nil)
	}
}

// tell tells of a rule that holds for an event, or of a correlation that holds
// by it.
func (m *Monitor) tell(r *rule, who subject, ev *schemas.Event, hit *correlate.Hit) {
	if m.told.pass(m, r, m.key.Words(uint64(who.kind), who.key), ev.Time) {
		m.emit(r, who.entity(ev), ev.Time, hit, sample(ev), ev)
	}
}
