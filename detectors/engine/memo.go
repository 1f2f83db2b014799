package engine

import "github.com/gatehound/gatehound/detectors/sketch"

// memo remembers the hashes of the texts of a batch of which few differ: methods,
// routes, providers, models, tenants and hosts. It refers to the batch's memory,
// so it is cleared after each.
type memo [memoTexts]struct {
	text string
	hash uint64
}

// memoTexts is a power of two, several times as many as a gateway has routes and
// models in use at once; more only share their places.
const memoTexts = 256

// hash returns key.String(text). The place of a text depends on its length and
// three of its bytes: who chooses texts that share one gains nothing but that
// they are hashed each time.
func (m *memo) hash(key sketch.Key, text string) uint64 {
	n := len(text)
	if n == 0 {
		return key.String(text)
	}
	at := &m[(uint(n)*31+uint(text[n-1])*7+uint(text[n/2])*13+uint(text[n/4]))%memoTexts]
	if at.text != text {
		at.text, at.hash = text, key.String(text)
	}
	return at.hash
}
