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
	"math/rand/v2"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

// Source reads topics as a member of a consumer group. Run may be called once;
// Commit, ReadRange, Ping and Lag are safe for concurrent use.
type Source struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	dialer  *dialer
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
	d, err := newDialer(&cfg)
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
		Dialer:                 s.dialer.kafka,
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
			if time.Since(logged) > logEvery {
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

// Partition names a partition of a topic.
type Partition struct {
	Topic string
	ID    int32
}

// ErrNotOwned is the error of a commit for a partition that another member, or
// nobody, owns.
var ErrNotOwned = errors.New("partition is not owned")

// backoff is the wait before attempt n of something, from 0: 50ms, doubling to
// 5s, less up to a half at random, so that partitions do not retry in step.
func backoff(n int) time.Duration {
	d := 50 * time.Millisecond << min(n, 7)
	d = min(d, 5*time.Second)
	return d - rand.N(d/2)
}

// logEvery is the least time between two warnings of one thing that is tried
// again and again.
const logEvery = 30 * time.Second

// sleep waits for d or until ctx is done, and then returns its error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
