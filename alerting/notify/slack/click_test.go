package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/slack/interact"
	"github.com/gatehound/gatehound/schemas"
)

// person is a desk with one alert.
type person struct{ a *schemas.Alert }

func (d person) Alert(string) (schemas.Alert, error) { return *d.a, nil }

func (d person) Acknowledge(_ context.Context, _, by, _ string) (schemas.Alert, error) {
	d.a.State, d.a.Acknowledged = schemas.AlertAcknowledged, &schemas.Mark{At: d.a.LastSeen, By: by}
	return *d.a, nil
}

func (d person) Resolve(_ context.Context, _, by, _ string) (schemas.Alert, error) {
	d.a.State, d.a.Resolution = schemas.AlertResolved, &schemas.Mark{At: d.a.LastSeen, By: by}
	return *d.a, nil
}

func (d person) Comment(context.Context, string, string, string) (schemas.Alert, error) {
	return schemas.Alert{}, nil
}
func (d person) Silence(_ context.Context, s schemas.Silence) (schemas.Silence, error) { return s, nil }

// buttonOf returns the button with that id of a message that was posted.
func buttonOf(t *testing.T, form url.Values, id string) *slackapi.ButtonBlockElement {
	t.Helper()
	var blocks slackapi.Blocks
	if err := json.Unmarshal([]byte(form.Get("blocks")), &blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks.BlockSet {
		if b, ok := b.(*slackapi.ActionBlock); ok {
			for _, el := range b.Elements.ElementSet {
				if el, ok := el.(*slackapi.ButtonBlockElement); ok && el.ActionID == id {
					return el
				}
			}
		}
	}
	return nil
}

// TestFromButtonToMessage clicks what was posted, and looks at the message after.
func TestFromButtonToMessage(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	w := newWorkspace(t)
	s := w.sink(t)
	s.buttons = true
	a := lived(schemas.AlertOpen)
	ref, err := s.Notify(t.Context(), a, "k-1", "")
	if err != nil {
		t.Fatal(err)
	}
	cfg := interact.DefaultConfig()
	cfg.SigningSecret = secret
	var log bytes.Buffer
	h, err := interact.New(cfg, person{a}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	click := func(b *slackapi.ButtonBlockElement) {
		t.Helper()
		payload, err := json.Marshal(map[string]any{"type": "block_actions", "user": map[string]string{"id": "U1", "username": "ana.k"},
			"actions": []any{map[string]string{"action_id": b.ActionID, "value": b.Value, "type": "button"}}})
		if err != nil {
			t.Fatal(err)
		}
		body := url.Values{"payload": {string(payload)}}.Encode()
		stamp := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + stamp + ":" + body))
		r := httptest.NewRequest(http.MethodPost, "/slack/interactions", strings.NewReader(body))
		r.Header.Set("X-Slack-Request-Timestamp", stamp)
		r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
		rec := httptest.NewRecorder()
		if h.ServeHTTP(rec, r); rec.Code != http.StatusOK {
			t.Fatalf("got %d", rec.Code)
		}
	}
	for i, c := range []struct {
		id, head string
		left     map[string]bool // which buttons are there after
	}{
		{"gatehound.ack", "🟠 HIGH · 👀 taken by ana.k (Slack) · Key guessing", map[string]bool{"gatehound.ack": false, "gatehound.resolve": true}},
		{"gatehound.resolve", "✅ RESOLVED after 1 h · Key guessing", map[string]bool{"gatehound.ack": false, "gatehound.resolve": false}},
	} {
		b := buttonOf(t, w.forms[max(2*i-1, 0)], c.id)
		if b == nil {
			t.Fatalf("there is no %s", c.id)
		}
		click(b)
		if _, err := s.Notify(t.Context(), a, "k", ref); err != nil {
			t.Fatal(err)
		}
		edit := w.forms[2*i+1]
		if !strings.HasPrefix(edit.Get("text"), c.head) {
			t.Errorf("after %s the message says %q", c.id, edit.Get("text"))
		}
		for id, want := range c.left {
			if got := buttonOf(t, edit, id) != nil; got != want {
				t.Errorf("after %s: %s is there: %v", c.id, id, got)
			}
		}
	}
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("the log says %s", log.String())
	}
}
