// Package repeat answers a request that is sent again as it was answered the first
// time, so that a client that did not get an answer can ask again and nothing is
// done twice.
package repeat

import (
	"crypto/sha256"
	"net/http"
	"sync"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// Bounds of what is remembered of requests that may be repeated.
const (
	maxRepeats   = 1024
	maxRepeatAge = 15 * time.Minute
	maxRepeatKey = 100
	maxKept      = 64 << 10 // bytes of an answer
)

// Answers are the answers to requests with an Idempotency-Key.
type Answers struct {
	mu    sync.Mutex // requests come side by side
	known map[[sha256.Size]byte]*repeat
	order []*repeat // the oldest first
}

// repeat is what is remembered of a request.
type repeat struct {
	id, body [sha256.Size]byte
	began    time.Time
	status   int // 0 while it is not done
	answer   []byte
	kind     string
}

// New returns an empty memory.
func New() *Answers { return &Answers{known: make(map[[sha256.Size]byte]*repeat)} }

// Run does a request, or answers it as it was answered before. who is who asks:
// keys of others are others.
func (s *Answers) Run(w http.ResponseWriter, r *http.Request, who string, body []byte, now time.Time, do func(http.ResponseWriter)) *wire.Problem {
	keys := r.Header.Values(wire.IdempotencyKey)
	if len(keys) == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead {
		do(w)
		return nil
	}
	if len(keys) > 1 || len(keys[0]) < 1 || len(keys[0]) > maxRepeatKey {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, wire.IdempotencyKey+" is not allowed", "allowed is one of 1 to 100 characters")
	}
	id := sha256.Sum256([]byte(who + "\x00" + r.Method + "\x00" + r.URL.Path + "\x00" + keys[0]))
	it, mine := s.begin(id, sha256.Sum256(body), now)
	switch {
	case it == nil:
		return wire.NewProblem(http.StatusUnprocessableEntity, "key-reused", wire.IdempotencyKey+" was used for another body", "take a new key for each request that is new")
	case !mine && it.status == 0:
		p := wire.NewProblem(http.StatusConflict, "in-progress", "the first request with this "+wire.IdempotencyKey+" is not done", "ask again in a moment")
		p.Wait = time.Second
		return p
	case !mine:
		h := w.Header()
		h.Set("Idempotency-Replayed", "true")
		h.Set("Content-Type", it.kind)
		w.WriteHeader(it.status)
		_, _ = w.Write(it.answer) // the client went away
	default:
		k := &keeper{ResponseWriter: w}
		defer func() { s.end(it, k) }()
		do(k)
	}
	return nil
}

// begin returns what is known of a request, and whether it is this one's to do;
// nil if its key was used with another body.
func (s *Answers) begin(id, body [sha256.Size]byte, now time.Time) (_ *repeat, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 && (len(s.order) >= maxRepeats || now.Sub(s.order[0].began) > maxRepeatAge) {
		if first := s.order[0]; s.known[first.id] == first {
			delete(s.known, first.id)
		}
		s.order = s.order[1:]
	}
	if it := s.known[id]; it != nil {
		if it.body != body {
			return nil, false
		}
		seen := *it // another request may be about to finish it
		return &seen, false
	}
	it := &repeat{id: id, body: body, began: now}
	s.known[id] = it
	s.order = append(s.order, it)
	return it, true
}

// end notes the answer. One that says to try again, and one that is too long to
// keep, is forgotten.
func (s *Answers) end(it *repeat, k *keeper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.status == 0 || k.status >= 500 || k.status == http.StatusTooManyRequests || k.cut {
		if s.known[it.id] == it {
			delete(s.known, it.id)
		}
		return
	}
	it.status, it.answer, it.kind = k.status, k.kept, k.Header().Get("Content-Type")
}

// keeper notes an answer.
type keeper struct {
	http.ResponseWriter
	status int
	cut    bool
	kept   []byte
}

func (k *keeper) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
	k.ResponseWriter.WriteHeader(status)
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	if len(k.kept)+len(b) > maxKept {
		k.cut = true
	} else {
		k.kept = append(k.kept, b...)
	}
	return k.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }
