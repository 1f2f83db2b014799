package interact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxAge is how old a request may be, and how far ahead of our clock
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
const maxAge = 5 * time.Minute

// maxSeen is how many requests of the last maxAge are remembered: 13 a second,
// and some 600 KB.
const maxSeen = 4096

// verifier tells requests of Slack from others, each once.
type verifier struct {
	secrets [][]byte
	// mu keeps two copies of a request from being taken for the first one both.
	mu   sync.Mutex
	seen map[[sha256.Size]byte]time.Time // until when a signature is remembered
}

// verdict is what the verifier thinks of a request.
type verdict int

const (
	forged verdict = iota
	genuine
	repeated
	crowded // too many to remember; the request is not taken
)

// check verifies the signature over the time and the body: "v0=" and the
// HMAC-SHA-256 of "v0:<time>:<body>" in hexadecimal digits.
func (v *verifier) check(h http.Header, body []byte, now time.Time) verdict {
	stamp := h.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || len(stamp) > 12 {
		return forged
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return forged
	}
	digits, ok := strings.CutPrefix(h.Get("X-Slack-Signature"), "v0=")
	given, err := hex.DecodeString(digits)
	if !ok || err != nil || len(given) != sha256.Size {
		return forged
	}
	good := false
	for _, secret := range v.secrets { // all of them, so that time tells nothing
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("v0:" + stamp + ":"))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			good = true
		}
	}
	if !good {
		return forged
	}
	return v.first([sha256.Size]byte(given), now)
}

// first notes a signature. It is remembered until its time is too old for sure.
func (v *verifier) first(signature [sha256.Size]byte, now time.Time) verdict {
	v.mu.Lock()
	defer v.mu.Unlock()
	if until, ok := v.seen[signature]; ok && now.Before(until) {
		return repeated
	}
	if len(v.seen) >= maxSeen {
		for s, until := range v.seen {
			if !now.Before(until) {
				delete(v.seen, s)
			}
		}
		if len(v.seen) >= maxSeen {
			return crowded
		}
	}
	v.seen[signature] = now.Add(2*maxAge + time.Second)
	return genuine
}
