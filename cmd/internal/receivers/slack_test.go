package receivers

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// token is that of the double; it opens nothing.
const token = "xoxb" + "-demo"

// client returns an HTTP client that leaves no connection behind.
func client(t *testing.T) *http.Client {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func double(t *testing.T, o SlackOptions) (*Slack, *slack.Client) {
	t.Helper()
	if o.Token == "" {
		o.Token = token
	}
	s, err := NewSlack(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s, slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client(t)))
}

func TestSlackTakesWhatSlackGoSends(t *testing.T) {
	var told []Message
	s, c := double(t, SlackOptions{OnMessage: func(m Message) { told = append(told, m) }})
	began := time.Now()

	who, err := c.AuthTestContext(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "gatehound", who.User)

	header := slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, "One address guesses keys", false, false))
	channel, ts, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("alert", false), slack.MsgOptionBlocks(header))
	require.NoError(t, err)
	assert.Equal(t, "C1", channel)
	assert.NotEmpty(t, ts)

	_, reply, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("goes on", false), slack.MsgOptionTS(ts), slack.MsgOptionBroadcast())
	require.NoError(t, err)
	assert.NotEqual(t, ts, reply)

	_, same, _, err := c.UpdateMessageContext(t.Context(), "C1", ts, slack.MsgOptionText("over", false))
	require.NoError(t, err)
	assert.Equal(t, ts, same)

	ms := s.Messages()
	require.Len(t, ms, 3)
	assert.Equal(t, told, ms)
	assert.Equal(t, "chat.postMessage", ms[0].Method)
	assert.Contains(t, string(ms[0].Blocks), "One address guesses keys")
	assert.False(t, ms[0].Broadcast)
	assert.Equal(t, ts, ms[1].ThreadTS)
	assert.True(t, ms[1].Broadcast)
	assert.Equal(t, "chat.update", ms[2].Method)
	assert.Equal(t, "over", ms[2].Text)
	for _, m := range ms {
		assert.WithinRange(t, m.Arrived, began, time.Now())
	}
}

func TestSlackTakesIncomingWebhooks(t *testing.T) {
	s, _ := double(t, SlackOptions{})
	post := func(msg *slack.WebhookMessage) error {
		return slack.PostWebhookCustomHTTPContext(t.Context(), s.WebhookURL(), client(t), msg)
	}
	require.NoError(t, post(&slack.WebhookMessage{Text: "alert"}))
	require.Error(t, post(&slack.WebhookMessage{}), "no text")
	ms := s.Messages()
	require.Len(t, ms, 1)
	assert.Equal(t, "webhook", ms[0].Method)
	assert.Equal(t, "alert", ms[0].Text)
	assert.Empty(t, ms[0].TS)
}

func TestSlackRefuses(t *testing.T) {
	s, good := double(t, SlackOptions{})
	stranger := slack.New("wrong", slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client(t)))
	_, err := stranger.AuthTestContext(t.Context())
	assert.EqualError(t, err, "invalid_auth")

	blocks := func(b ...slack.Block) slack.MsgOption { return slack.MsgOptionBlocks(b...) }
	text := func(n int) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("x", n), false, false)
	}
	many := make([]slack.Block, 51)
	for i := range many {
		many[i] = slack.NewDividerBlock()
	}
	for _, tt := range []struct {
		name, channel, want string
		options             []slack.MsgOption
	}{
		{"no channel", "", "channel_not_found", []slack.MsgOption{slack.MsgOptionText("x", false)}},
		{"no text", "C1", "no_text", nil},
		{"long text", "C1", "msg_too_long", []slack.MsgOption{slack.MsgOptionText(strings.Repeat("x", 40_001), false)}},
		{"unknown thread", "C1", "thread_not_found", []slack.MsgOption{slack.MsgOptionText("x", false), slack.MsgOptionTS("1.2")}},
		{"long header", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewHeaderBlock(text(151)))}},
		{"empty header", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewHeaderBlock(text(0)))}},
		{"long section", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewSectionBlock(text(3001), nil, nil))}},
		{"long field", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewSectionBlock(nil, []*slack.TextBlockObject{text(2001)}, nil))}},
		{"many fields", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewSectionBlock(nil, repeat(text(1), 11), nil))}},
		{"long block id", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewSectionBlock(text(1), nil, nil, slack.SectionBlockOptionBlockID(strings.Repeat("x", 256))))}},
		{"many blocks", "C1", "invalid_blocks", []slack.MsgOption{blocks(many...)}},
		{"empty actions", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewActionBlock("a"))}},
		{"long value", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewActionBlock("a", slack.NewButtonBlockElement("b", strings.Repeat("x", 2001), text(1))))}},
		{"empty context", "C1", "invalid_blocks", []slack.MsgOption{blocks(slack.NewContextBlock("a"))}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := good.PostMessageContext(t.Context(), tt.channel, tt.options...)
			require.Error(t, err)
			assert.Contains(t, err.Error(), tt.want)
		})
	}
	_, _, _, err = good.UpdateMessageContext(t.Context(), "C1", "1.2", slack.MsgOptionText("x", false))
	assert.EqualError(t, err, "message_not_found")
	assert.Empty(t, s.Messages(), "what is refused did not arrive")
}

func repeat[T any](x T, n int) []T {
	xs := make([]T, n)
	for i := range xs {
		xs[i] = x
	}
	return xs
}

func TestSlackTakesBlocksAtTheLimit(t *testing.T) {
	s, c := double(t, SlackOptions{})
	text := slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("é", 150), false, false)
	_, _, err := c.PostMessageContext(t.Context(), "C1", slack.MsgOptionBlocks(
		slack.NewHeaderBlock(text), slack.NewSectionBlock(text, repeat(text, 10), nil), slack.NewDividerBlock(),
		slack.NewContextBlock("c", text), slack.NewActionBlock("a", slack.NewButtonBlockElement("b", "v", text))))
	require.NoError(t, err)
	assert.Len(t, s.Messages(), 1)
}

func TestSlackReadsJSONAndTokensInForms(t *testing.T) {
	s, _ := double(t, SlackOptions{})
	post := func(kind, authorization, body string) map[string]any {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.APIURL()+"chat.postMessage", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", kind)
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		resp, err := client(t).Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		var out map[string]any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
		return out
	}
	const form, object = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
	assert.Equal(t, true, post(object, "Bearer "+token, `{"channel":"C1","text":"x","reply_broadcast":false}`)["ok"])
	assert.Equal(t, true, post(form, "", "token="+token+"&channel=C1&text=x")["ok"])
	assert.Equal(t, "not_authed", post(form, "", "channel=C1&text=x")["error"])
	assert.Equal(t, "invalid_arguments", post(object, "Bearer "+token, `{"channel"`)["error"])
	assert.Len(t, s.Messages(), 2)
}

func TestSlackBoundsBodies(t *testing.T) {
	s, _ := double(t, SlackOptions{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.WebhookURL(), bytes.NewReader(make([]byte, bodyLimit+1)))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client(t).Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestSlackFaults(t *testing.T) {
	s, c := double(t, SlackOptions{})
	post := func(ctx context.Context) error {
		_, _, err := c.PostMessageContext(ctx, "C1", slack.MsgOptionText("x", false))
		return err
	}
	t.Run("too many requests", func(t *testing.T) {
		s.Inject(Fault{Status: 429, RetryAfter: 2500 * time.Millisecond, Times: 1})
		var limited *slack.RateLimitedError
		require.ErrorAs(t, post(t.Context()), &limited)
		assert.Equal(t, 3*time.Second, limited.RetryAfter, "whole seconds, rounded up")
		assert.NoError(t, post(t.Context()), "once only")
	})
	t.Run("500", func(t *testing.T) {
		s.Inject(Fault{Status: 500})
		for range 3 {
			assert.ErrorContains(t, post(t.Context()), "500")
		}
		s.Clear()
		assert.NoError(t, post(t.Context()))
	})
	t.Run("hang", func(t *testing.T) {
		s.Inject(Fault{Hang: true, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, post(ctx), context.DeadlineExceeded)
		assert.NoError(t, post(t.Context()))
	})
	t.Run("drop", func(t *testing.T) {
		s.Inject(Fault{Drop: true, Times: 1})
		assert.ErrorIs(t, post(t.Context()), io.EOF)
		assert.NoError(t, post(t.Context()))
	})
	t.Run("delay", func(t *testing.T) {
		s.Inject(Fault{Delay: 60 * time.Millisecond, Times: 1})
		began := time.Now()
		assert.NoError(t, post(t.Context()))
		assert.GreaterOrEqual(t, time.Since(began), 60*time.Millisecond)
	})
	assert.Len(t, s.Messages(), 5, "only what was taken arrived")
	assert.Equal(t, 7, s.Met())
}

func TestCloseEndsWhoHangs(t *testing.T) {
	s, err := NewSlack(SlackOptions{Token: token})
	require.NoError(t, err)
	s.Inject(Fault{Hang: true})
	c := slack.New(token, slack.OptionAPIURL(s.APIURL()), slack.OptionHTTPClient(client(t)))
	done := make(chan error, 1)
	go func() {
		_, err := c.AuthTestContext(context.WithoutCancel(t.Context()))
		done <- err
	}()
	require.Eventually(t, func() bool { return s.Met() == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, s.Close())
	assert.Error(t, <-done)
	assert.NoError(t, s.Close(), "again")
}

func TestNewSlackNeedsAToken(t *testing.T) {
	_, err := NewSlack(SlackOptions{})
	assert.ErrorContains(t, err, "no token")
}
