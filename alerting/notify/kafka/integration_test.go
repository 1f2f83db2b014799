//go:build kafka

package kafka

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/alerting"
)

// What .ci/kafka/run has its node's listener with SASL take.
const (
	nodeUser     = "gatehound"
	nodePassword = "gatehound-secret"
)

// node runs an Apache Kafka until the test ends, and returns the addresses of
// its listeners, the second of which wants SASL.
func node(t *testing.T) (plain, sasl string) {
	t.Helper()
	const scripts = "../../../.ci/kafka"
	if out, err := exec.Command(filepath.Join(scripts, "get")).CombinedOutput(); err != nil {
		t.Fatalf("fetch apache kafka: %v\n%s", err, out)
	}
	var ports []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	dir := t.TempDir()
	run, err := filepath.Abs(filepath.Join(scripts, "run"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(run, append([]string{dir}, ports...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "kafka.log"))
			t.Log(string(said[max(0, len(said)-4096):]))
		}
	})
	return "127.0.0.1:" + ports[0], "127.0.0.1:" + ports[1]
}

// TestRealKafka writes to one node of Apache Kafka.
func TestRealKafka(t *testing.T) {
	plain, sasl := node(t)
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	admin := &kafkago.Client{Addr: kafkago.TCP(plain), Timeout: 10 * time.Second, Transport: transport}
	create := func(topic string, partitions int, config ...kafkago.ConfigEntry) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		res, err := admin.CreateTopics(ctx, &kafkago.CreateTopicsRequest{Topics: []kafkago.TopicConfig{
			{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: config}}})
		if err == nil {
			err = res.Errors[topic]
		}
		return err
	}
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		err := create("alerts", 3)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("kafka does not answer: %v", err)
		}
	}
	if err := create("small", 1, kafkago.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "1000"}); err != nil {
		t.Fatal(err)
	}
	login := func(mechanism, password string) func(*Config) {
		return func(c *Config) {
			c.SASL = SASL{Mechanism: mechanism, Username: nodeUser}
			t.Setenv("KAFKA_TEST_PASSWORD", password)
			c.SASL.PasswordEnv = "KAFKA_TEST_PASSWORD"
		}
	}
	// A topic that was just made has no leader for a moment.
	eventually := func(s *Sink) {
		t.Helper()
		a := sample("alert-1")
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			err := s.Check(t.Context())
			if err == nil {
				_, err = s.Notify(t.Context(), &a, alerting.Key(&a), "")
			}
			if err == nil {
				return
			}
			if alerting.IsPermanent(err) || time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
	want := 0
	for i, s := range []*Sink{
		sinkTo(t, nil, plain), sinkTo(t, login("plain", nodePassword), sasl),
		sinkTo(t, login("scram-sha-256", nodePassword), sasl), sinkTo(t, login("scram-sha-512", nodePassword), sasl),
	} {
		eventually(s)
		want++
		got := readAll(t, plain, 3)
		if len(got) != want || got[i].key != "alert-1" || got[i].headers[HeaderKey] != "alert-1-2" || got[i].partition != got[0].partition {
			t.Fatalf("after sink %d there is %+v", i, got)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a := sample("alert-1")
	for name, s := range map[string]*Sink{
		"a wrong password": sinkTo(t, login("scram-sha-256", "notthepassword"), sasl),
		"a small topic":    sinkTo(t, func(c *Config) { c.Topic = "small" }, plain),
	} {
		long := a
		for i := range 400 { // what does not compress
			long.Summary += fmt.Sprintf("%x", i*7919*104729)
		}
		_, err := s.Notify(ctx, &long, "k", "")
		if !alerting.IsPermanent(err) || !strings.HasPrefix(err.Error(), "kafka: ") {
			t.Errorf("got %v for %s, want one of kafka's that is final", err, name)
		}
	}
}
