package sentinel

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

// early is how long before its end a token is replaced; a token lives for about
// an hour.
const early = 5 * time.Minute

// tokens gets tokens of Microsoft Entra ID by client credentials
// (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow)
// and keeps the latest.
type tokens struct {
	client *http.Client
	url    string
	form   outbound.Secret // has the client's

	// mu lets Check and Notify be called at the same time.
	mu    sync.Mutex
	token string
	until time.Time
}

// bearer is what a token may be made of.
var bearer = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]+$`)

// maxToken bounds a token, in bytes.
const maxToken = 16 << 10

// get returns a token that is good for now. Its errors are for the manager.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.token != "" && now.Before(t.until) {
		return t.token, nil
	}
	raw, err := outbound.Post(ctx, t.client, outbound.Request{URL: t.url, Body: []byte(t.form), Header: map[string]string{
		"Content-Type": "application/x-www-form-urlencoded",
		"Accept":       "application/json",
	}})
	if err != nil {
		// 400 and 401 are about the application, its secret or the directory.
		return "", outbound.Classify(err, func(status int) bool { return status == 400 || status == 401 || status == 404 })
	}
	var answer struct {
		Type    string `json:"token_type"`
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || !bearer.MatchString(answer.Token) || len(answer.Token) > maxToken || answer.Expires <= 0 {
		return "", errors.New("the answer has no token")
	}
	life := time.Duration(min(answer.Expires, 24*3600)) * time.Second
	t.token, t.until = answer.Token, now.Add(life-min(early, life/2))
	return t.token, nil
}

// forget drops the token.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = ""
}
