package app

import (
	"net"
	"strconv"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestFaultLeaderMoves(t *testing.T) {
	w := newFaultWorld(t, 3, kfake.NumBrokers(3))
	s := w.start(t, w.config(t), true)
	w.traffic(t, 600)
	w.storedOnce(t, s)
	before := s.metric(t, "gatehound_ingest_kafka_redials_total")
	for range 4 {
		for p := range int32(3) {
			next := (w.broker.LeaderFor(faultTopic, p) + 1) % 3
			require.NoError(t, w.broker.MoveTopicPartition(faultTopic, p, next))
		}
		w.traffic(t, 300)
	}
	w.told(t, w.siem, w.attack(t, "203.0.113.8"), s)
	w.storedOnce(t, s)
	s.logged(t, "level=WARN", `"reading a partition failed, will be tried again"`, "topic="+faultTopic, "offset=", "error=")
	require.Greater(t, s.metric(t, "gatehound_ingest_kafka_redials_total"), before)
	require.Zero(t, s.metric(t, "gatehound_ingest_kafka_lost_offsets_total"))
	s.stop(t)
}

func TestFaultPartitionAdded(t *testing.T) {
	w := newFaultWorld(t, 2)
	s := w.start(t, w.config(t), true)
	w.traffic(t, 400)
	w.storedOnce(t, s)
	before := s.metric(t, "gatehound_ingest_kafka_rebalances_total")
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(w.broker.ListenAddrs()...), Timeout: 5 * time.Second, Transport: transport}
	made, err := client.CreatePartitions(t.Context(), &kafkago.CreatePartitionsRequest{
		Topics: []kafkago.TopicPartitionsConfig{{Name: faultTopic, Count: 5}}})
	require.NoError(t, err)
	require.NoError(t, made.Errors[faultTopic])
	// What arrives before the group sees the partitions is not passed over,
	// also not where a group that is new starts at the end.
	w.traffic(t, 500)
	s.eventually(t, "all partitions to be read", func() bool { return s.metric(t, "gatehound_ingest_kafka_assigned_partitions") == 5 })
	w.traffic(t, 500)
	w.storedOnce(t, s)
	require.Equal(t, 5, w.store.number(t, "SELECT uniqExact(partition) FROM events"))
	s.logged(t, "level=INFO", `"partitions are given up"`, "partitions=2", "drained=true")
	s.logged(t, "level=INFO", `"partitions are assigned"`, "partitions=5")
	require.Greater(t, s.metric(t, "gatehound_ingest_kafka_rebalances_total"), before)
	s.stop(t)
}

// TestFaultGroupRebalanced has two services share a store and a group: one
// joins under load, and is killed under load before it has committed what it
// stored.
func TestFaultGroupRebalanced(t *testing.T) {
	w := newFaultWorld(t, 4)
	owned := func(s *service) float64 { return s.metric(t, "gatehound_ingest_kafka_assigned_partitions") }
	one := w.start(t, w.config(t), true)
	w.traffic(t, 1000)
	w.storedOnce(t, one)
	twoConfig := w.config(t)
	twoConfig.Kafka.CommitInterval = time.Minute
	two := w.start(t, twoConfig, false)
	two.eventually(t, "the group to be shared", func() bool {
		w.traffic(t, 50)
		return owned(one) == 2 && owned(two) == 2
	})
	one.logged(t, `"partitions are given up"`, "partitions=4", "drained=true")
	two.logged(t, `"partitions are assigned"`, "partitions=2")
	require.GreaterOrEqual(t, one.metric(t, "gatehound_ingest_kafka_rebalances_total"), 2.0)
	w.traffic(t, 2000)
	two.eventually(t, "the new member to store", func() bool { return two.metric(t, "gatehound_pipeline_events_durable_total") > 900 })
	two.kill(t)
	one.eventually(t, "the dead member's partitions to be taken over", func() bool {
		w.traffic(t, 50)
		return owned(one) == 4
	})
	w.told(t, w.siem, w.attack(t, "203.0.113.9"), one)
	w.storedOnce(t, one)
	one.logged(t, `"storing an unfinished batch again"`)
	one.logged(t, `"partitions are given up"`, "partitions=2", "drained=true")
	one.stop(t)
}

func TestFaultBrokerRestarts(t *testing.T) {
	port := freePort(t)
	disk := []kfake.Opt{kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.Ports(port)}
	w := newFaultWorld(t, 2, disk...)
	cfg := w.config(t)
	s := w.start(t, cfg, true)
	w.traffic(t, 700)
	w.broker.Close()
	s.logged(t, "level=WARN", "failed, will be tried again", "error=")
	var err error
	w.broker, err = kfake.NewCluster(append(disk, kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second))...)
	require.NoError(t, err)
	defer w.broker.Close()
	w.traffic(t, 700)
	w.told(t, w.siem, w.attack(t, "203.0.113.10"), s)
	w.storedOnce(t, s)
	require.Positive(t, s.metric(t, "gatehound_ingest_kafka_redials_total")+s.metric(t, "gatehound_ingest_kafka_group_errors_total"))
	require.Zero(t, s.metric(t, "gatehound_ingest_kafka_lost_offsets_total"))
	require.Zero(t, s.metric(t, "gatehound_ingest_kafka_offset_resets_total"))
	s.stop(t)
}

// freePort returns a port that nothing listened on a moment ago.
func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	_, text, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return port
}
