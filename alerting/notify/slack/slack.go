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

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// Sink posts to one channel.
type Sink struct {
	name    string
	channel string
	api     *slackapi.Client // nil with an incoming webhook
	hook    string
	client  *http.Client
	buttons bool
	posts   pace // Slack limits posts and edits apart
	edits   pace
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
		if _, err := cfg.HTTP.URL("webhook_url", hook); err != nil {
			return nil, err
		}
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	s := &Sink{name: name, channel: cfg.Channel, hook: hook, client: client, buttons: cfg.Buttons,
		posts: pace{every: cfg.PostInterval}, edits: pace{every: cfg.PostInterval * 6 / 5}}
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
// thread. What nobody may miss, that it is back or that nobody has taken it, is
// shown in the channel as well.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, prev alerting.Ref) (alerting.Ref, error) {
	m := words.Of(a, key)
	if s.api == nil {
		return "", s.postHook(ctx, a, &m)
	}
	first := func() (alerting.Ref, error) {
		return s.post(ctx, s.channel, a, &m, key, message(a, &m, s.buttons))
	}
	channel, ts, ok := split(prev)
	if !ok {
		return first()
	}
	// The edit comes first: it can be repeated without being seen.
	if err := s.edits.wait(ctx); err != nil {
		return "", err
	}
	_, _, _, err := s.api.UpdateMessageContext(ctx, channel, ts, options(a, &m, key, message(a, &m, s.buttons))...)
	var answer slackapi.SlackErrorResponse
	if errors.As(err, &answer) {
		switch {
		case goneCodes[answer.Err]: // someone has deleted the message
			return first()
		case fixedCodes[answer.Err]: // the thread has to do
			err = nil
		}
	}
	if err != nil {
		return "", classify(err)
	}
	more := []slackapi.MsgOption{slackapi.MsgOptionTS(ts)}
	switch a.State {
	case schemas.AlertOpen, schemas.AlertReopened, schemas.AlertEscalated:
		more = append(more, slackapi.MsgOptionBroadcast())
	}
	_, err = s.post(ctx, channel, a, &m, key, reply(a, &m), more...)
	return "", err
}

func (s *Sink) post(ctx context.Context, channel string, a *schemas.Alert, m *words.Message, key string,
	blocks []slackapi.Block, more ...slackapi.MsgOption) (alerting.Ref, error) {
	if err := s.posts.wait(ctx); err != nil {
		return "", err
	}
	in, ts, err := s.api.PostMessageContext(ctx, channel, append(options(a, m, key, blocks), more...)...)
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
func options(a *schemas.Alert, m *words.Message, key string, blocks []slackapi.Block) []slackapi.MsgOption {
	return []slackapi.MsgOption{
		slackapi.MsgOptionText(fallback(m), false), // escaped already
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

func (s *Sink) postHook(ctx context.Context, a *schemas.Alert, m *words.Message) error {
	if err := s.posts.wait(ctx); err != nil {
		return err
	}
	no := false
	blocks := &slackapi.Blocks{BlockSet: message(a, m, false)}
	return classify(slackapi.PostWebhookCustomHTTPContext(ctx, s.hook, s.client, &slackapi.WebhookMessage{
		Text: fallback(m), Blocks: blocks, Parse: "none", UnfurlLinks: &no, UnfurlMedia: &no,
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
