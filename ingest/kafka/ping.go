package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go"
)

// Ping reaches a broker, authenticates and looks every topic and its leaders
// up. Its errors say what to do.
func (s *Source) Ping(ctx context.Context) error {
	c, err := s.dialer.Any(ctx)
	if err != nil {
		return fmt.Errorf("reach kafka: %w%s", err, s.advice(err))
	}
	c.Close()
	client, done := s.dialer.Client()
	defer done()
	res, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: s.cfg.Topics})
	if err != nil {
		return fmt.Errorf("read metadata: %w%s", err, s.advice(err))
	}
	var errs []error
	ids := map[string][]int{}
	for _, t := range res.Topics {
		switch {
		case errors.Is(t.Error, kafka.UnknownTopicOrPartition):
			errs = append(errs, fmt.Errorf("topic %s does not exist: create it, or correct kafka.topics", t.Name))
		case errors.Is(t.Error, kafka.TopicAuthorizationFailed):
			errs = append(errs, fmt.Errorf("topic %s may not be described: allow %s to Describe and Read it", t.Name, s.who()))
		case t.Error != nil:
			errs = append(errs, fmt.Errorf("topic %s: %w", t.Name, t.Error))
		}
		for _, p := range t.Partitions {
			ids[t.Name] = append(ids[t.Name], p.ID)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if _, err := s.dialer.Spans(ctx, ids); err != nil {
		return fmt.Errorf("reach the leaders: %w: brokers must be reachable from here under the addresses that they advertise (advertised.listeners)", err)
	}
	return nil
}

func (s *Source) who() string {
	if s.cfg.SASL.Username != "" {
		return "User:" + s.cfg.SASL.Username
	}
	return "this client"
}

// advice adds what to try to an error of dialling, authenticating or asking.
func (s *Source) advice(err error) string {
	text := err.Error()
	switch {
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return ": check sasl.username and the password"
	case errors.Is(err, kafka.UnsupportedSASLMechanism):
		return ": the brokers do not offer sasl.mechanism " + s.cfg.SASL.Mechanism
	case strings.Contains(text, "x509: "), strings.Contains(text, "certificate"):
		return ": check tls.ca_file and tls.server_name, and tls.cert_file if the brokers want a certificate"
	case strings.Contains(text, "first record does not look like a TLS handshake"):
		return ": this listener does not speak TLS; set tls.enabled to false or use the TLS port"
	case strings.Contains(text, "no such host"):
		return ": check the host names in brokers"
	case strings.Contains(text, "connection refused"):
		return ": check the ports in brokers, and whether kafka runs"
	case strings.Contains(text, "EOF"), strings.Contains(text, "connection reset"), strings.Contains(text, "timeout"), errors.Is(err, context.DeadlineExceeded):
		return ": the port answers but does not speak as expected; check tls.enabled and sasl.mechanism against the listener"
	}
	return ""
}
