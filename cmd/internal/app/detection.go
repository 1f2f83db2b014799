package app

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/detectors/feed"
	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Detection is what batches are shown to: the engine with the detectors, the
// monitor of the sources, and the users' own rules.
type Detection struct {
	*engine.Engine
	feed       *feed.Monitor
	rules      *rules.Monitor
	exceptions exceptions
}

var _ pipeline.Engine = (*Detection)(nil)

// OpenDetection makes what cfg asks for. With live the sources may fall silent,
// which in a replay they do at its end. log and reg may be nil. Close ends it.
func OpenDetection(cfg *Config, keys *redact.Keys, live bool, log *slog.Logger, reg prometheus.Registerer) (*Detection, error) {
	watchers, err := cfg.Detectors.Watchers()
	if err != nil {
		return nil, fmt.Errorf("detectors: %w", err)
	}
	sources, err := feed.New(cfg.Feed, eventsTable, live)
	if err != nil {
		return nil, fmt.Errorf("feed: %w", err)
	}
	settings := engine.Settings{Config: cfg.Engine, EntityKey: keys.EntityKey(), Table: eventsTable, Log: log}
	e, err := engine.New(settings, watchers, reg)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	own, err := rules.New(rules.Settings{
		Config: cfg.Rules, Table: eventsTable, EntityKey: keys.EntityKey(), Log: log, Exception: RuleExceptions(cfg.Engine.Allow),
	}, reg)
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("rules: %w", err)
	}
	d := &Detection{Engine: e, feed: sources, rules: own}
	d.exceptions.set(&cfg.Engine.Allow, nil)
	return d, nil
}

// eventsTable is what the findings' queries read.
const eventsTable = "events"

// Reload puts the thresholds, exceptions and rules of cfg in force.
func (d *Detection) Reload(cfg *Config) error {
	watchers, err := cfg.Detectors.Watchers()
	if err != nil {
		return fmt.Errorf("detectors: %w", err)
	}
	allow := d.exceptions.set(&cfg.Engine.Allow, nil)
	err = errors.Join(d.Engine.Replace(watchers), d.Engine.Reload(allow))
	if wrong := d.rules.Reload(cfg.Rules); wrong != nil {
		err = errors.Join(err, fmt.Errorf("rules: %w", wrong))
	}
	d.rules.Except(RuleExceptions(allow))
	return err
}

// Observe shows a batch to all.
func (d *Detection) Observe(b *schemas.Batch, from func(topic string, partition int32) int64) ([]schemas.Finding, error) {
	from = frozen(b, from)
	findings, err := d.Engine.Observe(b, from)
	findings = append(findings, d.rules.Observe(b, from)...)
	return append(findings, d.feed.Observe(b, from, time.Now())...), err
}

// frozen returns what from returns now: the engine's Next moves on when the
// engine has seen the batch, and the others have not yet. A nil from passes over
// nothing.
func frozen(b *schemas.Batch, from func(topic string, partition int32) int64) func(topic string, partition int32) int64 {
	if from == nil {
		return func(string, int32) int64 { return math.MinInt64 }
	}
	type lane struct {
		topic     string
		partition int32
	}
	first := make(map[lane]int64, len(b.Parts))
	for _, part := range b.Parts {
		l := lane{part.Range.Topic, part.Range.Partition}
		if _, ok := first[l]; !ok {
			first[l] = from(l.topic, l.partition)
		}
	}
	return func(topic string, partition int32) int64 { return first[lane{topic, partition}] }
}

// Forget drops what is kept of principals and true addresses, and returns of how
// many.
func (d *Detection) Forget(principals []string, addresses []netip.Addr) int {
	return d.Engine.Forget(principals, addresses) + d.rules.Forget(principals, addresses)
}

// Idle tells the monitor of the sources the time, and returns what correlators
// found meanwhile; all else goes by event time only.
func (d *Detection) Idle(now time.Time) []schemas.Finding {
	return append(d.Correlated(), d.feed.Idle(now)...)
}

// Flush closes the windows of all.
func (d *Detection) Flush() []schemas.Finding {
	return slices.Concat(d.Engine.Flush(), d.rules.Flush(), d.feed.Flush())
}

// Snapshot joins the snapshots of the engine, the rules and the monitor, each
// with its length before it.
func (d *Detection) Snapshot() ([]byte, error) {
	var out []byte
	for _, part := range []func() ([]byte, error){d.Engine.Snapshot, d.rules.Snapshot, d.feed.Snapshot} {
		state, err := part()
		if err != nil {
			return nil, err
		}
		out = binary.BigEndian.AppendUint64(out, uint64(len(state)))
		out = append(out, state...)
	}
	return out, nil
}

// Restore gives each its part.
func (d *Detection) Restore(snapshot []byte) error {
	for _, part := range []func([]byte) error{d.Engine.Restore, d.rules.Restore, d.feed.Restore} {
		if len(snapshot) < 8 || binary.BigEndian.Uint64(snapshot) > uint64(len(snapshot)-8) {
			return errors.New("the snapshot is cut off, or of another version")
		}
		n := 8 + binary.BigEndian.Uint64(snapshot)
		if err := part(snapshot[8:n]); err != nil {
			return err
		}
		snapshot = snapshot[n:]
	}
	return nil
}
