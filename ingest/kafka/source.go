// Package kafka reads topics of Apache Kafka as chunks of raw messages, and
// writes messages to a topic.
//
// A Source is a member of a consumer group. For every generation of the group
// it looks up where its partitions stand, asks the handler where to start, and
// reads each partition in a goroutine of its own over a connection of its own,
// straight into slabs. Back-pressure is the handler blocking: a reader waits,
// heartbeats go on. Offsets are committed only up to what Commit was told, by
// the generation that owns the partition. When the generation ends, readers
// stop first, then the handler drains, then the last offsets are committed.
//
// The package decodes nothing and starts nothing before Run.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
	"github.com/gatehound/gatehound/schemas"
)

// Source reads topics as a member of a consumer group. Run may be called once;
// Commit, ReadRange, Ping and Lag are safe for concurrent use.
type Source struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	dialer  *broker.Dialer
	ledger  *ledger
	// late has the topics that did not exist when they were first looked for.
	// Run alone uses it.
	late map[string]bool
}

// New validates cfg and reads the files that it names. It makes no connection.
func New(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d, err := cfg.dialer()
	if err != nil {
		return nil, err
	}
	cfg.Topics = slices.Sorted(slices.Values(cfg.Topics))
	m := newMetrics(reg)
	return &Source{cfg: cfg, log: log, metrics: m, dialer: d, ledger: newLedger(m), late: map[string]bool{}}, nil
}

// Run reads until ctx is done, which is no error, or the handler returns one.
// Brokers that are away and topics that do not exist are waited for. Before it
// returns, readers have stopped, the handler has been called with Revoked,
// offsets are committed and the group is left.
//
// A generation for which Assigned returned an error is not told Revoked.
func (s *Source) Run(ctx context.Context, h ingest.Handler) error {
	if s.cfg.SASL.Mechanism == "plain" && !s.cfg.TLS.Enabled {
		s.log.Warn("sasl plain without tls sends the password in the clear", "brokers", s.cfg.Brokers)
	}
	for ctx.Err() == nil {
		topics, err := s.await(ctx)
		if err != nil {
			break
		}
		if err := s.join(ctx, topics, h); err != nil {
			return err
		}
	}
	return nil
}

// Commit marks what the ranges cover as done; it is committed within
// Config.CommitInterval. It does not wait. Ranges of a partition that this
// member does not own (any more) are not committed: they are named in an error
// that is ErrNotOwned, and the others are marked all the same.
func (s *Source) Commit(_ context.Context, ranges []schemas.Range) error {
	return s.ledger.mark(ranges)
}

// Lag returns, for each partition that this member owns, how many offsets of
// the log are not committed, as of the last fetch.
func (s *Source) Lag() map[Partition]int64 { return s.ledger.lag() }

// join is a member of the group until ctx is done, the handler fails, or the
// set of topics that exist is no longer topics.
func (s *Source) join(ctx context.Context, topics []string, h ingest.Handler) error {
	g, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                     s.cfg.Group,
		Brokers:                s.cfg.Brokers,
		Dialer:                 s.dialer.Kafka,
		Topics:                 topics,
		GroupBalancers:         []kafka.GroupBalancer{kafka.RangeGroupBalancer{}, kafka.RoundRobinGroupBalancer{}},
		HeartbeatInterval:      s.cfg.Heartbeat,
		PartitionWatchInterval: s.cfg.PartitionWatch,
		WatchPartitionChanges:  true,
		SessionTimeout:         s.cfg.SessionTimeout,
		RebalanceTimeout:       s.cfg.RebalanceTimeout,
		JoinGroupBackoff:       min(time.Second, s.cfg.Heartbeat),
		// LastOffset would skip what arrives between two starts before the
		// first commit; await commits the log's end instead.
		StartOffset: kafka.FirstOffset,
		Timeout:     s.cfg.DialTimeout,
	})
	if err != nil {
		return fmt.Errorf("join group %s: %w", s.cfg.Group, err)
	}
	defer g.Close()
	var logged time.Time
	for {
		gen, err := g.Next(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			s.metrics.groupErrors.Inc()
			if time.Since(logged) > partition.LogEvery {
				s.log.Warn("joining the consumer group failed, will be tried again", "group", s.cfg.Group, "error", err)
				logged = time.Now()
			}
			continue
		}
		s.metrics.rebalances.Inc()
		now, err := s.existing(ctx)
		if err == nil && !slices.Equal(now, topics) {
			s.log.Info("the topics that exist have changed", "before", topics, "now", now)
			return nil
		}
		m := &membership{Source: s, group: g, gen: gen, topics: topics, handler: h}
		if again, err := m.serve(ctx); err != nil || !again {
			return err
		}
	}
}

// reader makes a Reader of a partition: with an account as a member of the
// group, without one outside of it.
func (s *Source) reader(p Partition, a *account) *partition.Reader {
	r := &partition.Reader{
		Dialer: s.dialer, Partition: p, Log: s.log, Metrics: s.metrics.reader, State: &partition.State{}, Until: math.MaxInt64,
		Settings: partition.Settings{
			MinBytes: s.cfg.MinBytes, MaxBytes: s.cfg.MaxBytes, MaxMessageBytes: s.cfg.MaxMessageBytes,
			MaxWait: s.cfg.MaxWait, Timeout: s.cfg.DialTimeout, Watchdog: s.cfg.Watchdog,
		},
	}
	if a != nil {
		r.State = &a.State
		r.Moved = func(offset int64) { s.ledger.rebase(p, offset) }
	}
	return r
}

// Partition names a partition of a topic.
type Partition = broker.Partition

// ErrNotOwned is the error of a commit for a partition that another member, or
// nobody, owns.
var ErrNotOwned = errors.New("partition is not owned")
