// Package feed watches the feed itself: what each source of records delivers. It
// finds a format whose records are rejected, a source that falls silent, one
// whose times jump back, and one whose records change their fields.
//
// The other detectors are blind to these: where a source's records are rejected
// or do not come, no attack is seen in them.
package feed

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// maxSources bounds the sources; further ones are not watched. Topics come from
// the configuration, and formats are few.
const maxSources = 4096

// deaf is the longest time between two calls that is no pause of our own. Idle
// comes every few seconds, unless the pipeline was held up.
const deaf = time.Minute

// key names a source: a format in a topic. What is rejected before its format is
// known counts for the topic's source without a format.
type key struct{ Topic, Format string }

func (k key) String() string {
	if k.Format == "" {
		return k.Topic
	}
	return k.Topic + "/" + k.Format
}

// Monitor watches the sources. It is not safe for concurrent use.
type Monitor struct {
	cfg     Config
	table   string
	live    bool
	sources map[key]*source
	// clock is the time: while records come as they are made it is our own,
	// because a source's may stand still or jump; in a replay it is the latest
	// time of all events. start is the beginning of the window. Unix
	// nanoseconds, 0 before the first record.
	clock, start int64
	// windows counts those since the long counts began, at the time since.
	windows int
	since   int64
	// heard is when the last call came, in Unix nanoseconds.
	heard    int64
	findings []schemas.Finding
}

// New returns a Monitor. table is the name of the table of events in the
// queries of findings. live says that records come as they are made, so that a
// source can be silent; those of a replay end.
func New(cfg Config, table string, live bool) (*Monitor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Monitor{cfg: cfg, table: table, live: live, sources: map[key]*source{}}, nil
}

// Observe takes the events and rejects of b, but for those with an offset below
// from, and the time at which they arrived. It returns what it found.
func (m *Monitor) Observe(b *schemas.Batch, from func(topic string, partition int32) int64, arrived time.Time) []schemas.Finding {
	m.findings = nil
	if !m.cfg.Enabled {
		return nil
	}
	m.listen(arrived)
	if m.live {
		m.clock = max(m.clock, arrived.UnixNano())
	}
	for _, part := range b.Parts {
		m.part(part, from(part.Range.Topic, part.Range.Partition), arrived.UnixNano())
	}
	m.end()
	return m.findings
}

// end judges the window if it is over.
func (m *Monitor) end() {
	if m.start != 0 && m.clock >= m.start+int64(m.cfg.Window) {
		m.judge()
	}
}

// Idle tells the time while nothing arrives: whoever is silent is found by the
// clock on the wall.
func (m *Monitor) Idle(now time.Time) []schemas.Finding {
	m.findings = nil
	if !m.cfg.Enabled || !m.live {
		return nil
	}
	m.listen(now)
	m.clock = max(m.clock, now.UnixNano())
	m.end()
	for _, k := range m.names() {
		m.hear(k, m.sources[k], now.UnixNano())
	}
	return m.findings
}

// Flush judges what is counted so far: there will be no more.
func (m *Monitor) Flush() []schemas.Finding {
	m.findings = nil
	if m.cfg.Enabled && m.start != 0 {
		m.judge()
	}
	return m.findings
}

// listen takes a pause of our own out of the silence of the sources.
func (m *Monitor) listen(now time.Time) {
	at := now.UnixNano()
	if at < m.heard {
		return // a tick that waited, or a clock that was put back
	}
	if pause := at - m.heard; m.heard != 0 && pause > int64(deaf) {
		for _, s := range m.sources {
			s.Arrived += pause
		}
	}
	m.heard = at
}

// part counts a part. Formats come in runs: the source is looked up once a run.
func (m *Monitor) part(part *schemas.Part, from, arrived int64) {
	var s *source
	for i := range part.Events {
		e := &part.Events[i]
		if e.Position.Offset < from {
			continue
		}
		if s == nil || e.Format != s.format {
			if s = m.source(key{part.Range.Topic, e.Format}); s == nil {
				return
			}
			s.arrive(arrived)
		}
		if !m.live {
			m.clock = max(m.clock, e.Time)
		}
		s.event(e, int64(m.cfg.Jump))
	}
	for i := range part.Rejects {
		r := &part.Rejects[i]
		if r.Position.Offset < from {
			continue
		}
		s := m.source(key{part.Range.Topic, r.Format})
		if s == nil {
			return
		}
		s.arrive(arrived)
		s.Rejects++
		s.reason(r.Reason)
		if m.clock == 0 {
			m.clock = arrived // nothing but rejects so far
		}
	}
	if m.start == 0 && m.clock != 0 {
		m.start = m.clock - m.clock%int64(m.cfg.Window)
	}
}

// source returns the source of a name, nil if there are too many.
func (m *Monitor) source(k key) *source {
	s := m.sources[k]
	if s == nil {
		if len(m.sources) >= maxSources {
			return nil
		}
		k = key{strings.Clone(k.Topic), strings.Clone(k.Format)} // they share memory with the batch
		s = newSource(k.Format)
		m.sources[k] = s
	}
	return s
}

// judge judges the window of every source and begins the next one.
func (m *Monitor) judge() {
	records, long := map[string]int64{}, map[string]int64{}
	for k, s := range m.sources {
		s.LongEvents, s.LongRejects = s.LongEvents+s.Events, s.LongRejects+s.Rejects
		records[k.Topic] += s.Events + s.Rejects
		long[k.Topic] += s.LongEvents + s.LongRejects
	}
	if m.windows++; m.windows == 1 {
		m.since = m.start
	}
	over := m.windows >= longWindows
	for _, k := range m.names() {
		s := m.sources[k]
		of, longOf := s.Events+s.Rejects, s.LongEvents+s.LongRejects
		if k.Format == "" {
			of, longOf = records[k.Topic], long[k.Topic]
		}
		found := m.rejects(k, s, s.Rejects, of, m.start) || m.rejects(k, s, s.LongRejects, longOf, m.since)
		m.jump(k, s)
		m.fields(k, s)
		s.next(over || found)
	}
	if over {
		m.windows = 0
	}
	m.start = m.clock - m.clock%int64(m.cfg.Window)
}

// names returns the sources in a fixed order.
func (m *Monitor) names() []key {
	return slices.SortedFunc(maps.Keys(m.sources), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Format, b.Format))
	})
}
