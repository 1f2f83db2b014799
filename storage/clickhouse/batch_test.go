package clickhouse

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/gatehound/gatehound/schemas"
)

// midnight is one that no TTL of the tests reaches.
var midnight = time.Now().UTC().Truncate(day)

// nightBatch makes batch n of events events, whose times lie around midnight in
// random order: about half on either day, in eight minutes.
func nightBatch(n, events int) *schemas.Batch {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	b := &schemas.Batch{}
	const parts = 4
	for p := range parts {
		part := &schemas.Part{Range: schemas.Range{Topic: "logs", Partition: int32(p), First: int64(n * events), Next: int64((n + 1) * events)}}
		for i := range events / parts {
			status := []uint16{200, 200, 200, 401, 403, 429, 500}[r.IntN(7)]
			part.Events = append(part.Events, schemas.Event{
				Position: schemas.Position{Topic: "logs", Partition: int32(p), Offset: part.Range.First + int64(i)},
				Time:     midnight.Add(time.Duration(r.Int64N(int64(8*time.Minute))) - 4*time.Minute).UnixNano(),
				Known:    schemas.HasStatus | schemas.HasLatency | schemas.HasInputTokens,
				Status:   status, Latency: time.Duration(r.IntN(1e9)), InputTokens: int64(r.IntN(1000)),
				Principal: fmt.Sprintf("h1:k1:%d", r.IntN(events)),
				Client:    netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(256))}),
				Method:    "POST", Route: fmt.Sprintf("/v1/r%d", r.IntN(20)), Model: "m",
			})
		}
		part.Rejects = append(part.Rejects, schemas.Reject{
			Position: schemas.Position{Topic: "logs", Partition: int32(p), Offset: part.Range.Next - 1},
			Stage:    "decode", Reason: "syntax", Bytes: 10,
		})
		b.Parts = append(b.Parts, part)
	}
	b.Seal()
	return b
}

// shuffled is the same batch with its rows in another order, as a batch that is
// read again after a crash may have them.
func shuffled(b *schemas.Batch) *schemas.Batch {
	c := *b
	c.Parts = slices.Clone(b.Parts)
	slices.Reverse(c.Parts)
	for i, p := range c.Parts {
		q := *p
		q.Events = slices.Clone(p.Events)
		slices.Reverse(q.Events)
		c.Parts[i] = &q
	}
	return &c
}

// exactlyOnce holds the store against the batches: every event and reject once,
// and every roll-up equal to what the events sum up to.
func exactlyOnce(t testing.TB, s *Store, batches []*schemas.Batch) {
	t.Helper()
	var events, rejects uint64
	for _, b := range batches {
		events += uint64(b.Len())
		rejects += uint64(b.Rejects())
	}
	if n := one[uint64](t, s, "SELECT count() FROM events"); n != events {
		t.Errorf("%d rows in events, want %d", n, events)
	}
	if n := one[uint64](t, s, "SELECT uniqExact(topic, partition, message_offset, record_index) FROM events"); n != events {
		t.Errorf("%d positions in events, want %d", n, events)
	}
	if n := one[uint64](t, s, "SELECT count() FROM rejects"); n != rejects {
		t.Errorf("%d rows in rejects, want %d", n, rejects)
	}
	for table, key := range map[string]string{
		"rollup_principal": "principal", "rollup_address": "client", "rollup_route": "route",
	} {
		sums := "sum(requests), sum(failures), sum(unauthorized), sum(forbidden), sum(throttled), sum(server_errors)"
		counts := "count(), countIf(status >= 400), countIf(status = 401), countIf(status = 403), countIf(status = 429), countIf(status >= 500)"
		if table != "rollup_address" {
			sums += ", sum(input_tokens)"
			counts += ", sum(ifNull(input_tokens, 0))"
		}
		differ := one[uint64](t, s, fmt.Sprintf(`SELECT count() FROM (
			SELECT %[2]s AS k, minute, tuple(%[3]s) AS v FROM %[1]s GROUP BY k, minute) AS r
			FULL JOIN (SELECT %[2]s AS k, toStartOfMinute(toDateTime(time)) AS minute, tuple(%[4]s) AS v FROM events GROUP BY k, minute) AS e
			ON r.k = e.k AND r.minute = e.minute
			WHERE toString(r.v) != toString(e.v)`, table, key, sums, counts))
		if differ != 0 {
			t.Errorf("%d groups of %s differ from the events", differ, table)
		}
	}
}

func TestWriteBatchAgain(t *testing.T) {
	s := testStore(t)
	batches := []*schemas.Batch{nightBatch(1, 20000), nightBatch(2, 2000)}
	for _, b := range batches {
		for range 2 {
			if err := s.WriteBatch(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, b := range batches {
		if err := s.WriteBatch(t.Context(), shuffled(b)); err != nil {
			t.Fatal(err)
		}
	}
	exactlyOnce(t, s, batches)
	if n := one[uint64](t, s, "SELECT uniqExact(toDate(time)) FROM events"); n != 2 {
		t.Errorf("the events are of %d days, want 2", n)
	}
	// Uniques and quantiles of the roll-ups are those of the events.
	if d := one[int64](t, s, "SELECT toInt64((SELECT uniqMerge(principals) FROM rollup_route)) - toInt64((SELECT uniq(principal) FROM events))"); d != 0 {
		t.Errorf("uniq principals differ by %d", d)
	}
	if d := one[float64](t, s, "SELECT (SELECT quantilesTDigestMerge(0.5, 0.9, 0.99)(latency_ms)[3] FROM rollup_route) / (SELECT quantileExact(0.99)(latency_ms) FROM events)"); d < 0.95 || d > 1.05 {
		t.Errorf("p99 of the roll-up is %v times that of the events", d)
	}
}

// TestOneDayWasStored is the crash between the parts of a batch over midnight:
// what is missing in a day, or in a roll-up, is added, and nothing else.
func TestOneDayWasStored(t *testing.T) {
	s := testStore(t)
	b := nightBatch(5, 8000)
	for i, drop := range []string{
		"events", "rollup_principal", "rollup_address", "rollup_route",
	} {
		if err := s.WriteBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		partition := midnight.Add(-time.Minute).Format("20060102")
		if i%2 == 1 {
			partition = midnight.Format("20060102")
		}
		// Dropping a partition forgets its tokens, as if it had not been written.
		if err := s.conn.Exec(t.Context(), fmt.Sprintf("ALTER TABLE %s DROP PARTITION %s", drop, partition)); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteBatch(t.Context(), shuffled(b)); err != nil {
			t.Fatal(err)
		}
		exactlyOnce(t, s, []*schemas.Batch{b})
		if t.Failed() {
			t.Fatalf("after %s lost partition %s", drop, partition)
		}
	}
}

func TestBatchOfManyDays(t *testing.T) {
	s := testStore(t)
	s.cfg.TTL = TTL{}
	if err := s.applyTTL(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := &schemas.Batch{Token: "days", Parts: []*schemas.Part{{}}}
	for i := range 101 {
		b.Parts[0].Events = append(b.Parts[0].Events, schemas.Event{
			Position: schemas.Position{Offset: int64(i)}, Time: midnight.Add(-day * time.Duration(i)).UnixNano()})
	}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	exactlyOnce(t, s, []*schemas.Batch{b})
}

func TestWriteBatchRefusals(t *testing.T) {
	s := testStore(t)
	if err := s.WriteBatch(t.Context(), &schemas.Batch{}); !errors.Is(err, errOwn) || IsRetryable(err) {
		t.Errorf("no token: %v", err)
	}
	if err := s.conn.Exec(t.Context(), "ALTER TABLE events DROP COLUMN country"); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteBatch(t.Context(), nightBatch(1, 8)); err == nil || IsRetryable(err) {
		t.Errorf("a column is missing: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	s := testStore(t)
	b := nightBatch(1, 40)
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	b.Token = ""
	s.metrics.failed("write", s.WriteBatch(t.Context(), b))
	value := func(c interface{ Write(*dto.Metric) error }) float64 {
		var m dto.Metric
		if err := c.Write(&m); err != nil {
			t.Fatal(err)
		}
		return m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
	}
	if n := value(s.metrics.rows.WithLabelValues("events")); n != 40 {
		t.Errorf("%v rows", n)
	}
	if n := value(s.metrics.rows.WithLabelValues("rejects")); n != 4 {
		t.Errorf("%v rejects", n)
	}
	if n := value(s.metrics.bytes.WithLabelValues("events")); n < 40*200 || n > 40*1000 {
		t.Errorf("%v bytes", n)
	}
	if n := value(s.metrics.seconds.WithLabelValues("events").(interface{ Write(*dto.Metric) error })); n != 1 {
		t.Errorf("%v inserts", n)
	}
	if n := value(s.metrics.errors.WithLabelValues("write", "permanent")); n != 1 {
		t.Errorf("%v errors", n)
	}
}
