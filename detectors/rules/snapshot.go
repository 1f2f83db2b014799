package rules

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"github.com/gatehound/gatehound/detectors/rules/internal/correlate"
	"github.com/gatehound/gatehound/detectors/rules/internal/load"
)

// saved is the form of a snapshot.
type saved struct {
	Clock  int64
	Seq    uint64
	Last   map[toldKey]int64
	Many   map[uint64]window
	Tables map[[16]byte]correlate.State
}

// Snapshot returns the state: what correlations count, and what was told.
func (m *Monitor) Snapshot() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := saved{m.clock, m.seq, m.told.Last, m.told.Many, map[[16]byte]correlate.State{}}
	for _, r := range m.set.correlations {
		s.Tables[r.key] = r.table.State()
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(s); err != nil {
		return nil, fmt.Errorf("encode the state of the rules: %w", err)
	}
	return b.Bytes(), nil
}

// Restore goes on from a snapshot. A correlation whose text or rules have
// changed since begins anew. After an error the state is empty.
func (m *Monitor) Restore(state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock, m.seq = 0, 0
	m.told.clear()
	for _, r := range m.set.correlations {
		r.table.Restore(correlate.State{})
	}
	var s saved
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&s); err != nil {
		return fmt.Errorf("decode the state of the rules: %w", err)
	}
	m.clock, m.seq = s.Clock, s.Seq
	for k, at := range s.Last {
		if len(m.told.Last) < maxTold {
			m.told.Last[k] = at
		}
	}
	for k, w := range s.Many {
		if len(m.told.Many) < load.MaxRules {
			m.told.Many[k] = w
		}
	}
	for _, r := range m.set.correlations {
		if t, ok := s.Tables[r.key]; ok {
			r.table.Restore(t)
		}
	}
	return nil
}
