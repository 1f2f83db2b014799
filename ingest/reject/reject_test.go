package reject

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/schemas"
)

// writerFunc is a Writer that calls a function.
type writerFunc func([]kafka.Message) error

func (f writerFunc) Write(_ context.Context, ms []kafka.Message) error { return f(ms) }

func reject(offset int64, reason string) schemas.Reject {
	return schemas.Reject{Position: schemas.Position{Topic: "logs", Partition: 3, Offset: offset, Index: 1},
		Stage: "decode", Reason: reason, Format: "kong", Bytes: 17, Excerpt: `{"a": "[email]"}`}
}

func TestDeadLetters(t *testing.T) {
	var got []kafka.Message
	d := New(writerFunc(func(ms []kafka.Message) error { got = append(got, ms...); return nil }), prometheus.NewRegistry())
	want := []schemas.Reject{reject(5, "bad_json"), reject(6, "bad_json"), reject(7, "too_deep")}
	if err := d.Write(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if err := d.Write(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d messages", len(got))
	}
	for i, m := range got {
		var r schemas.Reject
		if err := json.Unmarshal(m.Value, &r); err != nil || r != want[i] {
			t.Errorf("message %d is %s, %v", i, m.Value, err)
		}
		if key := fmt.Sprintf("logs/3/%d", 5+i); string(m.Key) != key {
			t.Errorf("key %d is %s, want %s", i, m.Key, key)
		}
	}
	for reason, n := range map[string]float64{"bad_json": 2, "too_deep": 1} {
		if have := testutil.ToFloat64(d.metrics.rejects.WithLabelValues("decode", reason)); have != n {
			t.Errorf("%v rejects for %s are counted, want %v", have, reason, n)
		}
	}
}

func TestWriterFails(t *testing.T) {
	boom := errors.New("boom")
	d := New(writerFunc(func([]kafka.Message) error { return boom }), prometheus.NewRegistry())
	err := d.Write(t.Context(), []schemas.Reject{reject(1, "bad_json"), reject(2, "bad_json")})
	if !errors.Is(err, boom) || strings.Contains(err.Error(), "email") {
		t.Errorf("have %v", err)
	}
	if n := testutil.ToFloat64(d.metrics.failed); n != 2 {
		t.Errorf("%v failed", n)
	}
}

func TestHostileRejects(t *testing.T) {
	var got []kafka.Message
	d := New(writerFunc(func(ms []kafka.Message) error { got = ms; return nil }), prometheus.NewRegistry())
	for _, excerpt := range []string{strings.Repeat("ü", 1<<20), strings.Repeat("\x80", 10000), "\xff\x00\u2028<script>", ""} {
		r := reject(1, "bad_json")
		r.Excerpt = excerpt
		if err := d.Write(t.Context(), []schemas.Reject{r}); err != nil {
			t.Fatal(err)
		}
		if len(got[0].Value) > 6*excerptBytes+512 || !utf8.Valid(got[0].Value) || !json.Valid(got[0].Value) {
			t.Errorf("a dead letter of %d bytes", len(got[0].Value))
		}
	}
}

func TestReasonsAreBounded(t *testing.T) {
	c := NewCounter(prometheus.NewRegistry())
	for i := range 1000 {
		if err := c.Write(t.Context(), []schemas.Reject{reject(1, fmt.Sprint("reason ", i))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := testutil.CollectAndCount(c.metrics.rejects); n != maxReasons+1 {
		t.Errorf("%d series, want %d", n, maxReasons+1)
	}
	if n := testutil.ToFloat64(c.metrics.rejects.WithLabelValues("other", "other")); n != 1000-maxReasons {
		t.Errorf("%v others", n)
	}
}

// TestToTopic writes through a real writer and reads the topic back.
func TestToTopic(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cfg := kafka.DefaultConfig()
	cfg.Brokers = c.ListenAddrs()
	w, err := kafka.NewWriter(cfg, "dead")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := New(w, prometheus.NewRegistry()).Write(t.Context(), []schemas.Reject{reject(5, "bad_json")}); err != nil {
		t.Fatal(err)
	}
	for p := range 2 {
		if c.PartitionInfo("dead", int32(p)).HighWatermark == 0 {
			continue
		}
		conn, err := kafkago.DialLeader(t.Context(), "tcp", cfg.Brokers[0], "dead", p)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		m, err := conn.ReadMessage(1 << 20)
		if err != nil || string(m.Key) != "logs/3/5" || !strings.Contains(string(m.Value), `"reason":"bad_json"`) {
			t.Errorf("have %s: %s, %v", m.Key, m.Value, err)
		}
		return
	}
	t.Error("nothing was written")
}
