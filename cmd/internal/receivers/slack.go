package receivers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"
)

// SlackOptions say what the Slack double expects.
type SlackOptions struct {
	// Token is the bot token that is accepted. Not empty.
	Token string
	// OnMessage, if set, is called for every message and update, on the
	// request's goroutine and before the answer.
	OnMessage func(Message)
}

// Message is what arrived at Slack.
type Message struct {
	// Method is "chat.postMessage", "chat.update" or "webhook".
	Method  string
	Channel string
	// TS identifies the message in its channel; ThreadTS is that of the
	// message that it answers.
	TS       string
	ThreadTS string
	Text     string
	// Blocks is the array of blocks, empty if there are none.
	Blocks    json.RawMessage
	Broadcast bool
	Arrived   time.Time
}

// Slack is a double of the parts of Slack that alerts need: auth.test,
// chat.postMessage, chat.update and incoming webhooks.
type Slack struct {
	*server
	faults
	token string
	inbox inbox[Message]

	mu     sync.Mutex // guards what requests share
	posted map[string]bool
	serial int64
}

// NewSlack starts a double.
func NewSlack(o SlackOptions) (*Slack, error) {
	if o.Token == "" {
		return nil, fmt.Errorf("slack double: no token")
	}
	s := &Slack{token: o.Token, inbox: newInbox(o.OnMessage), posted: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth.test", s.authorised(s.authTest))
	mux.HandleFunc("POST /api/chat.postMessage", s.authorised(s.post))
	mux.HandleFunc("POST /api/chat.update", s.authorised(s.update))
	mux.HandleFunc("POST /services/", s.webhook)
	var err error
	if s.server, err = serve(s.wrap(mux), false); err != nil {
		return nil, fmt.Errorf("slack double: %w", err)
	}
	return s, nil
}

// APIURL returns the base of the Web API, with the slash that slack-go wants.
func (s *Slack) APIURL() string { return s.base + "/api/" }

// WebhookURL returns the URL of an incoming webhook.
func (s *Slack) WebhookURL() string { return s.base + "/services/T0DEMO/B0DEMO/local" }

// Messages returns the latest messages and updates, oldest first, 10,000 at
// most.
func (s *Slack) Messages() []Message {
	ms, _, _ := s.inbox.all()
	return ms
}

// Wait returns the messages as soon as n have arrived in all.
func (s *Slack) Wait(ctx context.Context, n int) ([]Message, error) { return s.inbox.wait(ctx, n) }

// form is what a method was called with.
type form map[string]string

// authorised reads the arguments, form-encoded or JSON, and checks the token.
func (s *Slack) authorised(method func(http.ResponseWriter, form)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := readForm(w, r)
		if err != nil {
			reject(w, "invalid_arguments")
			return
		}
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			token = f["token"]
		}
		switch token {
		case s.token:
			method(w, f)
		case "":
			reject(w, "not_authed")
		default:
			reject(w, "invalid_auth")
		}
	}
}

func readForm(w http.ResponseWriter, r *http.Request) (form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	f := form{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		var fields map[string]json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, fmt.Errorf("decode arguments: %w", err)
		}
		for k, v := range fields {
			var text string
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			f[k] = text
		}
		return f, nil
	}
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(bodyLimit)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, fmt.Errorf("decode arguments: %w", err)
	}
	for k := range r.PostForm {
		f[k] = r.PostForm.Get(k)
	}
	return f, nil
}

func (s *Slack) authTest(w http.ResponseWriter, _ form) {
	answer(w, map[string]any{"ok": true, "url": s.base + "/", "team": "Demo", "user": "gatehound", "team_id": "T0DEMO", "user_id": "U0DEMO", "bot_id": "B0DEMO"})
}

func (s *Slack) post(w http.ResponseWriter, f form) {
	m := Message{Method: "chat.postMessage", Channel: f["channel"], ThreadTS: f["thread_ts"], Text: f["text"],
		Blocks: json.RawMessage(f["blocks"]), Broadcast: f["reply_broadcast"] == "true"}
	if m.Channel == "" {
		reject(w, "channel_not_found")
		return
	}
	if m.ThreadTS != "" && !s.knows(m.Channel, m.ThreadTS) {
		reject(w, "thread_not_found")
		return
	}
	if fault := check(m); fault != "" {
		reject(w, fault)
		return
	}
	m.TS = s.stamp(m.Channel)
	s.take(w, m)
}

func (s *Slack) update(w http.ResponseWriter, f form) {
	m := Message{Method: "chat.update", Channel: f["channel"], TS: f["ts"], Text: f["text"], Blocks: json.RawMessage(f["blocks"])}
	if !s.knows(m.Channel, m.TS) {
		reject(w, "message_not_found")
		return
	}
	if fault := check(m); fault != "" {
		reject(w, fault)
		return
	}
	s.take(w, m)
}

// take keeps a message and answers as Slack does.
func (s *Slack) take(w http.ResponseWriter, m Message) {
	m.Arrived = time.Now()
	s.inbox.add(m)
	answer(w, map[string]any{"ok": true, "channel": m.Channel, "ts": m.TS, "text": m.Text,
		"message": map[string]any{"type": "message", "text": m.Text, "ts": m.TS, "thread_ts": m.ThreadTS, "bot_id": "B0DEMO"}})
}

// webhook is an incoming webhook: it answers "ok" and no ts.
func (s *Slack) webhook(w http.ResponseWriter, r *http.Request) {
	f, err := readForm(w, r)
	if err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	m := Message{Method: "webhook", Text: f["text"], ThreadTS: f["thread_ts"], Blocks: json.RawMessage(f["blocks"]), Arrived: time.Now()}
	if fault := check(m); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	s.inbox.add(m)
	_, _ = io.WriteString(w, "ok") // the client may be gone
}

// stamp gives a message its ts.
func (s *Slack) stamp(channel string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	ts := fmt.Sprintf("%d.%06d", time.Now().Unix(), s.serial)
	s.posted[channel+" "+ts] = true
	return ts
}

func (s *Slack) knows(channel, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posted[channel+" "+ts]
}

// reject answers with one of Slack's error codes; their status is 200.
func reject(w http.ResponseWriter, code string) {
	answer(w, map[string]any{"ok": false, "error": code})
}

func answer(w http.ResponseWriter, body map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
