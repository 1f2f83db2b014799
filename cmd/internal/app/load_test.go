package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/redact"
)

func write1(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gatehound.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheSampleIsTheDefaults(t *testing.T) {
	got, err := Load(write1(t, SampleConfig))
	require.NoError(t, err)
	want := DefaultConfig()
	want.Kafka.Brokers, want.Kafka.Topics = []string{"localhost:9092"}, []string{"gateway-logs"}
	emptyLists(reflect.ValueOf(want).Elem())
	require.Equal(t, want, got)
}

// emptyLists makes every nil list below v an empty one, as a file writes it.
func emptyLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			emptyLists(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
	}
}

func TestTheListingsInTheSampleAreValid(t *testing.T) {
	var out []string
	listings := 0
	for line := range strings.SplitSeq(SampleConfig, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		if strings.HasPrefix(trimmed, "#   ") {
			line = strings.Replace(line, "#   ", "    ", 1)
			if last := out[len(out)-1]; strings.HasSuffix(last, ": []") {
				out[len(out)-1] = strings.TrimSuffix(last, " []")
				listings++
			}
		}
		out = append(out, line)
	}
	require.Equal(t, 16, listings)
	cfg, err := Load(write1(t, strings.Join(out, "\n")))
	require.NoError(t, err)
	require.Len(t, cfg.Alerting.Sinks, 3)
	require.Equal(t, "slack", cfg.Alerting.Sinks[0].Kind)
	require.Len(t, cfg.Engine.Allow, 1)
	require.Equal(t, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC), cfg.Engine.Allow[0].Expires.UTC())
	require.Len(t, cfg.Decode.Custom, 2)
	require.Equal(t, []string{"who.key_id", "who.name"}, cfg.Decode.Custom[0].Fields[4].Path)
	require.Contains(t, cfg.Decode.Custom[1].Line, "%{request_line}")
	require.Len(t, cfg.Detectors.Spend.Budgets, 2)
	require.Equal(t, []int{50, 80, 100}, cfg.Detectors.Spend.Budgets[1].Thresholds)
	require.Len(t, cfg.Redact.Datasets, 1)
	require.Equal(t, []string{"partner-*"}, cfg.Redact.Datasets[0].Match.Topics)
	require.Equal(t, redact.Keep, cfg.Redact.Datasets[0].Path)
	require.Equal(t, []string{"10.0.0.0/8", "2001:db8::/32"}, cfg.Enrich.TrustedProxies)
	require.Equal(t, []string{"/agents/{id}/run"}, cfg.Enrich.Routes)
	require.Equal(t, "tor", cfg.Enrich.Networks[1].Class)
	require.Equal(t, "/billing", cfg.Enrich.Endpoints[0].Mount)
	require.InDelta(t, 1.25, cfg.Enrich.Prices[0].Cached, 0)
}

func TestErrorsNameFileLineKeyAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "data_dir: x\nkafka:\n  brokerz: [a:1]\n", ":3: unknown key kafka.brokerz, did you mean brokers?"},
		{"unknown part", "storag:\n  mode: none\n", ":1: unknown key storag, did you mean storage?"},
		{"far off", "log:\n  whatever: 1\n", ":2: unknown key log.whatever; allowed here: format, level"},
		{"wrong type", "pipeline:\n  workers: many\n", ":2: "},
		{"bad duration", "pipeline:\n  batch_age: soon\n", ":2: "},
		{"out of bounds", "pipeline:\n  workers: 2\n  batch_events: 5\n", ":3: pipeline.batch_events: 5 is out of bounds; allowed is 100 to 1000000"},
		{"unknown mode", "storage:\n  mode: postgres\n", ":2: storage.mode: unknown; allowed are"},
		{"log level", "log:\n  level: loud\n", ":2: log.level: unknown; allowed are"},
		{"detector", "detectors:\n  extraction:\n    calls: 1\n", ":3: detectors.extraction.calls"},
		{"not YAML", "a: [b\n", "not valid YAML"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write1(t, c.text)
			_, err := Load(path)
			require.Error(t, err)
			require.Contains(t, err.Error(), path)
			require.Contains(t, err.Error(), c.want)
		})
	}
}

func TestAllErrorsAreReportedTogether(t *testing.T) {
	_, err := Load(write1(t, "pipeline:\n  workers: -1\n  batch_age: 1h\nlog:\n  format: xml\n"))
	require.ErrorContains(t, err, ":2: pipeline.workers")
	require.ErrorContains(t, err, ":3: pipeline.batch_age")
	require.ErrorContains(t, err, ":5: log.format")
}

func TestASecretIsNotQuoted(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, text := range []string{
		"kafka:\n  sasl:\n    password: [" + secret + "]\n  brokers: [a:1]\n  topics: [t]\n",
		"kafka:\n  sasl:\n    password: {a: " + secret + "\n",
		"alerting:\n  sinks:\n    - name: x\n      kind: slack\n      options: " + secret + "\n",
	} {
		_, err := Load(write1(t, text))
		require.Error(t, err)
		require.NotContains(t, err.Error(), secret)
	}
}

func TestTheEnvironmentOverrides(t *testing.T) {
	t.Setenv("GATEHOUND_STORAGE_MODE", "none")
	t.Setenv("GATEHOUND_KAFKA_BROKERS", "a:1,b:2")
	t.Setenv("GATEHOUND_KAFKA_TOPICS", "t")
	t.Setenv("GATEHOUND_PIPELINE_BATCH_AGE", "1s")
	t.Setenv("GATEHOUND_ENGINE_MEMORY", "67108864")
	cfg, err := Load(write1(t, "storage:\n  mode: embedded\n"))
	require.NoError(t, err)
	require.Equal(t, "none", cfg.Storage.Mode)
	require.Equal(t, []string{"a:1", "b:2"}, cfg.Kafka.Brokers)
	require.Equal(t, time.Second, cfg.Pipeline.BatchAge)
	require.EqualValues(t, 64<<20, cfg.Engine.Memory)
}

func TestAMissingFileIsSaid(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "nothing.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestADateIsATextWhereOneIsWanted: YAML takes a bare date for a moment.
func TestADateIsATextWhereOneIsWanted(t *testing.T) {
	cfg, err := Load(write1(t, "alerting:\n  routing:\n    mute_times:\n      - {name: newyear, dates: [2026-12-31, \"12-24:12-26\"]}\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-12-31", "12-24:12-26"}, cfg.Alerting.Routing.MuteTimes[0].Dates)
}
