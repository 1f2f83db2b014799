package kafka

import (
	"context"
	"fmt"
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
