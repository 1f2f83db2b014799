package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/schemas"
)

const (
	badPartitions = 2
	// badMemory bounds what a service may hold, in bytes, that is sent 10 MB
	// messages, bombs and damaged records of all kinds: its slabs, the inflater,
	// a fetch of one large message, and the detectors' state.
	badMemory = 320 << 20
)

// badCase is a message and what becomes of it: how many events, and which
// rejects, as "index stage reason bytes".
type badCase struct {
	name    string
	value   []byte
	events  int
	rejects []string
	// stored, if set, is a condition that holds for each of its events.
	stored string
}

// badCases are messages that attack what reads them. The plants are in many of
// them, so that every excerpt has something to hide.
func badCases(now time.Time) []badCase {
	plant := plantedMail + " " + plantedKey + " " + plantedToken
	at := now.UTC().Format(time.RFC3339Nano)
	good := fmt.Sprintf(`{"time":%q,"path":"/ok","status":200,"user":"u"}`, at)
	rec := func(members string) string { return fmt.Sprintf(`{"time":%q,"path":"/n","user":"u",%s}`, at, members) }
	timed := func(value string) string { return fmt.Sprintf(`{"time":%s,"path":"/t","user":%q}`, value, plant) }
	only := func(stage, reason string, n int) []string {
		return []string{fmt.Sprint("0 ", stage, " ", reason, " ", n)}
	}
	cases := []badCase{{name: "a good one", value: []byte(good), events: 1, stored: "status = 200 AND path = '/ok'"}}
	rejected := func(stage, reason string, texts ...string) {
		for _, s := range texts {
			name := fmt.Sprintf("%s %.40q", reason, s)
			cases = append(cases, badCase{name: name, value: []byte(s), rejects: only(stage, reason, len(s))})
		}
	}
	kept := func(stored string, texts ...string) {
		for _, s := range texts {
			cases = append(cases, badCase{name: fmt.Sprintf("kept %.80q", s), value: []byte(s), events: 1, stored: stored})
		}
	}

	// Cut off, and what is no JSON.
	whole := rec(`"prompt":"` + plant + `","headers":{"authorization":"Bearer ` + plantedKey + `"}`)
	rejected("frame", "invalid_json", whole[:20], whole[:len(whole)/2], whole[:len(whole)-1], "{", `{"a":`, `{"a" 1}`, `{"time":"`+plant)
	rejected("decode", "unknown_format", "\xff\xfe\x80\x81 "+plant, plant, "null", "true", "123", `"text"`, "{}", `{"x":null}`, "\x00\x00", `{"":""}`)
	rejected("frame", "empty", "", " ", "\r\n\t ", "[]", "[ ]")
	kept("position(user_agent, '\xef\xbf\xbd') > 0", rec("\"user_agent\":\"a\xff\xfeb\""))

	// Nesting.
	kept("path = '/n'", rec(`"a":`+strings.Repeat("[", 1000)+strings.Repeat("]", 1000)),
		rec(`"a":`+strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)))
	rejected("frame", "too_deep", strings.Repeat(`{"a":`, 100_000))
	cases = append(cases, badCase{name: "brackets", value: bytes.Repeat([]byte("["), 100_000), rejects: only("frame", "too_deep", 99_999)})

	// Numbers that are none, or none to be believed.
	kept("status IS NULL", rec(`"status":99999`), rec(`"status":-200`), rec(`"status":1e300`), rec(`"status":"NaN"`), rec(`"status":{}`), rec(`"status":null`))
	kept("status = 200", rec(`"status":[200]`), rec(`"status":"200"`), rec(`"status":2e2`))
	kept("input_tokens IS NULL AND output_tokens IS NULL", rec(`"usage":{"prompt_tokens":1e300,"completion_tokens":9223372036854775808}`),
		rec(`"usage":{"prompt_tokens":-1,"completion_tokens":NaN}`), rec(`"usage":{"prompt_tokens":1e400,"completion_tokens":-Infinity}`),
		rec(`"usage":{"prompt_tokens":18446744073709551616,"completion_tokens":"many"}`), rec(`"usage":[1,2]`))
	kept("latency IS NULL", rec(`"duration_ms":1e300`), rec(`"duration_ms":-1`), rec(`"duration_ms":NaN`), rec(`"duration_ms":9223372036854775808`))
	kept("temperature IS NULL AND cost IS NULL", rec(`"temperature":1e300,"cost":1e300`), rec(`"temperature":"hot","cost":NaN`), rec(`"temperature":-1e-300,"cost":-5`))

	// Times.
	soon := now.Add(48 * time.Hour)
	rejected("decode", "time_out_of_range", timed(fmt.Sprintf("%q", soon.UTC().Format(time.RFC3339))), timed(fmt.Sprint(soon.Unix())), timed(fmt.Sprint(soon.UnixNano())),
		timed(`"1970-01-01T00:00:00Z"`), timed(`"1969-12-31T23:59:59Z"`), timed("0"), timed("1"), timed("-1"), timed("9223372036854775808"), timed("1e300"), timed(`"9999-12-31T23:59:59Z"`))
	rejected("decode", "no_time", timed("null"), timed(`""`), timed(`"yesterday"`), timed("[]"), timed("true"), timed("NaN"), timed(`"2026-13-45T99:99:99Z"`), `{"status":200,"path":"/x"}`)

	// Compression.
	lines := zip([]byte(good + "\n" + good + "\n" + good + "\n"))
	cases = append(cases, badCase{name: "gzip of three", value: lines, events: 3})
	rejected("frame", "invalid_gzip", string(lines[:len(lines)/2]), string(lines[:12]), string(append(bytes.Clone(lines[:20]), bytes.Repeat([]byte{0xff}, 50)...)))
	rejected("frame", "gzip_bomb", string(zip(make([]byte, 64<<20))), string(zip(bytes.Repeat([]byte(good+"\n"), 100_000))))

	// Several records in a message, some of them bad.
	cases = append(cases,
		badCase{name: "array with bad members", value: []byte(`[` + good + `,{"a":"` + plantedMail + `"},5,null,"` + plantedKey + `",` + good + `]`), events: 2,
			rejects: []string{fmt.Sprint("1 decode unknown_format ", len(plantedMail)+8), "2 decode unknown_format 1", "3 decode unknown_format 4", fmt.Sprint("4 decode unknown_format ", len(plantedKey)+2)}},
		badCase{name: "records with bad members", value: []byte(`{"records":[` + good + `,[],` + good + `]}`), events: 2, rejects: []string{"1 frame empty 2"}},
		badCase{name: "array that is cut off", value: []byte(`[` + good + `,` + good[:30]), events: 1, rejects: []string{"1 frame invalid_json 30"}},
		badCase{name: "lines of all kinds", value: []byte(good + "\n{\"a\":\n" + good + "\n\xff\xff\n" + good), events: 3,
			rejects: []string{"1 frame invalid_json 5", "3 decode unknown_format 2"}},
	)
	many := badCase{name: "more bad members than are told", value: []byte("[{}" + strings.Repeat(",1", 5000) + "]"), rejects: []string{"0 decode unknown_format 2"}}
	for i := range 999 {
		i++
		many.rejects = append(many.rejects, fmt.Sprint(i, " decode unknown_format 1"))
	}
	many.rejects = append(many.rejects, "1000 frame too_many 1")
	cases = append(cases, many)

	// Size.
	text := strings.Repeat("x "+plant+" ", 10<<20/(len(plant)+3))
	members := strings.Repeat(`"k":0,`, 10<<20/6)
	rejected("frame", "too_large", text, rec(`"prompt":"`+text+`"`), rec(members+`"z":0`), rec(`"prompt":"`+text), strings.Repeat("y", 17<<20))
	for range 8 {
		rejected("frame", "too_large", text)
	}
	return append(cases, badCase{name: "a good one at the end", value: []byte(good), events: 1})
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = w.Write(b)                                       // to memory
	_ = w.Close()
	return out.Bytes()
}

// wrongTypes are the golden records of every format, and copies in which one
// member has a value of another type.
func wrongTypes(t *testing.T) [][]byte {
	inputs, err := filepath.Glob("../../../ingest/decode/*/testdata/*/input.log")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	values := []any{nil, true, -1, 1e300, "", "\x00\u202e", []any{}, map[string]any{}, []any{[]any{nil}}, "99999999999999999999",
		plantedMail + " " + plantedKey, map[string]any{"a": plantedMail, "b": []any{plantedKey}}}
	var out [][]byte
	n := 0
	for _, name := range inputs {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for line := range bytes.Lines(text) {
			out = append(out, bytes.Clone(bytes.TrimSpace(line)))
			var doc any
			if json.Unmarshal(line, &doc) != nil {
				continue
			}
			for leaf := range countMembers(doc) {
				at := 0
				b, err := json.Marshal(wrong(doc, values[n%len(values)], leaf, &at))
				require.NoError(t, err)
				out = append(out, b)
				n++
			}
		}
	}
	return out
}

func countMembers(v any) int {
	at := 0
	wrong(v, nil, -1, &at)
	return at
}

// wrong copies v with the i-th member of its objects and lists replaced.
func wrong(v, with any, i int, at *int) any {
	replace := func(c any) any {
		mine := *at == i
		*at++
		if c = wrong(c, with, i, at); mine {
			return with
		}
		return c
	}
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range sorted(v) {
			out[k] = replace(v[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for j, c := range v {
			out[j] = replace(c)
		}
		return out
	}
	return v
}

// TestBadInput sends good records of all formats and bad ones of all kinds in
// one topic: each becomes an event, or a reject with its reason and position
// in the store and in the dead letters; the metrics say so; nothing of the
// plants comes out; memory stays bounded; and detection goes on.
func TestBadInput(t *testing.T) {
	large := map[string]string{"message.max.bytes": "67108864"}
	w := newFaultWorld(t, badPartitions, kfake.SeedTopics(1, "dead"), kfake.BrokerConfigs(large))
	w.dead = "dead"
	cfg := w.config(t)
	cfg.Pipeline.BatchEvents, cfg.Pipeline.WriteTimeout, cfg.Pipeline.StallAfter = 10_000, 30*time.Second, 5*time.Second
	cfg.Pipeline.Redeliveries = 0                                                // many are alike
	cfg.Kafka.SessionTimeout = 30 * time.Second                                  // what a busy machine reads twice counts twice
	cfg.Storage.ClickHouse.TTL.Events, cfg.Storage.ClickHouse.TTL.Rollups = 0, 0 // the golden records are old
	s := w.start(t, cfg, true)
	cases, mutants := badCases(time.Now()), wrongTypes(t)
	require.Greater(t, len(mutants), 500)
	total := w.produceInTurn(t, cases, mutants)
	s.eventually(t, "every message to be accounted for", func() bool {
		return w.store.number(t, "SELECT count() FROM (SELECT partition, message_offset FROM events UNION DISTINCT SELECT partition, message_offset FROM rejects)")+int(s.metric(t, "gatehound_ingest_skipped_total")) >= total &&
			s.metric(t, "gatehound_ingest_kafka_lag_messages") == 0
	})
	for i, c := range cases {
		w.requireCase(t, c, i%badPartitions, i/badPartitions)
	}
	events, rejects := w.store.number(t, "SELECT count() FROM events"), w.store.number(t, "SELECT count() FROM rejects")
	t.Logf("%d messages, %d events, %d rejects", total, events, rejects)
	require.Equal(t, events+rejects, w.store.number(t, "SELECT uniqExact(topic, partition, message_offset, record_index) FROM (SELECT topic, partition, message_offset, record_index FROM events UNION ALL SELECT topic, partition, message_offset, record_index FROM rejects)"))
	for _, table := range []string{"rollup_principal", "rollup_address", "rollup_route"} {
		require.Equal(t, events, w.store.number(t, "SELECT sum(requests) FROM "+table), table)
	}
	require.Greater(t, w.store.number(t, "SELECT uniqExact(format) FROM events"), 12, "all formats in one topic")

	// Metrics.
	require.Equal(t, float64(total), s.metric(t, "gatehound_ingest_kafka_messages_total"))
	require.Equal(t, 1.0, s.metric(t, "gatehound_ingest_kafka_cut_messages_total", `reason="too_large"`))
	require.Equal(t, float64(events), s.metric(t, "gatehound_ingest_events_total"))
	require.Equal(t, float64(rejects), s.metric(t, "gatehound_ingest_rejects_total"))
	for _, reason := range []string{"empty", "invalid_gzip", "gzip_bomb", "invalid_json", "too_deep", "too_large", "too_many", "unknown_format", "no_time", "time_out_of_range"} {
		n := w.store.number(t, "SELECT count() FROM rejects WHERE reason = '"+reason+"'")
		require.Positive(t, n, reason)
		require.Equal(t, float64(n), s.metric(t, "gatehound_ingest_rejects_by_reason_total", `reason="`+reason+`"`), reason)
		require.Equal(t, float64(n), s.metric(t, "gatehound_ingest_dead_letters_total", `reason="`+reason+`"`), reason)
	}
	require.Equal(t, w.rejects(t), w.deadLetters(t, rejects))

	// The rest goes on.
	told := w.told(t, w.siem, w.attack(t, "203.0.113.99"), s)
	require.False(t, leaks(t, string(told.Body)))
	metrics, peak := s.metrics(t), s.peak(t)
	t.Logf("peak memory %d MiB", peak>>20)
	require.Less(t, peak, badMemory)
	s.stop(t)
	require.False(t, leaks(t, metrics), "the metrics")
	require.False(t, leaks(t, s.log.String()), "the log")
	require.NotContains(t, s.log.String(), "level=ERROR")
	w.requireClean(t, cfg.DataDir)
}

// peak returns the most memory that the service held, in bytes. The kernel's
// figure of an ended process would be its parent's, if that had more.
func (s *service) peak(t *testing.T) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib << 10
}

// produceInTurn puts message i into partition i modulo their number, and
// returns how many there are.
func (w *faultWorld) produceInTurn(t *testing.T, cases []badCase, mutants [][]byte) int {
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	p := &kafkago.Writer{Addr: kafkago.TCP(w.broker.ListenAddrs()...), Topic: faultTopic, RequiredAcks: kafkago.RequireAll,
		BatchTimeout: time.Millisecond, BatchBytes: 64 << 20, Transport: transport,
		Balancer: kafkago.BalancerFunc(func(m kafkago.Message, _ ...int) int { return m.WriterData.(int) % badPartitions })}
	var ms []kafkago.Message
	for _, c := range cases {
		ms = append(ms, kafkago.Message{Value: c.value, WriterData: len(ms)})
	}
	for _, m := range mutants {
		ms = append(ms, kafkago.Message{Value: m, WriterData: len(ms)})
	}
	require.NoError(t, p.WriteMessages(t.Context(), ms...))
	require.NoError(t, p.Close())
	return len(ms)
}

// requireCase checks what is stored of one message.
func (w *faultWorld) requireCase(t *testing.T, c badCase, partition, offset int) {
	t.Helper()
	where := fmt.Sprintf(" WHERE partition = %d AND message_offset = %d", partition, offset)
	assert.Equal(t, c.events, w.store.number(t, "SELECT count() FROM events"+where), c.name)
	assert.Equal(t, c.rejects, w.strings(t, "SELECT concat(toString(record_index), ' ', stage, ' ', reason, ' ', toString(bytes)) FROM rejects"+where+" ORDER BY record_index"), c.name)
	if c.stored != "" {
		assert.Equal(t, c.events, w.store.number(t, "SELECT count() FROM events"+where+" AND "+c.stored), "%s: %s", c.name, c.stored)
	}
}

func (w *faultWorld) strings(t *testing.T, query string) (out []string) {
	t.Helper()
	rows, err := w.store.admin.Query(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var s string
		require.NoError(t, rows.Scan(&s))
		out = append(out, s)
	}
	require.NoError(t, rows.Err())
	return out
}

// rejects returns all of the table, one text each, as deadLetters does.
func (w *faultWorld) rejects(t *testing.T) map[string]bool {
	out := map[string]bool{}
	for _, s := range w.strings(t, "SELECT concat(topic, '/', toString(partition), '/', toString(message_offset), '#', toString(record_index), ' ', stage, ' ', reason, ' ', format, ' ', toString(bytes), ' ', excerpt) FROM rejects") {
		out[s] = true
	}
	return out
}

// deadLetters reads n messages of the dead-letter topic.
func (w *faultWorld) deadLetters(t *testing.T, n int) map[string]bool {
	r := kafkago.NewReader(kafkago.ReaderConfig{Brokers: w.broker.ListenAddrs(), Topic: w.dead, MaxWait: 50 * time.Millisecond})
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out := map[string]bool{}
	for range n {
		m, err := r.ReadMessage(ctx)
		require.NoError(t, err)
		require.False(t, leaks(t, string(m.Value)), "a dead letter")
		var d schemas.Reject
		require.NoError(t, json.Unmarshal(m.Value, &d))
		key := fmt.Sprintf("%s/%d/%d", d.Position.Topic, d.Position.Partition, d.Position.Offset)
		require.Equal(t, key, string(m.Key))
		out[fmt.Sprintf("%s#%d %s %s %s %d %s", key, d.Position.Index, d.Stage, d.Reason, d.Format, d.Bytes, d.Excerpt)] = true
	}
	return out
}

// requireClean looks for the plants in every table and file.
func (w *faultWorld) requireClean(t *testing.T, dir string) {
	for _, table := range []string{"events", "rejects", "findings", "alerts", "rollup_principal", "rollup_address", "rollup_route"} {
		rows := w.strings(t, "SELECT toString(tuple(*)) FROM "+table)
		require.NotEmpty(t, rows, table)
		for _, row := range rows {
			require.False(t, leaks(t, row), table)
		}
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.False(t, leaks(t, string(b)), "the file %s", path)
		return nil
	}))
}
