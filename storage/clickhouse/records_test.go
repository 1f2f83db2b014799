package clickhouse

import (
	"bytes"
	"errors"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// at is a moment to the nanosecond, minutes after midnight.
func at(minutes int) time.Time {
	return midnight.Add(time.Duration(minutes)*time.Minute + 123456789)
}

func TestIntents(t *testing.T) {
	s := testStore(t)
	r := func(p int32, first, next int64) schemas.Range {
		return schemas.Range{Topic: "logs'", Partition: p, First: first, Next: next}
	}
	all := []schemas.Intent{
		{Token: "a", Group: "g", Ranges: []schemas.Range{r(0, 0, 10), r(1, 0, 5), r(2, 0, 1)}, Created: at(0)},
		{Token: "b", Group: "g", Ranges: []schemas.Range{r(0, 10, 20)}, Created: at(1)},
		{Token: "c", Group: "g", Ranges: []schemas.Range{r(0, 20, 30), r(1, 5, 9)}, Created: at(2)},
		{Token: "d", Group: "other", Ranges: []schemas.Range{r(0, 0, 100)}, Created: at(2)},
	}
	for _, i := range []int{2, 0, 3, 1, 1} { // in any order, and one twice
		if err := s.WriteIntent(t.Context(), all[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		partition int32
		from      int64
		want      []schemas.Intent
	}{
		{0, 0, all[:3]},
		{0, 9, all[:3]},
		{0, 10, all[1:3]},
		{0, 30, nil},
		{1, 5, all[2:3]},
		{1, 4, []schemas.Intent{all[0], all[2]}},
		{2, 0, all[:1]},
		{3, 0, nil},
	} {
		got, err := s.Intents(t.Context(), "g", "logs'", c.partition, c.from)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("partition %d from %d:\ngot  %+v\nwant %+v", c.partition, c.from, got, c.want)
		}
	}
}

func testFinding(window int) schemas.Finding {
	e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:x'\n\n"}
	return schemas.Finding{
		ID: schemas.FindingID("extraction", e, at(window)), Detector: "extraction", Entity: e, Tenant: "t",
		Severity: schemas.SeverityHigh, Confidence: 0.75, Title: "title", Summary: "summary; --",
		WindowStart: at(window), WindowEnd: at(window + 5), Detected: at(window + 3), Events: 12,
		Features: []schemas.Feature{
			{Name: "volume", Observed: 9, Expected: 3, Unit: "requests", Weight: 0.5, Text: "three times"},
			{Name: "ratio", Observed: 0.9, Expected: 0.2, Weight: 0.25, Text: "''"},
		},
		Techniques: []schemas.Technique{{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract ML Model"}},
		Series:     &schemas.Series{Start: at(window - 5).Truncate(time.Minute), Step: 60, Counts: []int64{0, 3, 9}},
		Related:    []schemas.Entity{{Kind: schemas.EntityAddress, Name: "2001:db8::/64"}, {Kind: schemas.EntityAddress, Name: "192.0.2.1"}},
		RelatedAll: true, Query: "SELECT 1", Exception: &schemas.Exception{Owner: "o", Reason: "r"},
	}
}

func TestFindingsAreStoredOnce(t *testing.T) {
	s := testStore(t)
	f := testFinding(0)
	for range 2 {
		if err := s.WriteFindings(t.Context(), []schemas.Finding{f, testFinding(10)}); err != nil {
			t.Fatal(err)
		}
	}
	f.Title = "a newer title"
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f}); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteFindings(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := one[uint64](t, s, "SELECT count() FROM findings FINAL"); n != 2 {
		t.Fatalf("%d findings", n)
	}
	got := one[string](t, s, `SELECT toString((detector, entity_kind, entity, tenant, severity, confidence, title, summary,
		window_start, window_end, detected, events, features.name, features.observed, features.expected, features.unit,
		features.weight, features.text, techniques.framework, techniques.id, techniques.name, query, exception_owner, exception_reason))
		FROM findings FINAL WHERE id = ?`, f.ID)
	stamp := func(tm time.Time) string { return tm.Format("2006-01-02 15:04:05.000000000") }
	want := `('extraction','principal','h1:k1:x\'\n\n','t','high',0.75,'a newer title','summary; --','` +
		stamp(f.WindowStart) + `','` + stamp(f.WindowEnd) + `','` + stamp(f.Detected) + `',12,` +
		`['volume','ratio'],[9,0.9],[3,0.2],['requests',''],[0.5,0.25],['three times','\'\''],` +
		`['MITRE ATLAS'],['AML.T0024.002'],['Extract ML Model'],'SELECT 1','o','r')`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCheckpoints(t *testing.T) {
	s := testStore(t)
	var log bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	load := func(group, fingerprint string) *schemas.Checkpoint {
		t.Helper()
		c, err := s.LoadCheckpoint(t.Context(), group, fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := load("g", "f"); c != nil {
		t.Fatalf("out of nothing: %+v", c)
	}
	state := make([]byte, 50<<20+17)
	for r, i := rand.NewChaCha8([32]byte{1}), 0; i < len(state); i += 1 << 20 {
		r.Read(state[i:min(len(state), i+1<<19)]) // half of it does not compress
	}
	big := schemas.Checkpoint{Group: "g", Fingerprint: "f", Created: at(1), State: state,
		Seen: []schemas.Range{{Topic: "a", Partition: 1, Next: 7}, {Topic: "b\n\n", Partition: 2, Next: 9}}}
	small := schemas.Checkpoint{Group: "g", Fingerprint: "f", Created: at(0), State: []byte("older")}
	other := schemas.Checkpoint{Group: "g", Fingerprint: "f2", Created: at(2), State: []byte{}}
	for _, c := range []schemas.Checkpoint{small, big, other} {
		if err := s.SaveCheckpoint(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	got := load("g", "f")
	if got == nil || !bytes.Equal(got.State, state) {
		t.Fatal("the state of 50 MB is not what was saved")
	}
	got.State, big.State = nil, nil
	if !reflect.DeepEqual(*got, big) {
		t.Errorf("got %+v, want %+v", *got, big)
	}
	if c := load("g", "f2"); c == nil || len(c.State) != 0 || !c.Created.Equal(at(2)) {
		t.Errorf("the empty state: %+v", c)
	}
	if c := load("g2", "f"); c != nil {
		t.Errorf("another group: %+v", c)
	}
	if log.Len() > 0 {
		t.Errorf("the log says %q of what can be read, or is not there", log.String())
	}
	if c := load("g", "f of version 2"); c != nil || !strings.Contains(log.String(), "are of another version") || !strings.Contains(log.String(), at(2).UTC().Format("2006-01-02T15:04:05.000Z")) {
		t.Errorf("of another fingerprint: %+v, the log says %q", c, log.String())
	}
	// A newer, smaller one takes its place, also when merges have dropped some
	// chunks of the older.
	newest := schemas.Checkpoint{Group: "g", Fingerprint: "f", Created: at(5), State: []byte("newest")}
	if err := s.SaveCheckpoint(t.Context(), newest); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c := load("g", "f"); c == nil || string(c.State) != "newest" {
			t.Fatalf("after a newer one: %+v", c)
		}
		if err := s.conn.Exec(t.Context(), "OPTIMIZE TABLE checkpoints FINAL"); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[uint64](t, s, "SELECT count() FROM checkpoints WHERE fingerprint = 'f' AND chunk = 0"); n != 1 {
		t.Errorf("%d checkpoints are kept", n)
	}
}

func TestAudit(t *testing.T) {
	s := testStore(t)
	if err := s.Audit(t.Context(), "ann'", "reveal", "case 7\n\nagreed"); err != nil {
		t.Fatal(err)
	}
	got := one[string](t, s, "SELECT toString((who, action, reason, abs(dateDiff('second', time, now())) < 60)) FROM audit")
	if got != `('ann\'','reveal','case 7\n\nagreed',1)` {
		t.Errorf("got %s", got)
	}
	if err := s.AuditOf(t.Context(), "ann", "forget", "receipt 5", "asked"); err != nil {
		t.Fatal(err)
	}
	if got := one[string](t, s, "SELECT toString((who, action, what, reason)) FROM audit WHERE what != ''"); got != "('ann','forget','receipt 5','asked')" {
		t.Errorf("got %s", got)
	}
}

func TestQuery(t *testing.T) {
	s := testStore(t)
	if err := s.WriteBatch(t.Context(), nightBatch(1, 4000)); err != nil {
		t.Fatal(err)
	}
	res, err := s.Query(t.Context(), "SELECT status, count() AS n, any(temperature) FROM events WHERE status IN (401, 200) GROUP BY status ORDER BY status;", DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if want := []string{"status", "n", "any(temperature)"}; !reflect.DeepEqual(res.Columns, want) {
		t.Errorf("columns %q", res.Columns)
	}
	if want := []string{"Nullable(UInt16)", "UInt64", "Nullable(Float32)"}; !reflect.DeepEqual(res.Types, want) {
		t.Errorf("types %q", res.Types)
	}
	var rows [][]any
	for row, err := range res.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != 2 || *rows[0][0].(*uint16) != 200 || *rows[1][0].(*uint16) != 401 || rows[0][1].(uint64) <= rows[1][1].(uint64) || rows[0][2].(*float32) != nil {
		t.Errorf("rows %v", rows)
	}
	for sql := range map[string]bool{"SHOW TABLES": true, "DESCRIBE events": true, "EXPLAIN SELECT 1 FROM events": true,
		"WITH x AS (SELECT 1 AS a) SELECT a FROM x": true, "SELECT * FROM events LIMIT 3": true, "SELECT redacted, latency_ms FROM events LIMIT 1": true} {
		res, err := s.Query(t.Context(), sql, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		n := 0
		for _, err := range res.Rows() {
			if n++; err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
		if n == 0 {
			t.Errorf("%s: no rows", sql)
		}
		res.Close()
	}
}

func TestQueryIsReadOnlyAndBounded(t *testing.T) {
	s := testStore(t)
	limits := Limits{Time: time.Second, Rows: 10, Bytes: 1 << 20, Memory: 64 << 20}
	for _, c := range []struct{ name, sql, want string }{
		{"write", "INSERT INTO audit (who) VALUES ('x')", "only SELECT"},
		{"drop", "DROP TABLE events", "only SELECT"},
		{"two", "SELECT 1; DROP TABLE events", "more than one statement"},
		{"outfile", "SELECT 1 INTO OUTFILE '/tmp/gatehound-test-outfile'", "INTO OUTFILE"},
		{"file", "SELECT * FROM file('/etc/passwd', 'LineAsString')", "not allowed"},
		{"url", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "not allowed"},
		{"remote", "SELECT * FROM remote('127.0.0.1:1', system.one)", "not allowed"},
		{"file in a value", "SELECT file('/etc/passwd')", "not allowed"},
		{"insert behind with", "WITH 1 AS a INSERT INTO events SELECT * FROM events", "not allowed"},
		{"settings", "SELECT 1 SETTINGS readonly = 0, max_execution_time = 0", "readonly"},
		{"rows", "SELECT number FROM numbers(11)", "Limit for result exceeded"},
		{"bytes", "SELECT repeat('x', 500000 + number) FROM numbers(5)", "Limit for result exceeded"},
		{"memory", "SELECT groupArray(number) FROM numbers(100000000)", "memory limit"},
		{"time", "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1", "Timeout exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := s.Query(t.Context(), c.sql, limits)
			if err == nil {
				res.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
		})
	}
	if n := one[uint64](t, s, "SELECT count() FROM system.tables WHERE database = ? AND name = 'events'", s.cfg.Database); n != 1 {
		t.Error("a table is gone")
	}
	if _, err := s.Query(t.Context(), "", limits); err == nil || IsRetryable(err) || errors.Is(err, errOwn) {
		t.Errorf("nothing: %v", err)
	}
}
