package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
)

// writeAttempts bounds how often a batch is sent, with back-off from 100ms to
// 1s in between, before its error is returned: some 12 seconds, in which a
// broker restarts or a leader is elected.
const writeAttempts = 15

// writeTime bounds how long a Write goes on while a partition has no leader.
const writeTime = 15 * time.Second

// Message is what a Writer writes.
type Message struct{ Key, Value []byte }

// Writer writes to one topic: acknowledged by all replicas in sync, compressed
// with zstd, partitioned by key (messages without a key in turn).
type Writer struct {
	w     *kafka.Writer
	close func()
}

// NewWriter makes a writer to a topic, which must exist, of the brokers that
// cfg names; of cfg only what concerns the connection is used.
func NewWriter(cfg Config, topic string) (*Writer, error) {
	if err := cfg.validateConnection(); err != nil {
		return nil, err
	}
	if !topicName(topic) {
		return nil, fmt.Errorf("topic: want 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'")
	}
	d, err := cfg.dialer()
	if err != nil {
		return nil, err
	}
	t := d.Transport()
	t.MetadataTopics = []string{topic}
	t.MetadataTTL = time.Second // a leader that moved is not sought for longer
	return &Writer{close: t.CloseIdleConnections, w: &kafka.Writer{
		Addr:            kafka.TCP(cfg.Brokers...),
		Topic:           topic,
		Balancer:        &kafka.Hash{},
		MaxAttempts:     writeAttempts,
		WriteBackoffMin: 100 * time.Millisecond,
		WriteBackoffMax: time.Second,
		BatchSize:       1000,
		BatchBytes:      900 << 10, // under the brokers' message.max.bytes of 1 MB by default
		BatchTimeout:    5 * time.Millisecond,
		ReadTimeout:     cfg.DialTimeout,
		WriteTimeout:    cfg.DialTimeout,
		RequiredAcks:    kafka.RequireAll,
		Compression:     kafka.Zstd,
		Transport:       t,
	}}, nil
}

// Write writes messages and returns when all are acknowledged, or with the
// error of those that are not. A message may then be there all the same, or
// twice. It is safe for concurrent use.
func (w *Writer) Write(ctx context.Context, ms []Message) error {
	if len(ms) == 0 {
		return nil
	}
	out := make([]kafka.Message, len(ms))
	for i, m := range ms {
		out[i] = kafka.Message{Key: m.Key, Value: m.Value}
	}
	for started, n := time.Now(), 0; ; n++ {
		err := w.w.WriteMessages(ctx, out...)
		if err == nil {
			return nil
		}
		again := passing(err)
		var each kafka.WriteErrors
		if errors.As(err, &each) && len(each) == len(out) {
			left := out[:0:0]
			for i, e := range each {
				if e != nil {
					left, again = append(left, out[i]), again || passing(e)
				}
			}
			out = left
		}
		if !again || time.Since(started) > writeTime || partition.Sleep(ctx, partition.Backoff(n)) != nil {
			return fmt.Errorf("write %d of %d messages to topic %s: %w", len(out), len(ms), w.w.Topic, err)
		}
	}
}

// passing reports whether err is of a topic between two leaders. kafka-go tries
// again by itself what brokers answer with, but gives up at once where its own
// view of the cluster shows no leader.
func passing(err error) bool {
	var ke kafka.Error
	return errors.Is(err, protocol.ErrNoLeader) || errors.Is(err, protocol.ErrNoPartition) || errors.Is(err, protocol.ErrNoTopic) ||
		errors.As(err, &ke) && ke.Temporary()
}

// Close ends the writer's connections. No Write may be under way.
func (w *Writer) Close() error {
	defer w.close()
	return w.w.Close()
}
