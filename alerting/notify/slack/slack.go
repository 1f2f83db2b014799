// Package slack posts alerts to a Slack channel.
//
// With a bot token an alert is one message: what follows goes to its thread,
// and the message itself always shows how things are now. With an incoming
// webhook every notification is a message of its own.
//
// Slack has no idempotency key: an attempt whose answer is lost shows twice.
// The key stands at the foot of the message and, with a token, in its
// metadata.
package slack

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink posts to one channel.
type Sink struct {
	name    string
	channel string
	api     *slackapi.Client // nil with an incoming webhook
	hook    string
	client  *http.Client
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	token, err := cfg.token().Read("token")
	if err != nil {
		return nil, err
	}
	hook, err := cfg.webhook().Read("webhook_url")
	if err != nil {
		return nil, err
	}
	if hook != "" {
		if _, err := outbound.CheckURL("webhook_url", hook, false, nil); err != nil {
			return nil, err
		}
	}
	client, err := cfg.TLS.Client()
	if err != nil {
		return nil, err
	}
	s := &Sink{name: name, channel: cfg.Channel, hook: hook, client: client}
	if token != "" {
		s.api = slackapi.New(token, slackapi.OptionHTTPClient(client),
			slackapi.OptionAPIURL(strings.TrimRight(cfg.APIURL, "/")+"/"))
	}
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check asks Slack whether it knows the token. What it says of an incoming
// webhook is not known before something is posted: its host is to answer.
func (s *Sink) Check(ctx context.Context) error {
	if s.api == nil {
		return outbound.Reach(ctx, s.client, s.hook)
	}
	_, err := s.api.AuthTestContext(ctx)
	return classify(err)
}

// Notify posts a, or brings the message at prev up to date and adds to its
// thread.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, prev alerting.Ref) (alerting.Ref, error) {
	if s.api == nil {
		return "", s.postHook(ctx, a, key)
	}
	channel, ts, ok := split(prev)
	if !ok {
		return s.post(ctx, s.channel, a, key, message(a, key))
	}
	// The edit comes first: it can be repeated without being seen.
	_, _, _, err := s.api.UpdateMessageContext(ctx, channel, ts, options(a, key, message(a, key))...)
	var answer slackapi.SlackErrorResponse
	if errors.As(err, &answer) {
		switch {
		case goneCodes[answer.Err]: // someone has deleted the message
			return s.post(ctx, s.channel, a, key, message(a, key))
		case fixedCodes[answer.Err]: // the thread has to do
			err = nil
		}
	}
	if err != nil {
		return "", classify(err)
	}
	more := []slackapi.MsgOption{slackapi.MsgOptionTS(ts)}
	if a.State == schemas.AlertOpen { // it is open again: say so in the channel
		more = append(more, slackapi.MsgOptionBroadcast())
	}
	_, err = s.post(ctx, channel, a, key, reply(a, key), more...)
	return "", err
}

func (s *Sink) post(ctx context.Context, channel string, a *schemas.Alert, key string, blocks []slackapi.Block,
	more ...slackapi.MsgOption) (alerting.Ref, error) {
	in, ts, err := s.api.PostMessageContext(ctx, channel, append(options(a, key, blocks), more...)...)
	if err != nil {
		return "", classify(err)
	}
	ref := alerting.Ref(in + "/" + ts)
	if _, _, ok := split(ref); !ok {
		return "", errors.New("slack's answer names no message")
	}
	return ref, nil
}

// options are the parts that every message has. The text is what a
// notification shows; nothing in it is parsed.
func options(a *schemas.Alert, key string, blocks []slackapi.Block) []slackapi.MsgOption {
	return []slackapi.MsgOption{
		slackapi.MsgOptionText(fallback(a), false), // escaped already
		slackapi.MsgOptionBlocks(blocks...),
		slackapi.MsgOptionParse(false),
		slackapi.MsgOptionLinkNames(false),
		slackapi.MsgOptionDisableMarkdown(),
		slackapi.MsgOptionDisableLinkUnfurl(),
		slackapi.MsgOptionDisableMediaUnfurl(),
		slackapi.MsgOptionMetadata(slackapi.SlackMetadata{
			EventType:    "gatehound_alert",
			EventPayload: map[string]any{"alert": plain(a.ID, 100), "key": plain(key, 100), "state": a.State.String()},
		}),
	}
}

func (s *Sink) postHook(ctx context.Context, a *schemas.Alert, key string) error {
	no := false
	blocks := &slackapi.Blocks{BlockSet: message(a, key)}
	return classify(slackapi.PostWebhookCustomHTTPContext(ctx, s.hook, s.client, &slackapi.WebhookMessage{
		Text: fallback(a), Blocks: blocks, Parse: "none", UnfurlLinks: &no, UnfurlMedia: &no,
	}))
}

var refForm = regexp.MustCompile(`^([#\pL\pN_.-]{1,100})/([0-9]{1,20}(?:\.[0-9]{1,20})?)$`)

// split takes a Ref apart: channel and timestamp of the alert's message.
func split(ref alerting.Ref) (channel, ts string, ok bool) {
	m := refForm.FindStringSubmatch(string(ref))
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// Slack's error codes, from https://docs.slack.dev/reference/methods/chat.postMessage
// and chat.update. What is in none of the sets is retried.
var (
	// permanentCodes are about the token, the channel or the message.
	permanentCodes = set("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
		"no_permission", "missing_scope", "not_allowed_token_type", "access_denied", "org_login_required",
		"ekm_access_denied", "team_access_not_granted", "channel_not_found", "not_in_channel", "is_archived",
		"channel_is_archived", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_locked", "msg_too_long", "msg_blocks_too_long", "invalid_blocks",
		"invalid_blocks_format", "invalid_arguments", "invalid_arg_name", "invalid_array_arg", "invalid_charset",
		"invalid_form_data", "invalid_post_type", "missing_post_type", "no_text", "metadata_too_large",
		"invalid_metadata_format", "invalid_metadata_schema", "method_deprecated", "deprecated_endpoint",
		"enterprise_is_restricted", "two_factor_setup_required", "cant_broadcast_message")
	// busyCodes ask to come back later.
	busyCodes = set("ratelimited", "rate_limited", "message_limit_exceeded")
	// goneCodes tell that the message to edit is not there.
	goneCodes = set("message_not_found", "thread_not_found")
	// fixedCodes tell that the message may no longer be edited.
	fixedCodes = set("edit_window_closed", "cant_update_message")
	// passingCodes are Slack's own troubles.
	passingCodes = set("internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited",
		"team_added_to_org", "duplicate_message_not_found")
)

func set(codes ...string) map[string]bool {
	m := make(map[string]bool, len(codes))
	for _, c := range codes {
		m[c] = true
	}
	return m
}

// busyWait is how long to wait when Slack is busy and does not say how long.
const busyWait = 30 * time.Second

// classify turns slack-go's errors into the manager's.
func classify(err error) error {
	if err == nil {
		return nil
	}
	var answer slackapi.SlackErrorResponse
	if !errors.As(err, &answer) {
		return outbound.Classify(err, func(status int) bool {
			// An incoming webhook answers 400, 403, 404 and 410 to what it will
			// never take (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
			return status == 400 || status == 401 || status == 403 || status == 404 || status == 410
		})
	}
	code := answer.Err
	switch {
	case permanentCodes[code]:
		return alerting.Permanent(errors.New("slack: " + code))
	case busyCodes[code]:
		return alerting.After(errors.New("slack: "+code), busyWait)
	case goneCodes[code], passingCodes[code]:
		return errors.New("slack: " + code)
	}
	return errors.New("slack: an error code that is not known")
}
