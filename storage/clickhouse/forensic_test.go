package clickhouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// TestForensicQueries asks what the schema was made for, and holds the answers
// against the events.
func TestForensicQueries(t *testing.T) {
	s := testStore(t)
	b := benchBatch(0, 20_000)
	events := b.Parts[0].Events
	for i := range events {
		events[i].RequestID = fmt.Sprintf("req-%d", i)
	}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	// The columns of a detector's evidence must not need knowledge of types: an
	// address is a text.
	e := &events[77]
	hour := e.When().Truncate(3600e9).Format("2006-01-02 15:04:05")
	within := "time >= '" + hour + "' AND time < toDateTime('" + hour + "', 'UTC') + INTERVAL 1 HOUR"
	countBy := func(match func(*schemas.Event) bool) (n uint64) {
		for i := range events {
			if match(&events[i]) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name, sql string
		want      uint64
	}{
		{"one principal's hour", "SELECT count() FROM events WHERE principal = '" + e.Principal + "' AND " + within,
			countBy(func(x *schemas.Event) bool { return x.Principal == e.Principal })},
		{"one address's hour", "SELECT count() FROM events WHERE client = '" + e.Client.String() + "' AND " + within,
			countBy(func(x *schemas.Event) bool { return x.Client == e.Client })},
		{"one address by the roll-up", "SELECT sum(requests) FROM rollup_address WHERE client = '" + e.Client.String() + "'",
			countBy(func(x *schemas.Event) bool { return x.Client == e.Client })},
		{"a network", "SELECT count() FROM events WHERE isIPAddressInRange(toString(client), '::ffff:10.1.0.0/112')",
			countBy(func(x *schemas.Event) bool { return x.Client.As4()[1] == 1 })},
		{"a request", "SELECT count() FROM events WHERE request_id = 'req-77'", 1},
		{"top address by 401", "SELECT n FROM (SELECT client, count() AS n FROM events WHERE status = 401 GROUP BY client ORDER BY n DESC LIMIT 20) LIMIT 1",
			top(events, func(x *schemas.Event) (string, bool) { return x.Client.String(), x.Status == 401 })},
		{"one model's tokens by principal", "SELECT toUInt64(n) FROM (SELECT principal, sum(input_tokens + output_tokens) AS n FROM events WHERE model = 'gpt-5-mini' GROUP BY principal) WHERE principal = '" + e.Principal + "'",
			sum(events, func(x *schemas.Event) int64 {
				if x.Principal != e.Principal {
					return 0
				}
				return x.InputTokens + x.OutputTokens
			})},
		{"redacted mails", "SELECT count() FROM events WHERE redacted['email'] > 0", uint64(len(events))},
		{"not stated", "SELECT count() FROM events WHERE max_tokens IS NULL AND temperature IS NOT NULL", uint64(len(events))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := one[uint64](t, s, c.sql); got != c.want || got == 0 {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
	p99 := one[float64](t, s, "SELECT max(p) FROM (SELECT route, quantile(0.99)(latency_ms) AS p FROM events GROUP BY route)")
	if p99 < 1000 || p99 > 10_000 {
		t.Errorf("p99 by route is %v ms", p99)
	}
}

func top(events []schemas.Event, key func(*schemas.Event) (string, bool)) (most uint64) {
	n := map[string]uint64{}
	for i := range events {
		if k, ok := key(&events[i]); ok {
			n[k]++
			most = max(most, n[k])
		}
	}
	return most
}

func sum(events []schemas.Event, get func(*schemas.Event) int64) (n uint64) {
	for i := range events {
		n += uint64(get(&events[i]))
	}
	return n
}

// TestIndicesAreUsed asks ClickHouse how it would find rows: in one of many
// granules, not in all.
func TestIndicesAreUsed(t *testing.T) {
	s := testStore(t)
	b := benchBatch(1, 60_000)
	b.Parts[0].Events[777].EndUser = "alone"
	b.Parts[0].Events[778].TemplateFingerprint = 12345678901
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	e := b.Parts[0].Events[40_000]
	for index, where := range map[string]string{
		"PrimaryKey":       "principal = '" + e.Principal + "' AND time >= '" + e.When().Truncate(3600e9).Format("2006-01-02 15:04:05") + "'",
		"request_id_bloom": "request_id = '" + e.RequestID + "'",
		"client_bloom":     "client = '" + e.Client.String() + "'",
		"credential_bloom": "credential = '" + e.Credential + "'",
		"end_user_bloom":   "end_user = 'alone'",
		"template_bloom":   "template_fingerprint = 12345678901",
	} {
		plan := one[string](t, s, "SELECT arrayStringConcat(groupArray(explain), '\n') FROM (EXPLAIN indexes = 1 SELECT count() FROM events WHERE "+where+")")
		_, after, ok := strings.Cut(plan, index)
		var some, all int
		if i := strings.Index(after, "Granules: "); ok && i >= 0 {
			fmt.Sscanf(after[i:], "Granules: %d/%d", &some, &all)
		}
		if all == 0 || some*2 > all {
			t.Errorf("%s leaves %d of %d granules:\n%s", index, some, all, plan)
		}
	}
}
