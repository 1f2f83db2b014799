package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// ErrClosed is returned after Close.
var ErrClosed = errors.New("alerting is closed")

// Manager groups findings into alerts and delivers them.
type Manager struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	lanes   []*lane
	hooks   Hooks
	tree    *route.Tree
	// commits joins what the sinks' workers write to the log.
	commits outbox.Committer

	// listing lets one caller at a time look through the log: it takes a processor.
	listing sync.Mutex

	// mu keeps the decisions of Offer, Advance and the sweep apart, and opens
	// the log once.
	mu     sync.Mutex
	db     *bolt.DB
	temp   string // the folder of a temporary log
	closed bool
	clock  clock
	total  int             // alerts in the log
	seen   int             // findings in the log
	oldest time.Time       // when the open alert without findings for longest was last seen
	held   []schemas.Alert // changed while nobody called
	looked string          // the muted alert that the last sweep ended with
	quiet  *route.Silences // those that hold or will
	// lapses is when the first allowance that is in force is over; zero if none
	// is. inhibitors are open alerts that can silence others.
	lapses     time.Time
	inhibitors sources
	tidied     time.Time // when silences that are over were last looked for
}

// New checks cfg and prepares the delivery to sinks. A sink takes its settings
// from the entry of cfg.Sinks that has its name; without one it gets the
// defaults. New neither opens the log nor starts anything.
func New(cfg Config, sinks []Sink, log *slog.Logger, reg prometheus.Registerer) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(sinks) > maxSinks {
		return nil, fmt.Errorf("alerting has %d sinks: want at most %d", len(sinks), maxSinks)
	}
	met, err := newMetrics(reg)
	if err != nil {
		return nil, fmt.Errorf("register metrics of alerting: %w", err)
	}
	m := &Manager{cfg: cfg, log: log, metrics: met, clock: clock{stands: cfg.replay}}
	names := make([]string, 0, len(sinks))
	for _, s := range sinks {
		names = append(names, s.Name())
	}
	if m.tree, err = route.New(cfg.Routing, names); err != nil {
		return nil, fmt.Errorf("alerting.routing.%w", err)
	}
	if err := m.inhibitors.read(cfg.Routing.Inhibit); err != nil {
		return nil, fmt.Errorf("alerting.routing.inhibit: %w", err)
	}
	for _, s := range sinks {
		sc := SinkConfig{Name: s.Name(), Kind: "given"}
		for _, c := range cfg.Sinks {
			if c.Name == s.Name() {
				sc = c
			}
		}
		sc = sc.orDefaults()
		if err := sc.validate(); err != nil {
			return nil, fmt.Errorf("sink: %w", err)
		}
		if m.lane(sc.Name) != nil {
			return nil, fmt.Errorf("two sinks are named %s: want unique names", sc.Name)
		}
		r, err := newLane(s, sc, cfg.CaseURL, m.reveal)
		if err != nil {
			return nil, fmt.Errorf("sink %s: %w", sc.Name, err)
		}
		m.lanes = append(m.lanes, r)
		met.sink(sc.Name)
	}
	return m, nil
}

// Use sets what the manager asks of the program around it. It is called before
// Open and Run.
func (m *Manager) Use(h Hooks) { m.hooks = h }

// rules returns what decisions follow now; the caller holds mu.
func (m *Manager) rules(now time.Time) group.Rules {
	sinks := make(map[string]schemas.Severity, len(m.lanes))
	for _, r := range m.lanes {
		sinks[r.name] = r.min
	}
	return group.Rules{
		GroupWindow: m.cfg.GroupWindow, RepeatInterval: m.cfg.RepeatInterval, ResolveAfter: m.cfg.ResolveAfter,
		Severity: func(a *schemas.Alert) schemas.Severity { s, _ := m.tree.Severity(a); return s },
		Decide: func(a *schemas.Alert, open func(func(*schemas.Alert) bool)) route.Decision {
			return m.tree.Decide(a, route.World{Now: now, Quiet: m.quiet, Open: open})
		},
		Open: m.inhibitors.each, Sinks: sinks,
	}
}

// lane returns the sink of that name, or nil.
func (m *Manager) lane(name string) *lane {
	for _, r := range m.lanes {
		if r.name == name {
			return r
		}
	}
	return nil
}

// Open opens the notification log and reads what waits in it. Whatever needs
// the log opens it; calling Open first gives its error a place of its own.
func (m *Manager) Open() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.open()
}

// open is Open; the caller holds mu.
func (m *Manager) open() error {
	if m.closed {
		return ErrClosed
	}
	if m.db != nil {
		return nil
	}
	db, temp, err := openLog(m.cfg.Path)
	if err != nil {
		return err
	}
	m.db, m.temp = db, temp
	if err := m.restore(); err != nil {
		m.db = nil
		return errors.Join(fmt.Errorf("read notification log: %w", err), db.Close())
	}
	if err := m.tellAllowed(time.Now()); err != nil {
		m.db = nil
		return errors.Join(err, db.Close())
	}
	return nil
}

// openLog opens the log at path and brings it up to date.
func openLog(path string) (db *bolt.DB, temp string, err error) {
	if db, temp, err = journal.Open(path); err != nil {
		return nil, "", err
	}
	if err := db.Update(group.Upgrade); err != nil {
		return nil, "", errors.Join(fmt.Errorf("upgrade notification log %s: %w", path, err), db.Close())
	}
	return db, temp, nil
}

// restore makes again what the manager keeps in memory.
func (m *Manager) restore() error {
	var gone map[string]int
	if err := m.db.Update(func(tx *bolt.Tx) (err error) {
		gone, err = outbox.Disown(tx, func(sink string) bool { return m.lane(sink) != nil }, time.Now())
		return err
	}); err != nil {
		return err
	}
	for sink, n := range gone {
		m.log.Warn("notifications for a removed sink are dead letters", "sink", sink, "count", n)
	}
	return m.db.View(func(tx *bolt.Tx) error {
		open := tx.Bucket(journal.Unresolved)
		m.total = tx.Bucket(journal.Alerts).Stats().KeyN
		m.seen = tx.Bucket(journal.Seen).Stats().KeyN
		m.metrics.open.Set(float64(open.Stats().KeyN))
		m.oldest = journal.First(open)
		if at := journal.Clock(tx); !at.IsZero() {
			m.clock.advance(at, time.Now())
		} else if k, _ := tx.Bucket(journal.Recent).Cursor().Last(); k != nil {
			seen, _ := journal.AtMoment(k) // of a window that may not be over
			m.clock.advance(earlier(seen, time.Now()), time.Now())
		}
		if err := m.recall(tx, time.Now()); err != nil {
			return err
		}
		for _, r := range m.lanes {
			r.q.Push(outbox.Load(tx, r.name)...)
			m.metrics.queue.WithLabelValues(r.name).Set(float64(r.q.Size()))
			if dead := tx.Bucket(journal.Dead).Bucket([]byte(r.name)); dead != nil {
				n := dead.Stats().KeyN
				m.metrics.dead.WithLabelValues(r.name).Set(float64(n))
				r.note(func(s *SinkStatus) { s.Dead = n })
			}
		}
		return nil
	})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sweepEvery is how often Run looks for alerts to resolve and for entries of
// the log that have expired.
const sweepEvery = 5 * time.Second

// Run delivers until ctx is done, then for at most DrainTimeout what is due;
// what is left stays in the log. It returns an error if the log cannot be
// opened or a sink does not return from Notify.
func (m *Manager) Run(ctx context.Context) error {
	if err := m.Open(); err != nil {
		return err
	}
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var workers sync.WaitGroup
	busy := make(map[string]chan struct{})
	for _, r := range m.lanes {
		done := make(chan struct{})
		busy[r.name] = done
		workers.Go(func() {
			defer close(done)
			m.deliver(ctx, hard, r)
		})
	}
	m.maintain(ctx)
	drained := make(chan struct{})
	go func() {
		workers.Wait()
		close(drained)
	}()
	if !within(drained, m.cfg.DrainTimeout) {
		cancel()
		if !within(drained, time.Second) {
			var names []string
			for _, r := range m.lanes {
				if !within(busy[r.name], 0) {
					names = append(names, r.name)
				}
			}
			return fmt.Errorf("stop alerting: sinks do not return: %s", strings.Join(names, ", "))
		}
	}
	return nil
}

// within reports whether done is closed within d.
func within(done <-chan struct{}, d time.Duration) bool {
	select {
	case <-done:
		return true
	default:
	}
	if d <= 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// maintain sweeps until ctx is done.
func (m *Manager) maintain(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := m.sweep(); err != nil {
				m.log.Error("sweep of the notification log", "error", err)
			}
		}
	}
}

// Close closes the notification log. It is called after Run has returned.
func (m *Manager) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	if m.db == nil {
		return nil
	}
	err := m.db.Close()
	if m.temp != "" {
		err = errors.Join(err, os.RemoveAll(m.temp))
	}
	if err != nil {
		return fmt.Errorf("close notification log: %w", err)
	}
	return nil
}
