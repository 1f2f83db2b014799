//go:build kafka

package app

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/kafka/kafkatest"
)

// TestKafkaServiceSurvivesKills runs the service against a real Apache Kafka,
// kills it between two steps of a batch, and compares with a run that was not
// killed.
func TestKafkaServiceSurvivesKills(t *testing.T) {
	server := kafkatest.New(t)
	server.CreateTopic(crashTopic, crashPartitions)
	w := fillCrashWorld(t, []string{server.Addr})
	want, told := w.finish(t, w.job(t))
	require.Contains(t, want[0], strconv.Itoa(crashEvents))
	require.NotEmpty(t, told)
	for _, step := range []string{"after intent", "before commit"} {
		t.Run(step, func(t *testing.T) {
			job := w.job(t)
			job.KillAt, job.Nth = step, 3
			w.killed(t, job)
			job.KillAt = ""
			got, toldNow := w.finish(t, job)
			require.Equal(t, want, got)
			require.Equal(t, told, toldNow)
		})
	}
}
