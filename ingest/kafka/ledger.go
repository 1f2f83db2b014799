package kafka

import (
	"errors"
	"fmt"
	"sync"

	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
	"github.com/gatehound/gatehound/schemas"
)

// ledger knows which partitions this member owns, what of them may be
// committed and what is.
type ledger struct {
	metrics *metrics
	// mu guards owned against Commit being called by the pipeline while a
	// generation comes or goes.
	mu    sync.Mutex
	owned map[Partition]*account
}

// account is the state of one owned partition.
type account struct {
	gauges *gauges
	// marked is the offset up to which the handler is done, committed the one
	// that the brokers have. Both only rise. Guarded by ledger.mu.
	marked, committed int64
	// State is the reader's, who may write it at any time.
	partition.State
}

func newLedger(m *metrics) *ledger { return &ledger{metrics: m, owned: map[Partition]*account{}} }

// account returns that of a partition that is owned.
func (l *ledger) account(p Partition) *account {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owned[p]
}

// own starts an account. committed is what the brokers hold, from what is to be
// read on: where the two differ, from is committed at the next flush.
func (l *ledger) own(p Partition, committed, from int64, at broker.Span) {
	a := &account{gauges: l.metrics.partition(p), marked: from, committed: committed}
	if committed > from {
		// The topic was made anew: what the brokers hold is of no topic that
		// exists, and from is not a step back.
		a.committed = -1
	}
	a.Start.Store(at.Start)
	a.End.Store(at.End)
	a.Position.Store(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owned[p] = a
}

// mark raises what may be committed.
func (l *ledger) mark(ranges []schemas.Range) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, r := range ranges {
		a := l.owned[Partition{Topic: r.Topic, ID: r.Partition}]
		if a == nil {
			errs = append(errs, fmt.Errorf("commit %s/%d up to %d: %w", r.Topic, r.Partition, r.Next, ErrNotOwned))
			continue
		}
		// A range beyond the log's end, and beyond what was handed on, is of a
		// topic that was made anew since.
		if r.Next <= max(a.End.Load(), a.Position.Load()) {
			a.marked = max(a.marked, r.Next)
		}
	}
	return errors.Join(errs...)
}

// pending returns what is marked and not committed, as kafka-go wants it.
func (l *ledger) pending() map[string]map[int]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out map[string]map[int]int64
	for p, a := range l.owned {
		if a.marked <= a.committed {
			continue
		}
		if out == nil {
			out = map[string]map[int]int64{}
		}
		if out[p.Topic] == nil {
			out[p.Topic] = map[int]int64{}
		}
		out[p.Topic][int(p.ID)] = a.marked
	}
	return out
}

// settle notes that offsets are committed.
func (l *ledger) settle(offsets map[string]map[int]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for topic, partitions := range offsets {
		for id, offset := range partitions {
			if a := l.owned[Partition{Topic: topic, ID: int32(id)}]; a != nil {
				a.committed = max(a.committed, offset)
			}
		}
	}
}

// disown closes every account.
func (l *ledger) disown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.owned {
		l.metrics.forget(p)
	}
	clear(l.owned)
	l.metrics.assigned.Set(0)
}

func (l *ledger) lag() map[Partition]int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[Partition]int64, len(l.owned))
	for p, a := range l.owned {
		out[p] = a.lag()
	}
	return out
}

// lag is what of the log is not committed. Guarded by ledger.mu.
func (a *account) lag() int64 { return max(0, a.End.Load()-max(a.committed, a.Start.Load())) }

// publish sets the gauges.
func (l *ledger) publish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.metrics.assigned.Set(float64(len(l.owned)))
	for _, a := range l.owned {
		a.gauges.lag.Set(float64(a.lag()))
		a.gauges.start.Set(float64(a.Start.Load()))
		a.gauges.end.Set(float64(a.End.Load()))
		a.gauges.position.Set(float64(a.Position.Load()))
		a.gauges.committed.Set(float64(a.committed))
	}
}

// rebase notes that a partition is read from offset on, as its log was found
// not to hold the position. A step back is committed: it is a new log.
func (l *ledger) rebase(p Partition, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.owned[p]
	if a == nil {
		return
	}
	a.Position.Store(offset)
	if offset < a.committed {
		a.committed, a.marked = -1, offset
	}
}

// observe notes where logs start and end.
func (l *ledger) observe(spans map[Partition]broker.Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, at := range spans {
		if a := l.owned[p]; a != nil {
			a.Start.Store(at.Start)
			a.End.Store(max(a.End.Load(), at.End))
		}
	}
}
