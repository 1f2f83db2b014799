package feed

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

// saved is the form of a snapshot.
type saved struct {
	Clock, Start int64
	Windows      int
	Since        int64
	Sources      map[key]*source
}

// Snapshot returns the state. It is about a kilobyte a source.
func (m *Monitor) Snapshot() ([]byte, error) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(saved{m.clock, m.start, m.windows, m.since, m.sources}); err != nil {
		return nil, fmt.Errorf("encode the state of the feed: %w", err)
	}
	return b.Bytes(), nil
}

// Restore goes on from a snapshot. After an error the state is empty. A source's
// silence begins anew: nothing was heard while nobody listened.
func (m *Monitor) Restore(state []byte) error {
	m.clock, m.start, m.heard, m.windows, m.since, m.sources = 0, 0, 0, 0, 0, map[key]*source{}
	var s saved
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&s); err != nil {
		return fmt.Errorf("decode the state of the feed: %w", err)
	}
	for k, from := range s.Sources {
		if from == nil || len(m.sources) >= maxSources {
			continue
		}
		to := newSource(k.Format)
		latest, reasons := to.Latest, to.Reasons
		*to = *from
		to.format, to.Arrived = k.Format, 0
		if to.Latest == nil {
			to.Latest = latest
		}
		if to.Reasons == nil {
			to.Reasons = reasons
		}
		m.sources[k] = to
	}
	m.clock, m.start, m.windows, m.since = s.Clock, s.Start, s.Windows, s.Since
	return nil
}
