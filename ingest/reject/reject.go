// Package reject writes what could not become an event to a dead-letter topic,
// as position, stage, reason and redacted excerpt: never the raw record, which
// can be read again at its position after a fix.
package reject

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/schemas"
)

// Sink takes rejects.
type Sink interface {
	// Write returns when all rejects are safe, or an error; they may then be
	// there all the same, or twice.
	Write(ctx context.Context, rs []schemas.Reject) error
}

// Writer is what DeadLetters writes through: a kafka.Writer to its topic.
type Writer interface {
	Write(ctx context.Context, ms []kafka.Message) error
}

var (
	_ Sink   = (*DeadLetters)(nil)
	_ Sink   = (*Counter)(nil)
	_ Writer = (*kafka.Writer)(nil)
)

// excerptBytes bounds the excerpt of a dead letter.
const excerptBytes = 2 << 10

// DeadLetters writes rejects to a topic as JSON, one message each, keyed by
// "topic/partition/offset", so that all that is said of a message stays in
// order.
type DeadLetters struct {
	w       Writer
	metrics *metrics
}

// New returns a Sink that writes through w.
func New(w Writer, reg prometheus.Registerer) *DeadLetters {
	return &DeadLetters{w: w, metrics: newMetrics(reg)}
}

// Write implements Sink. It is safe for concurrent use if the Writer is.
func (d *DeadLetters) Write(ctx context.Context, rs []schemas.Reject) error {
	if len(rs) == 0 {
		return nil
	}
	d.metrics.count(rs)
	ms := make([]kafka.Message, len(rs))
	for i, r := range rs {
		r.Excerpt = bound(r.Excerpt)
		value, err := json.Marshal(&r)
		if err != nil {
			return fmt.Errorf("encode dead letter of %s: %w", key(r.Position), err)
		}
		ms[i] = kafka.Message{Key: key(r.Position), Value: value}
	}
	if err := d.w.Write(ctx, ms); err != nil {
		d.metrics.failed.Add(float64(len(rs)))
		return fmt.Errorf("write %d dead letters: %w", len(rs), err)
	}
	return nil
}

// Counter is a Sink for setups without a dead-letter topic: it counts.
type Counter struct{ metrics *metrics }

// NewCounter returns a Counter.
func NewCounter(reg prometheus.Registerer) *Counter { return &Counter{newMetrics(reg)} }

// Write implements Sink. It never fails.
func (c *Counter) Write(_ context.Context, rs []schemas.Reject) error {
	c.metrics.count(rs)
	return nil
}

func key(p schemas.Position) []byte {
	b := make([]byte, 0, len(p.Topic)+24)
	b = append(append(b, p.Topic...), '/')
	b = append(strconv.AppendInt(b, int64(p.Partition), 10), '/')
	return strconv.AppendInt(b, p.Offset, 10)
}

// bound cuts s to excerptBytes, not within a character.
func bound(s string) string {
	if len(s) <= excerptBytes {
		return s
	}
	n := excerptBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
