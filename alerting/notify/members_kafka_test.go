package notify_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/alerting/notify/kafka"
	"github.com/gatehound/gatehound/schemas"
)

const kafkaPassword = "notarealpassword"

func kafkaMembers() []*member {
	options := func(addr string) map[string]any {
		return map[string]any{"brokers": []string{addr}, "topic": "alerts",
			"sasl": map[string]any{"mechanism": "scram-sha-256", "username": "gatehound", "password": kafkaPassword}}
	}
	return []*member{{
		name: "topic", kind: "kafka", secrets: []string{kafkaPassword}, harmless: harmlessJSON, states: stateNames(`"gatehound.alert.%s"`),
		local: func(t *testing.T, a *schemas.Alert, key string) []request {
			c := brokers(t)
			if ref, err := build(t, "kafka", map[string]any{"brokers": c.ListenAddrs(), "topic": "alerts"}).Notify(t.Context(), a, key, ""); err != nil || ref != "" {
				t.Fatalf("got %q, %v", ref, err)
			}
			return readTopic(t, c)
		},
		suite: conformStream(stream{
			options: options,
			secure: func(addr string, files map[string]any) map[string]any {
				o, conf := options(addr), map[string]any{"enabled": true}
				for k, v := range files {
					conf[k] = v
				}
				o["tls"] = conf
				return o
			},
			serve: func(t *testing.T, conf *tls.Config) string {
				more := []kfake.Opt{kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "gatehound", kafkaPassword)}
				if conf != nil {
					more = append(more, kfake.TLS(conf))
				}
				return brokers(t, more...).ListenAddrs()[0]
			},
		}),
	}}
}

// brokers runs a cluster of one broker with the topic alerts.
func brokers(t *testing.T, more ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(append(more, kfake.NumBrokers(1), kfake.SeedTopics(1, "alerts"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// readTopic returns what is in the topic alerts.
func readTopic(t *testing.T, c *kfake.Cluster) (out []request) {
	t.Helper()
	transport := &kafkago.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafkago.Client{Addr: kafkago.TCP(c.ListenAddrs()...), Timeout: 10 * time.Second, Transport: transport}
	got, err := client.Fetch(t.Context(), &kafkago.FetchRequest{Topic: "alerts", MinBytes: 1, MaxBytes: 16 << 20, MaxWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for {
		r, err := got.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		value, err := io.ReadAll(r.Value)
		if err != nil {
			t.Fatal(err)
		}
		req := request{body: value}
		for _, h := range r.Headers {
			if h.Key == kafka.HeaderKey {
				req.key = string(h.Value)
			}
		}
		if !json.Valid(value) {
			t.Errorf("the value is no JSON: %.200q", value)
		}
		out = append(out, req)
	}
}
