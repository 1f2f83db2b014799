package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sample(id string) schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return schemas.Alert{ID: id, State: schemas.AlertUpdated, Sequence: 2, Title: "Model extraction", FirstSeen: at, LastSeen: at.Add(time.Hour)}
}

func cluster(t *testing.T, more ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.SeedTopics(6, "alerts")}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func sinkTo(t *testing.T, change func(*Config), brokers ...string) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Brokers, cfg.Topic = brokers, "alerts"
	if change != nil {
		change(&cfg)
	}
	s, err := New("siem", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// record is what is in a topic.
type record struct {
	partition  int
	key, value string
	headers    map[string]string
	at         time.Time
}

func readAll(t *testing.T, addr string, partitions int) (out []record) {
	t.Helper()
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(addr), Timeout: 10 * time.Second, Transport: transport}
	for p := range partitions {
		got, err := client.Fetch(t.Context(), &kafkago.FetchRequest{Topic: "alerts", Partition: p, MinBytes: 1, MaxBytes: 16 << 20, MaxWait: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		for {
			r, err := got.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			key, _ := io.ReadAll(r.Key)
			value, err := io.ReadAll(r.Value)
			if err != nil {
				t.Fatal(err)
			}
			rec := record{partition: p, key: string(key), value: string(value), headers: map[string]string{}, at: r.Time}
			for _, h := range r.Headers {
				rec.headers[h.Key] = string(h.Value)
			}
			out = append(out, rec)
		}
	}
	return out
}

// An alert's notifications are in one partition and in order.
func TestWrites(t *testing.T) {
	c := cluster(t)
	s := sinkTo(t, nil, c.ListenAddrs()...)
	if s.Name() != "siem" {
		t.Errorf("the name is %q", s.Name())
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ids := []string{"alert-1", "alert-2", "alert-3", "alert-4"}
	for sequence := 1; sequence <= 3; sequence++ {
		for _, id := range ids {
			a := sample(id)
			a.Sequence = sequence
			if _, err := s.Notify(t.Context(), &a, alerting.Key(&a), ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	where, last := map[string]int{}, map[string]int{}
	all := readAll(t, c.ListenAddrs()[0], 6)
	for _, r := range all {
		if p, seen := where[r.key]; seen && p != r.partition {
			t.Errorf("%s is in the partitions %d and %d", r.key, p, r.partition)
		}
		where[r.key] = r.partition
		last[r.key]++
		want := r.key + "-" + string(rune('0'+last[r.key]))
		if r.headers[HeaderKey] != want || r.headers[HeaderState] != "updated" || r.headers["content-type"] != "application/json" {
			t.Errorf("the headers are %v, want the key %s", r.headers, want)
		}
		if !strings.HasPrefix(r.value, `{"type":"gatehound.alert.updated","timestamp":"2026-11-20T13:00:00Z"`) || !r.at.Equal(sample("").LastSeen) {
			t.Errorf("at %v there is %.200s", r.at, r.value)
		}
	}
	if len(all) != 12 || len(where) != 4 {
		t.Errorf("%d messages of %d alerts", len(all), len(where))
	}
	// The partitions are those of the Java client's murmur2.
	if want := (kafkago.Murmur2Balancer{}).Balance(kafkago.Message{Key: []byte("alert-1")}, 0, 1, 2, 3, 4, 5); where["alert-1"] != want {
		t.Errorf("alert-1 is in %d, want %d", where["alert-1"], want)
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		answer    *kerr.Error
		permanent bool
		text      string
	}{
		{kerr.MessageTooLarge, true, "kafka: message size too large"},
		{kerr.TopicAuthorizationFailed, true, "kafka: topic authorization failed"},
		{kerr.ClusterAuthorizationFailed, true, "kafka: cluster authorization failed"},
		{kerr.InvalidRecord, true, ""}, {kerr.PolicyViolation, true, "kafka: policy violation"},
		{kerr.InvalidTopicException, true, "kafka: invalid topic"},
		{kerr.NotEnoughReplicas, false, "kafka: not enough replicas"},
		{kerr.NotEnoughReplicasAfterAppend, false, ""},
		{kerr.NotLeaderForPartition, false, ""}, {kerr.UnknownTopicOrPartition, false, "kafka: unknown topic or partition"},
		{kerr.RequestTimedOut, false, ""}, {kerr.KafkaStorageError, false, ""}, {kerr.UnknownServerError, false, ""},
		{kerr.ThrottlingQuotaExceeded, false, ""},
	} {
		t.Run(c.answer.Message, func(t *testing.T) {
			k := cluster(t, kfake.NumBrokers(1))
			k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "alerts", Err: c.answer, Count: 1})
			s := sinkTo(t, nil, k.ListenAddrs()...)
			a := sample("alert-1")
			_, err := s.Notify(t.Context(), &a, "key", "")
			if err == nil || alerting.IsPermanent(err) != c.permanent || c.text != "" && err.Error() != c.text || !strings.HasPrefix(err.Error(), "kafka: ") {
				t.Errorf("got %v, permanent %v, want %q, %v", err, alerting.IsPermanent(err), c.text, c.permanent)
			}
			if _, err := s.Notify(t.Context(), &a, "key", ""); err != nil {
				t.Errorf("after it: %v", err)
			}
			// Of these two nobody knows whether the message was written.
			got, unsure := readAll(t, k.ListenAddrs()[0], 6), c.answer == kerr.NotEnoughReplicasAfterAppend || c.answer == kerr.RequestTimedOut
			if len(got) != 1 && !(unsure && len(got) == 2 && got[0].headers[HeaderKey] == got[1].headers[HeaderKey]) {
				t.Errorf("%d messages are there", len(got))
			}
		})
	}
}

func TestNoTopic(t *testing.T) {
	c := cluster(t)
	s := sinkTo(t, func(c *Config) { c.Topic = "missing" }, c.ListenAddrs()...)
	a := sample("alert-1")
	for name, err := range map[string]error{"check": s.Check(t.Context()), "notify": func() error { _, err := s.Notify(t.Context(), &a, "k", ""); return err }()} {
		if err == nil || alerting.IsPermanent(err) || err.Error() != "kafka: unknown topic or partition" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// Leaders move, and one broker of those that are named is enough.
func TestBrokersComeAndGo(t *testing.T) {
	c := cluster(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	s := sinkTo(t, nil, nobody, c.ListenAddrs()[0])
	for i := range 10 {
		for p := range int32(6) {
			if err := c.MoveTopicPartition("alerts", p, (c.LeaderFor("alerts", p)+1)%3); err != nil {
				t.Fatal(err)
			}
		}
		a := sample("alert-1")
		if _, err := s.Notify(t.Context(), &a, "k", ""); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if n := len(readAll(t, c.ListenAddrs()[0], 6)); n != 10 {
		t.Errorf("%d messages are there", n)
	}
}

func TestSASL(t *testing.T) {
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		t.Run(mechanism, func(t *testing.T) {
			c := cluster(t, kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "gatehound", "right"))
			login := func(password string) *Sink {
				return sinkTo(t, func(c *Config) {
					c.SASL = SASL{Mechanism: mechanism, Username: "gatehound"}
					t.Setenv("KAFKA_TEST_PASSWORD", password)
					c.SASL.PasswordEnv = "KAFKA_TEST_PASSWORD"
				}, c.ListenAddrs()...)
			}
			a := sample("alert-1")
			if _, err := login("right").Notify(t.Context(), &a, "k", ""); err != nil {
				t.Error(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			for name, s := range map[string]*Sink{"a wrong password": login("wrongwrong"), "none": sinkTo(t, nil, c.ListenAddrs()...)} {
				_, err := s.Notify(ctx, &a, "k", "")
				if err == nil || strings.Contains(err.Error(), "wrongwrong") || len(err.Error()) > 100 {
					t.Errorf("got %v with %s", err, name)
				}
			}
		})
	}
}

// A long alert is shortened to what a topic takes.
func TestLongAlerts(t *testing.T) {
	c := cluster(t)
	s := sinkTo(t, func(c *Config) { c.MaxBytes = minBytes }, c.ListenAddrs()...)
	a := sample(strings.Repeat("i", 1000))
	a.Summary = strings.Repeat("<\u202e", 100_000)
	if _, err := s.Notify(t.Context(), &a, strings.Repeat("k", 1000), ""); err != nil {
		t.Fatal(err)
	}
	got := readAll(t, c.ListenAddrs()[0], 6)
	if len(got) != 1 || len(got[0].value) > minBytes || len(got[0].key) != maxID || len(got[0].headers[HeaderKey]) != maxID ||
		!strings.Contains(got[0].value, `"shortened":true`) {
		t.Errorf("got %d messages, %d bytes", len(got), len(got[0].value))
	}
}

// Whatever a receiver answers, it does not end the program: the client would
// believe every length.
func TestNoBroker(t *testing.T) {
	size := func(n int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
	for name, answer := range map[string][]byte{
		"negative": size(-1), "least": size(-2147483648), "zero": size(0), "three": append(size(3), 1, 2, 3), "giant": size(2147483647),
		"http": []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), "empty": append(size(4), 0, 0, 0, 1), "half": size(1000), "of another": append(size(8), 0, 0, 0, 9, 0, 0, 0, 0),
		"negative array": append(size(10), 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff),
	} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_, _ = conn.Read(make([]byte, 1024))
					_, _ = conn.Write(answer)
					_ = conn.Close()
				}
			}()
			t.Cleanup(func() { _ = l.Close(); <-done })
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			a := sample("alert-1")
			if _, err := sinkTo(t, nil, l.Addr().String()).Notify(ctx, &a, "k", ""); err == nil || alerting.IsPermanent(err) {
				t.Errorf("got %v, want an error that is retried", err)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	good := func() Config {
		c := DefaultConfig()
		c.Brokers, c.Topic = []string{"kafka-1.example.com:9092"}, "alerts"
		return c
	}
	for want, change := range map[string]func(*Config){
		"brokers has 0 entries":         func(c *Config) { c.Brokers = nil },
		"brokers[0]: want host:port":    func(c *Config) { c.Brokers = []string{"kafka"} },
		"topic: want 1 to 249":          func(c *Config) { c.Topic = "a b" },
		"topic: want 1 to 249 of":       func(c *Config) { c.Topic = ".." },
		"client_id: want 1 to 255":      func(c *Config) { c.ClientID = "" },
		"max_bytes is 10: want 8192":    func(c *Config) { c.MaxBytes = 10 },
		"tls.enabled is false":          func(c *Config) { c.TLS.ServerName = "x" },
		"tls.cert_file and tls.key_f":   func(c *Config) { c.TLS.Enabled, c.TLS.Files.CertFile = true, "x" },
		"read tls.ca_file":              func(c *Config) { c.TLS.Enabled, c.TLS.Files.CAFile = true, "/absent" },
		"sasl.mechanism is empty":       func(c *Config) { c.SASL.Username = "u" },
		`sasl.mechanism is "gssapi"`:    func(c *Config) { c.SASL.Mechanism = "gssapi" },
		"sasl.username is empty":        func(c *Config) { c.SASL.Mechanism = "plain" },
		"sasl.password is not set":      func(c *Config) { c.SASL.Mechanism, c.SASL.Username = "plain", "u" },
		"read sasl.password_file":       func(c *Config) { c.SASL = SASL{Mechanism: "plain", Username: "u", PasswordFile: "/absent"} },
		"sasl.password is empty where ": func(c *Config) { c.SASL = SASL{Mechanism: "plain", Username: "u", PasswordEnv: "KAFKA_TEST_ABSENT"} },
	} {
		c := good()
		change(&c)
		if _, err := New("siem", &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// BenchmarkNotify is a notification over connections of its own on loopback.
func BenchmarkNotify(b *testing.B) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(6, "alerts"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	cfg := DefaultConfig()
	cfg.Brokers, cfg.Topic = c.ListenAddrs(), "alerts"
	s, err := New("siem", &cfg)
	if err != nil {
		b.Fatal(err)
	}
	a := sample("alert-1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Notify(b.Context(), &a, "k", ""); err != nil {
			b.Fatal(err)
		}
	}
}
