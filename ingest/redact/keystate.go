package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// KeyState is the life of a key. Zero times are not known, or not reached.
type KeyState struct {
	ID      string `json:"id"`
	Current bool   `json:"current"`
	// Created is when the key was made, Retired when another became current.
	Created time.Time `json:"created_at,omitzero"`
	Retired time.Time `json:"retired_at,omitzero"`
	// Ended is when somebody ended its overlap.
	Ended time.Time `json:"ended_at,omitzero"`
	// Destroyed is when its secret was erased.
	Destroyed time.Time `json:"destroyed_at,omitzero"`
}

// Overlaps tells whether pseudonyms under the key are joined to new ones at now.
func (s *KeyState) Overlaps(now time.Time, overlap time.Duration) bool {
	return !s.Current && !s.Retired.IsZero() && s.Ended.IsZero() && s.Destroyed.IsZero() && now.Before(s.Retired.Add(overlap))
}

// States returns the lives of the ring's keys, oldest first, and then of those
// that were destroyed.
func (k *Keys) States() []KeyState { return append(slices.Clone(k.states), k.gone...) }

// maxOverlapping bounds how many older keys a new pseudonym is joined under: of
// more that overlap, the latest.
const maxOverlapping = 4

// overlapping returns the places of the keys that overlap with the current one.
func (k *Keys) overlapping(now time.Time, overlap time.Duration) []int {
	var out []int
	for i := range k.states {
		if k.states[i].Overlaps(now, overlap) {
			out = append(out, i)
		}
	}
	return out[max(0, len(out)-maxOverlapping):]
}

// oldest returns the place of the oldest key that rotation has retired and
// nobody has ended: the one that subjects are under. The end of the overlap does
// not end it, because it would make every caller new to the detectors. There is
// none without a rotation.
func (k *Keys) oldest() (int, bool) {
	for i := range k.states {
		if s := &k.states[i]; !s.Current && !s.Retired.IsZero() && s.Ended.IsZero() {
			return i, true
		}
	}
	return 0, false
}

// Sign returns a MAC of text under the current key, as "m1:<key id>:<64
// hexadecimal digits>": who has the ring can tell that the program wrote it.
func (k *Keys) Sign(text []byte) string { return k.sign(k.current, text) }

// Signed tells whether Sign, under any key of the ring, made mac of text.
func (k *Keys) Signed(text []byte, mac string) bool {
	return slices.ContainsFunc(k.places(), func(i int) bool { return hmac.Equal([]byte(k.sign(i, text)), []byte(mac)) })
}

func (k *Keys) places() []int {
	out := make([]int, len(k.ring))
	for i := range out {
		out[i] = i
	}
	return out
}

func (k *Keys) sign(i int, text []byte) string {
	m := hmac.New(sha256.New, derive(k.ring[i].Secret, domainReceipt, 32))
	m.Write(text)
	return "m1:" + k.ring[i].ID + ":" + hex.EncodeToString(m.Sum(nil))
}
