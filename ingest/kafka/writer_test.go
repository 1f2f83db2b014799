package kafka

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestWriterLosesNothing moves leaders and has produce requests refused while
// it writes.
func TestWriterLosesNothing(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(3, "out"))
	cfg := config(c, "out")
	w, err := NewWriter(cfg, "out")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotEnoughReplicas, Count: 2})
	for i := range 50 {
		if i == 10 || i == 30 {
			for p := range int32(3) {
				if err := c.MoveTopicPartition("out", p, (c.LeaderFor("out", p)+1)%3); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Write(t.Context(), []Message{{Value: fmt.Append(nil, "v", i)}}); err != nil {
			t.Fatalf("write %d: %v", i, err)
		}
	}
	st := newStore()
	run(t, cfg, st, 0)
	eventually(t, "all is there", func() bool { n, _ := st.count(); return n == 50 })
}

// TestWriterWaitsForLeaders writes while no broker knows a leader.
func TestWriterWaitsForLeaders(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "out"), kfake.NumBrokers(1))
	cfg := config(c, "out")
	w, err := NewWriter(cfg, "out")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	started := time.Now()
	c.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if time.Since(started) > time.Second {
			return nil, nil, false
		}
		res := r.ResponseKind().(*kmsg.MetadataResponse)
		host, port, _ := net.SplitHostPort(cfg.Brokers[0])
		b := kmsg.NewMetadataResponseBroker()
		n, _ := strconv.Atoi(port)
		b.NodeID, b.Host, b.Port = 0, host, int32(n)
		topic, p := kmsg.NewMetadataResponseTopic(), kmsg.NewMetadataResponseTopicPartition()
		topic.Topic, p.Leader, p.ErrorCode = kmsg.StringPtr("out"), -1, kerr.LeaderNotAvailable.Code
		topic.Partitions = append(topic.Partitions, p)
		res.Brokers, res.Topics = append(res.Brokers, b), append(res.Topics, topic)
		return res, nil, true
	})
	if err := w.Write(t.Context(), []Message{{Value: []byte("a")}, {Value: []byte("b")}}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(started); took < time.Second {
		t.Errorf("it took %v", took)
	}
	if got := c.PartitionInfo("out", 0).HighWatermark; got != 2 {
		t.Errorf("%d messages are there", got)
	}
}

func TestWriterErrors(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "out"))
	cfg := config(c, "out")
	w, err := NewWriter(cfg, "out")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Write(t.Context(), nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.TopicAuthorizationFailed, Count: -1})
	if err := w.Write(t.Context(), []Message{{Value: []byte("secret text")}}); err == nil || strings.Contains(err.Error(), "secret text") {
		t.Errorf("refused: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	none, err := NewWriter(cfg, "none")
	if err != nil {
		t.Fatal(err)
	}
	defer none.Close()
	if err := none.Write(ctx, []Message{{Value: []byte("x")}}); err == nil {
		t.Error("no topic: no error")
	}
	if _, err := NewWriter(cfg, "a topic"); err == nil {
		t.Error("bad topic: no error")
	}
	if _, err := NewWriter(Config{}, "out"); err == nil {
		t.Error("no broker: no error")
	}
}
