package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFaultStoreRefuses renames a column under the service: the batches of that
// time are kept, and are stored once the column is back and they were put back
// into the spool, as its README says.
func TestFaultStoreRefuses(t *testing.T) {
	w := newFaultWorld(t, 2)
	cfg := w.config(t)
	s := w.start(t, cfg, true)
	w.traffic(t, 500)
	w.storedOnce(t, s)
	refused := func() float64 { return s.metric(t, "gatehound_pipeline_batches_refused_total") }
	require.Zero(t, refused())

	stored := w.sent
	require.NoError(t, w.store.admin.Exec(t.Context(), "ALTER TABLE events RENAME COLUMN path TO path_before"))
	w.traffic(t, 500)
	s.eventually(t, "a batch to be refused", func() bool { return refused() > 0 })
	s.logged(t, "level=ERROR", `"store refused a batch, it is kept in the spool's refused folder"`, "insert", "events")
	w.told(t, w.siem, w.attack(t, "203.0.113.20"), s)
	require.Equal(t, stored, w.store.number(t, "SELECT count() FROM events"))
	require.Positive(t, s.metric(t, "gatehound_storage_errors_total", `class="permanent"`))

	// Nothing stands still: what comes after the cure is stored.
	s.eventually(t, "all of it to be refused", func() bool {
		return s.metric(t, "gatehound_pipeline_events_durable_total") == float64(w.sent) &&
			s.metric(t, "gatehound_spool_waiting_batches") == 0
	})
	require.Equal(t, stored, w.store.number(t, "SELECT count() FROM events"))
	kept, err := filepath.Glob(filepath.Join(cfg.DataDir, "spool", "refused", "*.batch"))
	require.NoError(t, err)
	require.Len(t, kept, int(refused()))
	require.NoError(t, w.store.admin.Exec(t.Context(), "ALTER TABLE events RENAME COLUMN path_before TO path"))
	after := 300
	w.traffic(t, after)
	s.eventually(t, "what came after", func() bool { return w.store.number(t, "SELECT count() FROM events") == stored+after })
	s.logged(t, `"spool is empty, storing directly again"`)
	s.stop(t)

	for _, path := range kept {
		require.NoError(t, os.Rename(path, filepath.Join(cfg.DataDir, "spool", filepath.Base(path))))
	}
	s = w.start(t, cfg, true)
	w.storedOnce(t, s)
	require.Zero(t, refused())
	s.stop(t)
}

// TestFaultStoreAway has the store close connections, before and after it did
// as told, hang, and say that it is overloaded: alerts go on, batches wait, and
// are stored once when it is back.
func TestFaultStoreAway(t *testing.T) {
	for _, tt := range []struct {
		fault storeFault
		log   string
	}{
		{"drop", `"store failed, batches wait in the spool"`},
		{"mute", `"store failed, batches wait in the spool"`},
		{"hang", `"store is slow, spooling"`},
		{"code 241", `"store failed, batches wait in the spool"`}, // MEMORY_LIMIT_EXCEEDED
	} {
		t.Run(string(tt.fault), func(t *testing.T) {
			w := newFaultWorld(t, 2)
			s := w.start(t, w.config(t), true)
			w.traffic(t, 300)
			w.storedOnce(t, s)
			spooled := s.metric(t, "gatehound_pipeline_batches_spooled_total") // on a busy machine
			w.store.inject(tt.fault)
			w.traffic(t, 600)
			s.eventually(t, "batches in the spool", func() bool { return s.metric(t, "gatehound_pipeline_batches_spooled_total") > spooled })
			s.logged(t, "level=WARN", tt.log)
			stored := w.store.number(t, "SELECT count() FROM events")
			require.True(t, stored < w.sent || tt.fault == "mute")

			entity := w.attack(t, "203.0.113.30")
			sent := time.Now()
			took := w.told(t, w.siem, entity, s).Arrived.Sub(sent)
			require.Less(t, took, 3*time.Second, "alerts do not wait for the store, which is away for longer; BenchmarkAlertLatency has the figure")
			s.eventually(t, "it says that the store is away", func() bool { return s.ready(t) == 503 })
			require.Positive(t, s.metric(t, "gatehound_spool_waiting_batches"))
			require.Positive(t, w.store.hits())

			w.store.inject("")
			w.storedOnce(t, s)
			s.eventually(t, "the spool to be empty", func() bool { return s.metric(t, "gatehound_spool_waiting_batches") == 0 })
			s.logged(t, "level=INFO", `"spool is empty, storing directly again"`)
			s.eventually(t, "it says that the store is back", func() bool { return s.ready(t) == 200 })
			require.Positive(t, s.metric(t, "gatehound_pipeline_errors_total", `act="store"`))
			require.Zero(t, s.metric(t, "gatehound_pipeline_batches_refused_total"))
			w.traffic(t, 200)
			w.storedOnce(t, s)
			s.stop(t)
		})
	}
}

// TestFaultKilledWhileSpooling kills the service while batches wait in its
// spool: their offsets are committed, so the spool alone has them.
func TestFaultKilledWhileSpooling(t *testing.T) {
	w := newFaultWorld(t, 2)
	cfg := w.config(t)
	s := w.start(t, cfg, true)
	w.traffic(t, 300)
	w.storedOnce(t, s)
	w.store.inject("drop")
	for range 3 {
		w.traffic(t, 400)
	}
	s.eventually(t, "the spool to fill", func() bool { return s.metric(t, "gatehound_pipeline_batches_spooled_total") >= 2 })
	w.told(t, w.siem, w.attack(t, "203.0.113.40"), s)
	s.kill(t)
	waiting, err := filepath.Glob(filepath.Join(cfg.DataDir, "spool", "*.batch"))
	require.NoError(t, err)
	require.NotEmpty(t, waiting)

	s = w.start(t, cfg, false)
	w.traffic(t, 100)
	s.logged(t, "level=WARN", `"store is not there yet, trying again"`)
	require.Equal(t, 503, s.ready(t))
	w.store.inject("")
	w.storedOnce(t, s)
	s.eventually(t, "the spool to be empty", func() bool { return s.metric(t, "gatehound_spool_waiting_batches") == 0 })
	require.Zero(t, s.metric(t, "gatehound_pipeline_batches_refused_total"))
	require.Empty(t, w.siem.Refused("signature"))
	s.stop(t)
}

// TestFaultMemberKilledWhileSpooling has two services spool, kills one that has
// not committed, and lets the other read and store the same again before the
// killed one comes back with what its spool holds.
func TestFaultMemberKilledWhileSpooling(t *testing.T) {
	w := newFaultWorld(t, 4)
	one, twoConfig := w.start(t, w.config(t), true), w.config(t)
	twoConfig.Kafka.CommitInterval = time.Minute
	two := w.start(t, twoConfig, true)
	owned := func(s *service) float64 { return s.metric(t, "gatehound_ingest_kafka_assigned_partitions") }
	two.eventually(t, "the group to be shared", func() bool { return owned(one) == 2 && owned(two) == 2 })
	w.traffic(t, 400)
	w.storedOnce(t, one)
	w.store.inject("drop")
	for range 4 {
		w.traffic(t, 400)
	}
	for _, s := range []*service{one, two} {
		s.eventually(t, "batches in the spool", func() bool { return s.metric(t, "gatehound_spool_waiting_batches") > 0 })
	}
	w.traffic(t, 400)
	two.kill(t)
	waiting, err := filepath.Glob(filepath.Join(twoConfig.DataDir, "spool", "*.batch"))
	require.NoError(t, err)
	require.NotEmpty(t, waiting)
	one.logged(t, "level=WARN", `"store failed during recovery, trying again"`)
	w.store.inject("")
	one.eventually(t, "the partitions to be taken over", func() bool { return owned(one) == 4 })
	w.traffic(t, 200)
	w.storedOnce(t, one)
	two = w.start(t, twoConfig, true)
	two.logged(t, "level=WARN", `"spooled events were stored by another owner"`)
	w.told(t, w.siem, w.attack(t, "203.0.113.41"), one)
	w.storedOnce(t, one)
	for _, s := range []*service{one, two} {
		s.eventually(t, "the spool to be empty", func() bool { return s.metric(t, "gatehound_spool_waiting_batches") == 0 })
	}
	w.storedOnce(t, one)
	one.stop(t)
	two.stop(t)
}
