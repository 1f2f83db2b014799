// Package interact serves what people click in alerts on Slack: it makes the
// buttons, and takes the requests that Slack sends when one is used.
//
// A request counts if Slack's signing secret has signed it in the last five
// minutes and it was not seen before. It is answered at once, because Slack waits
// for three seconds; what it asks for is done after that, and what went wrong is
// told to the one who clicked, and to nobody else.
package interact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Desk is what buttons can do; an alerting.Desk is one.
type Desk interface {
	Alert(id string) (schemas.Alert, error)
	Acknowledge(ctx context.Context, id, by, comment string) (schemas.Alert, error)
	Resolve(ctx context.Context, id, by, comment string) (schemas.Alert, error)
	Comment(ctx context.Context, id, by, text string) (schemas.Alert, error)
	Silence(ctx context.Context, s schemas.Silence) (schemas.Silence, error)
}

const (
	// maxBody bounds a request, in bytes. Slack sends the message along.
	maxBody = 256 << 10
	// maxBusy is how many requests are worked on at a time.
	maxBusy = 32
	// readTimeout bounds the reading of a request.
	readTimeout = 5 * time.Second
	// actTimeout bounds what one click does, and tellTimeout telling what came of
	// it.
	actTimeout  = 10 * time.Second
	tellTimeout = 5 * time.Second
	// maxName is how much of a person's name is noted, in code points.
	maxName = 60
)

// handler is the endpoint.
type handler struct {
	verifier               verifier
	users, teams, channels []string
	outbound               outbound.Config
	client                 *http.Client
	desk                   Desk
	log                    *slog.Logger
	busy                   chan struct{}
	complained             atomic.Int64 // when a forged request was last logged, in Unix seconds
}

// New reads the secrets of cfg and returns the endpoint, which takes POST
// requests on any path.
func New(cfg Config, desk Desk, log *slog.Logger) (http.Handler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	secrets, err := cfg.secrets()
	if err != nil {
		return nil, err
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	return &handler{
		verifier: verifier{secrets: secrets, seen: make(map[[32]byte]time.Time)},
		users:    cfg.Users, teams: cfg.Teams, channels: cfg.Channels, outbound: cfg.HTTP,
		client: client, desk: desk, log: log, busy: make(chan struct{}, maxBusy),
	}, nil
}

// payload is what we read of an interaction
// (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload).
type payload struct {
	Type string `json:"type"`
	User struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	ResponseURL string   `json:"response_url"`
	Actions     []action `json:"actions"`
}

type action struct {
	ActionID       string `json:"action_id"`
	Value          string `json:"value"`
	SelectedOption struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// ServeHTTP answers a request, then does what it asks for.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed)
		return
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readTimeout)) // if it can
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			refuse(w, http.StatusRequestEntityTooLarge)
			return
		}
		refuse(w, http.StatusBadRequest)
		return
	}
	switch h.verifier.check(r.Header, body, time.Now()) {
	case forged:
		h.complain()
		refuse(w, http.StatusUnauthorized)
		return
	case repeated:
		h.log.Warn("slack request was seen before")
		refuse(w, http.StatusConflict)
		return
	case crowded:
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	default:
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	var p payload
	form, err := url.ParseQuery(string(body))
	if err != nil || json.Unmarshal([]byte(form.Get("payload")), &p) != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	// Slack is content with this; what follows takes as long as it takes.
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	_ = control.Flush() // if it cannot, the answer goes out at the end
	h.act(context.WithoutCancel(r.Context()), &p)
}

// act does what p asks for, and tells the one who asked if it could not be done.
func (h *handler) act(ctx context.Context, p *payload) {
	if p.Type != "block_actions" {
		return // of another part of the app
	}
	if !h.allowed(p) {
		h.log.Warn("slack user may not act on alerts", "user", neutral.Text(p.User.ID, maxName))
		h.tell(ctx, p.ResponseURL, "You may not do this here: ask who runs Gatehound to add you.")
		return
	}
	for _, a := range p.Actions[:min(len(p.Actions), 4)] {
		req, ok := parse(a)
		if !ok || req.verb == open {
			continue
		}
		by := person(p)
		said, err := h.do(ctx, req, by)
		if err != nil {
			h.log.Warn("slack request cannot be done", "verb", string(req.verb), "alert", req.alert, "by", by, "err", err)
			said = excuse(err)
		} else {
			h.log.Info("slack request done", "verb", string(req.verb), "alert", req.alert, "by", by)
		}
		if said != "" {
			h.tell(ctx, p.ResponseURL, said)
		}
	}
}

// do works on one request and says what is to be told: nothing where the alert's
// message shows it.
func (h *handler) do(ctx context.Context, r request, by string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	switch r.verb {
	case Acknowledge:
		_, err := h.desk.Acknowledge(ctx, r.alert, by, "")
		return "", err
	case Resolve:
		_, err := h.desk.Resolve(ctx, r.alert, by, "")
		return "", err
	}
	// A silence of this one incident as it is: a click hides nothing that nobody has
	// seen, and so not what is worse than that.
	a, err := h.desk.Alert(r.alert)
	if err != nil {
		return "", err
	}
	s, err := h.desk.Silence(ctx, schemas.Silence{
		Matchers: []string{"alert=" + a.ID, "severity<=" + a.Severity.String()}, Until: time.Now().Add(r.span), By: by, Comment: "from Slack",
	})
	if err != nil {
		return "", err
	}
	until := s.Until.UTC().Format("2006-01-02 15:04 UTC") + ", unless it becomes worse."
	said := "Nobody is told of this alert until " + until
	if _, err := h.desk.Comment(ctx, a.ID, by, "silenced until "+until); err != nil {
		return said, fmt.Errorf("it is silent, and its history does not say so: %w", err)
	}
	return said, nil
}

// allowed reports whether the settings let p through. In a channel that is shared
// with others, a person's team is not the channel's: both count.
func (h *handler) allowed(p *payload) bool {
	in := func(list []string, id string) bool { return len(list) == 0 || slices.Contains(list, id) }
	return p.User.ID != "" && in(h.users, p.User.ID) && in(h.teams, p.Team.ID) &&
		(p.User.TeamID == "" || in(h.teams, p.User.TeamID)) && in(h.channels, p.Channel.ID)
}

// person names who clicked: the id, which nobody can choose, and the name, which
// people know.
func person(p *payload) string {
	id := neutral.Text(p.User.ID, maxName)
	if !slackID.MatchString(id) {
		id = "unknown"
	}
	name := p.User.Username
	if name == "" {
		name = p.User.Name
	}
	if name = neutral.Text(name, maxName); name == "" {
		return "slack:" + id
	}
	return "slack:" + id + " " + name
}

// complain logs a forged request, once a minute: anybody can send them.
func (h *handler) complain() {
	now, last := time.Now().Unix(), h.complained.Load()
	if now-last >= 60 && h.complained.CompareAndSwap(last, now) {
		h.log.Warn("slack request is not signed by the app")
	}
}

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
