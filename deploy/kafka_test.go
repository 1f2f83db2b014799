//go:build kafka

package deploy

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestKafkaOfCompose starts a real Apache Kafka with the settings of the compose
// file, on loopback instead of in a container, makes the topics with what the
// script asks for, and lets `gatehound check` look at it.
func TestKafkaOfCompose(t *testing.T) {
	home := strings.TrimSpace(run(t, nil, "../.ci/kafka/get"))
	dir := t.TempDir()
	env := compose(t).Services["kafka"].Environment
	listen := map[string]string{":9092": freeAddr(t), ":19092": freeAddr(t), ":9093": freeAddr(t)}
	var properties strings.Builder
	for key, value := range env {
		name, ok := strings.CutPrefix(key, "KAFKA_")
		if !ok {
			continue
		}
		value = strings.NewReplacer("kafka:", ":", "127.0.0.1:", ":").Replace(value)
		for _, port := range []string{":19092", ":9092", ":9093"} { // the longest first
			value = strings.ReplaceAll(value, port, "\x00"+listen[port])
		}
		value = strings.ReplaceAll(value, "\x00", "")
		value = strings.Replace(value, "/var/lib/kafka/data", filepath.Join(dir, "data"), 1)
		properties.WriteString(strings.ReplaceAll(strings.ToLower(name), "_", ".") + "=" + value + "\n")
	}
	conf := filepath.Join(dir, "server.properties")
	require.NoError(t, os.WriteFile(conf, []byte(properties.String()), 0o600))

	java := func(args ...string) *exec.Cmd {
		cmd := exec.Command("java", append([]string{"-Xmx384m", "-XX:TieredStopAtLevel=1"}, args...)...)
		cmd.Env = append(os.Environ(), "CLASSPATH="+filepath.Join(home, "libs", "*"))
		return cmd
	}
	out, err := java("kafka.tools.StorageTool", "format", "--cluster-id", env["CLUSTER_ID"], "--config", conf).CombinedOutput()
	require.NoError(t, err, string(out))
	broker := java("kafka.Kafka", conf)
	var said strings.Builder
	broker.Stdout, broker.Stderr = &said, &said
	require.NoError(t, broker.Start())
	t.Cleanup(func() {
		_ = broker.Process.Kill()
		_ = broker.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	addr := listen[":9092"]
	waitFor(t, time.Minute, "kafka to listen", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})

	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	topics := topicsMade(t)
	for _, name := range topics {
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = name, 1, 1
		bytes := "4194304"
		topic.Configs = []kmsg.CreateTopicsRequestTopicConfig{{Name: "max.message.bytes", Value: &bytes}}
		req := kmsg.NewPtrCreateTopicsRequest()
		req.Topics = append(req.Topics, topic)
		resp, err := req.RequestWith(ctx, client)
		require.NoError(t, err)
		require.Zero(t, resp.Topics[0].ErrorCode, name)
	}
	// The longest message that Filebeat sends gets through.
	big := &kgo.Record{Topic: topics[0], Value: make([]byte, 4_000_000)}
	big.Value[0] = '{'
	client.Close()
	client, err = kgo.NewClient(kgo.SeedBrokers(addr), kgo.ProducerBatchMaxBytes(4_100_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	require.NoError(t, err)
	require.NoError(t, client.ProduceSync(ctx, big).FirstErr())

	got := run(t, []string{"GATEHOUND_DATA_DIR=" + t.TempDir(), "GATEHOUND_KAFKA_BROKERS=" + addr, "GATEHOUND_STORAGE_MODE=none"},
		gatehound, "check", "--config", "compose/gatehound.yaml")
	require.Contains(t, got, "ok    kafka")
}
