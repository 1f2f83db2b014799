package partition

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/broker"
)

func TestWithin(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	log := slog.New(slog.DiscardHandler)
	for _, tc := range []struct{ offset, want int64 }{{5, 10}, {10, 10}, {15, 15}, {20, 20}, {21, 10}} {
		if got := m.Within(log, broker.Partition{Topic: "in"}, tc.offset, broker.Span{Start: 10, End: 20}); got != tc.want {
			t.Errorf("offset %d of 10 to 20: %d, want %d", tc.offset, got, tc.want)
		}
	}
	if got := testutil.ToFloat64(m.Lost); got != 5 {
		t.Errorf("%v offsets are lost", got)
	}
}

func TestMarkers(t *testing.T) {
	for v, want := range map[string]bool{"\x00\x00\x00\x00\x00\x01": true, "": false, "{\"a\":1}": false, "\x00\x00": false, "abcdef": false} {
		if isMarker([]byte(v)) != want {
			t.Errorf("%q: want %v", v, want)
		}
	}
}

func TestErrorsOfTransport(t *testing.T) {
	for err, want := range map[error]bool{
		kafka.NotLeaderForPartition: true, io.ErrUnexpectedEOF: true, net.ErrClosed: true, os.ErrDeadlineExceeded: true,
		errStalled: false, errBeyond: false, errors.New("unsupported magic byte"): false,
	} {
		if got := isTransport(fmt.Errorf("read: %w", err)); got != want {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for n := range 100 {
		if d := Backoff(n); d < 25*time.Millisecond || d > 5*time.Second {
			t.Errorf("attempt %d waits %v", n, d)
		}
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		if err := Sleep(ctx, 30*time.Second); err != nil || time.Since(started) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(started))
		}
		if err := Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(started))
		}
	})
}

// TestFlush: few bytes get memory of their own, many the slab, and chunks cover
// what lies between.
func TestFlush(t *testing.T) {
	r := &Reader{Partition: broker.Partition{Topic: "in", ID: 3}, Metrics: NewMetrics(prometheus.NewRegistry()), State: &State{}}
	r.messages, r.bytes = r.Metrics.of(r.Partition)
	var got []*ingest.Chunk
	out := func(c *ingest.Chunk) error { got = append(got, c); return nil }
	add := func(offset int64, value string) {
		s := r.open()
		s.data = append(s.data, value...)
		s.ends = append(s.ends, len(s.data))
		s.offsets = append(s.offsets, offset)
		r.off = offset + 1
	}
	if err := r.flush(out); err != nil || len(got) != 0 {
		t.Fatalf("nothing to flush: %v, %d chunks", err, len(got))
	}
	add(4, "small")
	if err := r.flush(out); err != nil {
		t.Fatal(err)
	}
	add(5, strings.Repeat("x", slabBytes/2))
	if err := r.flush(out); err != nil {
		t.Fatal(err)
	}
	r.off = 9
	if err := r.flush(out); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d chunks", len(got))
	}
	small, large, empty := got[0], got[1], got[2]
	if small.First != 0 || small.Next != 5 || cap(small.Slab) > 64 || small.Free != nil || string(small.Slab) != "small" {
		t.Errorf("small chunk %d to %d of capacity %d", small.First, small.Next, cap(small.Slab))
	}
	if large.First != 5 || large.Next != 6 || cap(large.Slab) != slabBytes || large.Free == nil {
		t.Errorf("large chunk %d to %d of capacity %d", large.First, large.Next, cap(large.Slab))
	}
	large.Free()
	if empty.First != 6 || empty.Next != 9 || len(empty.Ends) != 0 {
		t.Errorf("empty chunk %d to %d with %d messages", empty.First, empty.Next, len(empty.Ends))
	}
	add(10, "y")
	if err := r.flush(func(*ingest.Chunk) error { return io.EOF }); !errors.As(err, new(*handlerError)) {
		t.Errorf("the handler failed: %v", err)
	}
	for c, want := range map[prometheus.Counter]float64{r.Metrics.Chunks: 4, r.messages: 3, r.bytes: 6 + slabBytes/2} {
		if got := testutil.ToFloat64(c); got != want {
			t.Errorf("%v is %v, want %v", c.Desc(), got, want)
		}
	}
}
