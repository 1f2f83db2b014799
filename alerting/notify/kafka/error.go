package kafka

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// permanent are the brokers' answers that a later attempt does not change: who
// we are, what we may do, and what the message is. UnknownTopicOrPartition is
// not among them: brokers say it too while they start or make a topic, and
// Kafka's own clients try again
// (https://kafka.apache.org/protocol#protocol_error_codes).
var permanent = []kafka.Error{
	kafka.SASLAuthenticationFailed, kafka.UnsupportedSASLMechanism, kafka.IllegalSASLState,
	kafka.TopicAuthorizationFailed, kafka.ClusterAuthorizationFailed, kafka.SecurityDisabled,
	kafka.MessageSizeTooLarge, kafka.RecordListTooLarge, kafka.InvalidTopic, kafka.InvalidRecord,
	kafka.UnsupportedForMessageFormat, kafka.PolicyViolation, kafka.UnsupportedCompressionType,
}

// classify turns an error into one for the manager. Its text is the title of a
// broker's error code, or one of outbound's.
func (s *Sink) classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var code kafka.Error
	if errors.As(err, &code) && code != 0 {
		if title := code.Title(); title == "" {
			err = errors.New("kafka: an error code that is not known")
		} else {
			err = errors.New("kafka: " + strings.ToLower(title))
		}
		if slices.Contains(permanent, code) {
			return alerting.Permanent(err)
		}
		return err
	}
	if ctx.Err() != nil {
		err = ctx.Err() // that the connection was closed is what follows
	}
	return outbound.Classify(err, func(int) bool { return false })
}
