package receivers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// SIEMOptions say what the SIEM's receiver expects.
type SIEMOptions struct {
	// Secrets are the signing secrets ("whsec_…") that are accepted, more than
	// one while a secret is being rotated. Not empty.
	Secrets []string
	// TLS serves HTTPS with a certificate that only CertPool trusts.
	TLS bool
	// OnDelivery, if set, is called for every new delivery, on the request's
	// goroutine and before the answer.
	OnDelivery func(Delivery)
}

// Delivery is a message that arrived with a valid signature for the first time.
type Delivery struct {
	// ID is the webhook-id, the same in every attempt.
	ID string
	// Path is the URL's path, ContentType the body's type.
	Path        string
	ContentType string
	Body        []byte
	// Signed is the time of the signature, in seconds; Arrived is now.
	Signed  string
	Arrived time.Time
}

// SIEM receives webhooks that are signed as Standard Webhooks says.
type SIEM struct {
	*server
	faults
	hooks []*standardwebhooks.Webhook
	inbox inbox[Delivery]

	mu         sync.Mutex // guards what requests share
	seen       map[string]struct{}
	duplicates int
	refused    map[string]int
}

// NewSIEM starts a receiver.
func NewSIEM(o SIEMOptions) (*SIEM, error) {
	if len(o.Secrets) == 0 {
		return nil, fmt.Errorf("siem receiver: no secret, want at least one")
	}
	s := &SIEM{inbox: newInbox(o.OnDelivery), seen: map[string]struct{}{}, refused: map[string]int{}}
	for i, secret := range o.Secrets {
		hook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			// The library's error quotes nothing of the secret's text but its
			// position; it is left out all the same.
			return nil, fmt.Errorf("siem receiver: secret %d is not base64", i)
		}
		s.hooks = append(s.hooks, hook)
	}
	var err error
	if s.server, err = serve(s.wrap(http.HandlerFunc(s.receive)), o.TLS); err != nil {
		return nil, fmt.Errorf("siem receiver: %w", err)
	}
	return s, nil
}

// URL returns where to send webhooks.
func (s *SIEM) URL() string { return s.base + "/webhook" }

// Deliveries returns the latest deliveries, oldest first, 10,000 at most.
func (s *SIEM) Deliveries() []Delivery {
	ds, _, _ := s.inbox.all()
	return ds
}

// Wait returns the deliveries as soon as n have arrived in all.
func (s *SIEM) Wait(ctx context.Context, n int) ([]Delivery, error) { return s.inbox.wait(ctx, n) }

// Duplicates returns how many deliveries repeated the id of an earlier one.
func (s *SIEM) Duplicates() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.duplicates
}

// Refused returns how many requests were refused for that reason: "method",
// "body", "signature" or "json".
func (s *SIEM) Refused(reason string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[reason]
}

// bodyLimit bounds a request. Standard Webhooks advises bodies below 20 kB.
const bodyLimit = 1 << 20

func (s *SIEM) receive(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.refuse(w, "method", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		s.refuse(w, "body", http.StatusRequestEntityTooLarge)
		return
	}
	if !s.verify(body, r.Header) {
		s.refuse(w, "signature", http.StatusUnauthorized)
		return
	}
	if !json.Valid(body) {
		s.refuse(w, "json", http.StatusBadRequest)
		return
	}
	d := Delivery{
		ID: r.Header.Get(standardwebhooks.HeaderWebhookID), Path: r.URL.Path, ContentType: r.Header.Get("Content-Type"),
		Body: body, Signed: r.Header.Get(standardwebhooks.HeaderWebhookTimestamp), Arrived: time.Now(),
	}
	if s.first(d.ID) {
		s.inbox.add(d)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *SIEM) verify(body []byte, h http.Header) bool {
	for _, hook := range s.hooks {
		if hook.Verify(body, h) == nil {
			return true
		}
	}
	return false
}

// first reports whether the id is new. Ids are remembered for the receiver's
// life; it is a stand-in that lives for a demo or a test.
func (s *SIEM) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[id]; ok {
		s.duplicates++
		return false
	}
	s.seen[id] = struct{}{}
	return true
}

func (s *SIEM) refuse(w http.ResponseWriter, reason string, status int) {
	s.mu.Lock()
	s.refused[reason]++
	s.mu.Unlock()
	w.WriteHeader(status)
}
