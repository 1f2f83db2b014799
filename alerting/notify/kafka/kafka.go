// Package kafka writes alerts to a topic: one message a notification, with the
// alert's id as its key, so that an alert's notifications are in one partition
// and in order, and the idempotency key in a header.
package kafka

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/native"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// The headers of a message.
const (
	HeaderKey   = "gatehound-key"   // the idempotency key
	HeaderState = "gatehound-state" // the alert's state, "open" for example
	headerType  = "content-type"
)

// Sink writes to one topic.
type Sink struct {
	name  string
	cfg   Config
	tls   *tls.Config    // nil without
	login sasl.Mechanism // nil without
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the files that cfg names and returns a sink that has sent nothing
// yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Sink{name: name, cfg: *cfg}
	var err error
	if cfg.TLS.Enabled {
		if s.tls, err = cfg.TLS.Files.Config(); err != nil {
			return nil, err
		}
		s.tls.ServerName = cfg.TLS.ServerName
	}
	if s.login, err = cfg.SASL.mechanism(); err != nil {
		return nil, err
	}
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check authenticates and looks the topic up.
func (s *Sink) Check(ctx context.Context) error {
	client, done := s.client(ctx)
	defer done()
	_, err := s.partitions(ctx, client)
	return s.classify(ctx, err)
}

// Notify writes a and returns once all replicas in sync have it.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	value, err := native.Within(a, key, s.cfg.MaxBytes-overhead)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded within max_bytes"))
	}
	client, done := s.client(ctx)
	defer done()
	return "", s.classify(ctx, s.write(ctx, client, a, key, value))
}

// overhead is what a message has besides its value, at most: key, headers and
// the frame of a batch.
const overhead = 1024

// maxID bounds what goes into key and headers, in bytes.
const maxID = 200

func (s *Sink) write(ctx context.Context, client *kafka.Client, a *schemas.Alert, key string, value []byte) error {
	partitions, err := s.partitions(ctx, client)
	if err != nil {
		return err
	}
	id := []byte(a.ID[:min(len(a.ID), maxID)])
	// As the Java client does it, so that others who write by the same key meet
	// the same partition.
	partition := kafka.Murmur2Balancer{Consistent: true}.Balance(kafka.Message{Key: id}, partitions...)
	answer, err := client.Produce(ctx, &kafka.ProduceRequest{
		Topic: s.cfg.Topic, Partition: partition, RequiredAcks: kafka.RequireAll, Compression: kafka.Zstd,
		Records: kafka.NewRecordReader(kafka.Record{
			Time: neutral.Moment(a), Key: kafka.NewBytes(id), Value: kafka.NewBytes(value),
			Headers: []kafka.Header{
				{Key: HeaderKey, Value: []byte(key[:min(len(key), maxID)])},
				{Key: HeaderState, Value: []byte(a.State.String())},
				{Key: headerType, Value: []byte("application/json")},
			},
		}),
	})
	if err != nil {
		return err
	}
	for _, refused := range answer.RecordErrors {
		return refused // there is one record
	}
	return answer.Error
}

// partitions returns the topic's partitions in order.
func (s *Sink) partitions(ctx context.Context, client *kafka.Client) ([]int, error) {
	answer, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{s.cfg.Topic}})
	if err != nil {
		return nil, err
	}
	for _, t := range answer.Topics {
		if t.Name != s.cfg.Topic {
			continue
		}
		if t.Error != nil {
			return nil, t.Error
		}
		// Every partition counts, also one without a leader at present: keys
		// stay where they are.
		out := make([]int, len(t.Partitions))
		for i := range out {
			out[i] = i
		}
		if len(out) > 0 {
			return out, nil
		}
	}
	return nil, kafka.UnknownTopicOrPartition
}
