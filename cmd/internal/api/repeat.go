package api

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Bounds of what is remembered of requests that may be repeated.
const (
	maxRepeats   = 1024
	maxRepeatAge = 15 * time.Minute
	maxRepeatKey = 100
	maxKept      = 64 << 10 // bytes of an answer
)

// idempotencyKey is the header by which a client marks the tries of one request:
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
const idempotencyKey = "Idempotency-Key"

// repeats remembers the answers to requests with an Idempotency-Key, so that a
// client that did not get an answer can ask again and nothing is done twice.
type repeats struct {
	mu    sync.Mutex // requests come side by side
	known map[[sha256.Size]byte]*repeat
	order []*repeat // the oldest first
}

// repeat is what is remembered of a request.
type repeat struct {
	id, body [sha256.Size]byte
	began    time.Time
	done     bool
	status   int
	answer   []byte
	kind     string
}

func newRepeats() *repeats { return &repeats{known: make(map[[sha256.Size]byte]*repeat)} }

// run does a request, or answers as it was answered before.
func (s *repeats) run(c *call, do func()) {
	keys := c.r.Header.Values(idempotencyKey)
	if len(keys) == 0 || c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		do()
		return
	}
	if len(keys) > 1 || len(keys[0]) < 1 || len(keys[0]) > maxRepeatKey {
		c.fail(problem(http.StatusBadRequest, invalid, idempotencyKey+" is not allowed", "allowed is one of 1 to 100 characters"))
		return
	}
	id := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s\x00%s", c.caller.Index, c.by, c.r.Method, c.r.URL.Path, keys[0]))
	it, mine := s.begin(id, sha256.Sum256(c.data), c.now)
	switch {
	case it == nil:
		c.fail(problem(http.StatusUnprocessableEntity, "key-reused", idempotencyKey+" was used for another body", "take a new key for each request that is new"))
	case !mine && it.status == 0:
		p := problem(http.StatusConflict, "in-progress", "the first request with this "+idempotencyKey+" is not done", "ask again in a moment")
		p.wait = time.Second
		c.fail(p)
	case !mine:
		h := c.w.Header()
		h.Set("Idempotency-Replayed", "true")
		h.Set("Content-Type", it.kind)
		c.w.WriteHeader(it.status)
		_, _ = c.w.Write(it.answer) // the client went away
	default:
		rec := &recorder{ResponseWriter: c.w, keep: true}
		c.w = rec
		defer func() { s.end(it, rec) }()
		do()
	}
}

// begin returns what is known of a request, and whether it is this one's to do;
// nil if its key was used with another body.
func (s *repeats) begin(id, body [sha256.Size]byte, now time.Time) (_ *repeat, mine bool) {
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
func (s *repeats) end(it *repeat, rec *recorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec.status == 0 || rec.status >= 500 || rec.status == http.StatusTooManyRequests || rec.cut {
		if s.known[it.id] == it {
			delete(s.known, it.id)
		}
		return
	}
	it.done, it.status, it.answer, it.kind = true, rec.status, rec.kept, rec.Header().Get("Content-Type")
}

// recorder notes the status of an answer, and its body if it is to be kept.
type recorder struct {
	http.ResponseWriter
	status int
	keep   bool
	cut    bool
	kept   []byte
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.keep {
		if len(r.kept)+len(b) > maxKept {
			r.cut = true
		} else {
			r.kept = append(r.kept, b...)
		}
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// code returns the status that was answered.
func (r *recorder) code() int {
	if r.status == 0 {
		return http.StatusOK
	}
	return r.status
}
