package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/gatehound/gatehound/ingest"
)

// produceOne writes one batch for each value, as large as it takes.
func produceOne(t *testing.T, brokers []string, topic string, codec kgo.CompressionCodec, values ...string) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytes(100<<20), kgo.MaxBufferedBytes(200<<20), kgo.BrokerMaxWriteBytes(110<<20), kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for _, v := range values {
		if err := cl.ProduceSync(t.Context(), kgo.StringRecord(v)).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLargeMessages has messages that do not fit a slab, and one beyond the
// bound, single and among others of one batch.
func TestLargeMessages(t *testing.T) {
	big := map[string]string{"max.message.bytes": "104857600"}
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.ZstdCompression()} {
		c := cluster(t)
		if err := c.CreateTopic("in", 1, big); err != nil {
			t.Fatal(err)
		}
		cfg := config(c, "in")
		cfg.MaxMessageBytes = 2 << 20
		fits, tooLong := strings.Repeat("f", 1900<<10), strings.Repeat("t", 3<<20)
		produceOne(t, cfg.Brokers, "in", codec, "first", fits, "second", tooLong, "third")
		// The same as one batch, so that reading goes on inside it.
		cl, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.DefaultProduceTopic("in"), kgo.ProducerBatchMaxBytes(100<<20), kgo.MaxBufferedBytes(200<<20),
			kgo.BrokerMaxWriteBytes(110<<20), kgo.ProducerBatchCompression(codec), kgo.ManualFlushing())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []string{"b-first", "b" + fits, "b-second", tooLong, "b-third", strings.Repeat("m", 300<<10), "b-last"} {
			cl.Produce(t.Context(), kgo.StringRecord(v), nil)
		}
		if err := cl.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		cl.Close()
		st := newStore()
		m := run(t, cfg, st, 0)
		eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
		for _, v := range []string{"first", fits, "second", "third", "b-first", "b" + fits, "b-second", "b-third", strings.Repeat("m", 300<<10), "b-last"} {
			if st.values[v] != 1 {
				t.Errorf("a message of %d bytes was read %d times", len(v), st.values[v])
			}
		}
		if st.values[tooLong[:4<<10]] != 2 {
			t.Errorf("the beginning of what is too long was read %d times, want 2", st.values[tooLong[:4<<10]])
		}
		if len(st.cuts) != 2 || st.cuts[0].Bytes != 3<<20 || st.cuts[0].Reason != ingest.CutTooLarge {
			t.Errorf("cuts: %+v", st.cuts)
		}
		if got := testutil.ToFloat64(m.src.metrics.reader.Cut.WithLabelValues(ingest.CutTooLarge)); got != 2 {
			t.Errorf("cut_messages_total is %v", got)
		}
		m.leave(t)
	}
}

// batch builds a record batch, version 2, of count records that payload holds.
func batch(count int32, codec int16, payload []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(49+len(payload)))
	b = binary.BigEndian.AppendUint32(b, 0)
	b = append(b, 2, 0, 0, 0, 0)
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, uint16(codec))
	b = binary.BigEndian.AppendUint32(b, uint32(max(count, 1)-1))
	b = append(b, make([]byte, 16)...)
	b = binary.BigEndian.AppendUint64(b, ^uint64(0))
	b = binary.BigEndian.AppendUint16(b, ^uint16(0))
	b = binary.BigEndian.AppendUint32(b, ^uint32(0))
	b = binary.BigEndian.AppendUint32(b, uint32(count))
	b = append(b, payload...)
	binary.BigEndian.PutUint32(b[at-4:], crc32.Checksum(b[at:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// records encodes n records of value each, from a relative offset on.
func records(from int64, n int, value []byte) []byte {
	var out []byte
	for i := range n {
		r := []byte{0}
		r = binary.AppendVarint(r, 0)
		r = binary.AppendVarint(r, from+int64(i))
		r = binary.AppendVarint(r, -1)
		r = binary.AppendVarint(r, int64(len(value)))
		r = append(r, value...)
		r = binary.AppendVarint(r, 0)
		out = binary.AppendVarint(out, int64(len(r)))
		out = append(out, r...)
	}
	return out
}

// produceRaw writes a record batch as it stands.
func produceRaw(t *testing.T, brokers []string, topic string, raw []byte) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.BrokerMaxWriteBytes(110<<20), kgo.MaxVersions(kversion.V3_0_0()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = raw
	tp := kmsg.NewProduceRequestTopic()
	tp.Topic, tp.Partitions = topic, append(tp.Partitions, p)
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 5000
	req.Topics = append(req.Topics, tp)
	for _, shard := range cl.RequestSharded(t.Context(), req) {
		if shard.Err != nil {
			t.Fatal(shard.Err)
		}
		if err := kerr.ErrorForCode(shard.Resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPoison puts batches into a log that cannot be read: they are passed over,
// counted and handed on as cut, and what is before and after is read.
func TestPoison(t *testing.T) {
	var bomb bytes.Buffer
	z, _ := zstd.NewWriter(&bomb, zstd.WithEncoderLevel(zstd.SpeedFastest))
	_, _ = z.Write(records(0, 100, make([]byte, 1<<20)))
	z.Close()
	for name, raw := range map[string][]byte{
		"damaged compression": batch(40, 4, []byte("this is not zstd at all")),
		"a bomb":              batch(100, 4, bomb.Bytes()),
		"offsets of no log":   batch(1, 0, records(1<<20, 1, []byte("x"))),
	} {
		t.Run(name, func(t *testing.T) {
			c := cluster(t, kfake.SeedTopics(1, "in"), kfake.NumBrokers(1))
			cfg := config(c, "in")
			produce(t, cfg.Brokers, "in", "before", 10, kafka.Zstd)
			produceRaw(t, cfg.Brokers, "in", raw)
			n := ends(c, "in")[0] - 10
			produce(t, cfg.Brokers, "in", "after", 10, kafka.Zstd)
			st := newStore()
			m := run(t, cfg, st, 0)
			eventually(t, "all is committed", allCommitted(c, cfg.Group, "in"))
			for _, v := range []string{"before-0", "before-9", "after-0", "after-9"} {
				if st.values[v] != 1 {
					t.Errorf("%s was read %d times", v, st.values[v])
				}
			}
			if len(st.cuts) != 1 || st.cuts[0].Reason != ingest.CutUnreadable {
				t.Errorf("cuts: %+v", st.cuts)
			}
			if got := testutil.ToFloat64(m.src.metrics.reader.Lost); got != float64(n) {
				t.Errorf("lost_offsets_total is %v, want %d", got, n)
			}
			if st.gaps != 0 {
				t.Errorf("%d gaps", st.gaps)
			}
		})
	}
}

// TestEmptyBatch serves what compaction can leave behind: a batch that covers
// offsets and has no record, at which kafka-go panics; after one that has.
func TestEmptyBatch(t *testing.T) {
	c := cluster(t, kfake.SeedTopics(1, "in"), kfake.NumBrokers(1))
	cfg := config(c, "in")
	for _, prefix := range []string{"hidden", "hidden", "after"} {
		produce(t, cfg.Brokers, "in", prefix, 10, kafka.Zstd)
	}
	before, empty := batch(10, 0, records(0, 10, []byte("before"))), batch(0, 0, nil)
	binary.BigEndian.PutUint64(empty, 10)
	binary.BigEndian.PutUint32(empty[23:], 9)
	c.ControlKey(int16(kmsg.Fetch), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req := r.(*kmsg.FetchRequest)
		at := req.Topics[0].Partitions[0].FetchOffset
		if at >= 20 {
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.FetchResponse)
		rt, rp := kmsg.NewFetchResponseTopic(), kmsg.NewFetchResponseTopicPartition()
		rt.Topic, rp.HighWatermark, rp.RecordBatches = "in", 30, empty
		if at < 10 {
			rp.RecordBatches = append(bytes.Clone(before), empty...)
		}
		rt.Partitions = append(rt.Partitions, rp)
		res.Topics = append(res.Topics, rt)
		return res, nil, true
	})
	src := source(t, cfg)
	st := newStore()
	r := src.reader(Partition{Topic: "in"}, nil)
	r.Until = 30
	if err := r.Run(t.Context(), 0, func(c *ingest.Chunk) error { st.put(c); return nil }); err != nil {
		t.Fatal(err)
	}
	if st.values["before"] != 10 || st.values["after-0"] != 1 || st.values["after-9"] != 1 || st.gaps != 0 {
		t.Errorf("have %v, %d gaps", st.values, st.gaps)
	}
	if len(st.cuts) != 1 || st.cuts[0].Reason != ingest.CutUnreadable || testutil.ToFloat64(src.metrics.reader.Lost) != 10 {
		t.Errorf("cuts %+v, lost %v", st.cuts, testutil.ToFloat64(src.metrics.reader.Lost))
	}
}
