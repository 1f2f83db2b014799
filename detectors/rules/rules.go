// Package rules holds events against the operator's own rules, written in Sigma:
// rules on single events and correlations of them.
//
// It is no detector of the engine's kind: a rule may group events by any fields,
// where a detector watches one kind of entity. It says nothing of what rules
// mean; package internal/sigma reads them, internal/match finds the events for
// which they hold, and internal/correlate counts those.
package rules

import (
	"errors"
	"log/slog"
	"regexp"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Settings are what New needs besides the configuration.
type Settings struct {
	Config Config
	// Table is the table of events in the queries of findings, with at most one
	// dot; "events" if empty.
	Table string
	// EntityKey is the secret under which callers and groups are hashed: that of
	// the engine.
	EntityKey [16]byte
	// Log may be nil.
	Log *slog.Logger
	// Exception returns the exception that covers a finding made by an event (nil
	// at the end of a window), or nil. It may be nil.
	Exception func(f *schemas.Finding, ev *schemas.Event) *schemas.Exception
}

// Monitor holds events against rules. Its methods may be called by any goroutine
// and take turns.
type Monitor struct {
	settings Settings
	log      *slog.Logger
	key      sketch.Key
	metrics  *metrics

	// mu keeps a reload, which comes from another goroutine, out of an Observe.
	mu  sync.Mutex
	set *set
	// told is what was told of which entity, and how often.
	told told
	// clock is the latest time of all events, in Unix nanoseconds, 0 before the
	// first one.
	clock int64
	// seq counts the events, so that those of one time have an order.
	seq    uint64
	buffer field.Buffer
	// current is the rule that is being told or counted, to be blamed for a
	// panic.
	current *rule
	// faulty tells that a panic that is no rule's was logged.
	faulty   bool
	findings []schemas.Finding
}

var tableNames = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// New loads the rules. A rule that is refused is no error: Rules tells it, and
// it is logged. Files that cannot be read are. The metrics go to registerer
// unless it is nil.
func New(settings Settings, registerer prometheus.Registerer) (*Monitor, error) {
	if settings.Table == "" {
		settings.Table = "events"
	}
	if !tableNames.MatchString(settings.Table) {
		return nil, errors.New("table is not a name: want letters, digits and _, with at most one dot")
	}
	m := &Monitor{settings: settings, log: settings.Log, key: sketch.NewKey(settings.EntityKey), metrics: newMetrics(registerer)}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	m.told.clear()
	return m, m.Reload(settings.Config)
}

// Reload puts the rules of another configuration in force, and the same files
// as they are now. Correlations whose text and rules have not changed go on with
// what they counted. After an error the old rules stay.
func (m *Monitor) Reload(cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	next, err := open(&cfg)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.set != nil {
		next.adopt(m.set)
	}
	m.set, m.settings.Config = next, cfg
	refused := 0
	for i := range next.infos {
		if x := &next.infos[i]; x.State == Refused {
			refused++
			m.log.Warn("rule refused", "file", x.File, "line", x.Line, "title", x.Title, "reason", x.Reason)
		}
	}
	m.metrics.loaded(len(next.rules), refused)
	if len(next.infos) > 0 {
		m.log.Info("rules loaded", "active", len(next.rules), "refused", refused)
	}
	return nil
}

// Except puts other exceptions in force; nil for none.
func (m *Monitor) Except(covering func(f *schemas.Finding, ev *schemas.Event) *schemas.Exception) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settings.Exception = covering
}

// Rules returns what became of every rule, in the order of the files.
func (m *Monitor) Rules() []Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Info(nil), m.set.infos...)
}

// Observe holds the events of b against the rules, in order, and returns what
// was found. Events of a partition with an offset below what from returns for it
// are passed over, as seen before; a nil from passes over none. The findings
// share no memory with b.
func (m *Monitor) Observe(b *schemas.Batch, from func(topic string, partition int32) int64) []schemas.Finding {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.findings = nil
	if len(m.set.rules) == 0 {
		return nil
	}
	for _, part := range b.Parts {
		first := int64(0)
		if from != nil {
			first = from(part.Range.Topic, part.Range.Partition)
		}
		for at := 0; at < len(part.Events); {
			at = m.run(part.Events, at, first)
		}
	}
	m.end(false)
	m.measure()
	return m.findings
}

// Flush closes all windows of correlations: there will be no more events.
func (m *Monitor) Flush() []schemas.Finding {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.findings = nil
	m.end(true)
	return m.findings
}

// run holds events against the rules from at on, and returns where to go on. A
// rule that panics is put out of force: it must not take the pipeline with it.
func (m *Monitor) run(events []schemas.Event, at int, first int64) (next int) {
	defer func() {
		if p := recover(); p != nil {
			m.blame()
			next = at + 1
		}
	}()
	for ; at < len(events); at++ {
		if ev := &events[at]; ev.Position.Offset >= first {
			m.event(ev)
		}
	}
	return at
}

// blame puts the rule that panicked out of force.
func (m *Monitor) blame() {
	m.metrics.panics.Inc()
	r := m.current
	if m.current = nil; r == nil {
		r = m.set.current()
	}
	if r == nil {
		if !m.faulty {
			m.log.Error("rules panicked outside of any rule")
		}
		m.faulty = true
		return
	}
	r.disabled = true
	info := &m.set.infos[r.info]
	info.State, info.Reason = Disabled, "it panicked: a fault of Gatehound's, please report it"
	m.log.Error("rule disabled after a panic", "file", info.File, "line", info.Line, "title", info.Title)
}

// event holds an event against the rules.
func (m *Monitor) event(ev *schemas.Event) {
	m.clock = max(m.clock, ev.Time)
	m.seq++
	m.buffer.Reset()
	matched := m.set.scratch.Match(ev)
	cut := m.set.scratch.Cut() // what tells of a match looks at the event anew
	for _, i := range matched {
		r := m.set.singles[i]
		if r.disabled {
			continue
		}
		m.metrics.matches.Inc()
		m.current = r
		m.matched(r, ev)
	}
	m.current = nil
	if cut {
		m.metrics.cut.Inc()
		m.overlong(ev)
	}
}

// matched tells of a rule that holds for an event, and counts it in the
// correlations of which the rule is one.
func (m *Monitor) matched(r *rule, ev *schemas.Event) {
	if r.speaks {
		m.tell(r, m.caller(ev), ev, nil)
	}
	for _, f := range r.feeds {
		m.count(f, ev)
	}
}
