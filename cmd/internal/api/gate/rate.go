package gate

import (
	"math"
	"net/netip"
	"sync"
	"time"
)

// bucket lets a burst through and then so many a second.
type bucket struct {
	left float64
	at   time.Time
}

// take takes one from the bucket at now. wait is how long until there is one; 0
// if there was.
func (b *bucket) take(now time.Time, perSecond, burst float64) (wait time.Duration) {
	if b.at.IsZero() {
		b.left = burst
	} else if d := now.Sub(b.at).Seconds(); d > 0 {
		b.left = min(burst, b.left+d*perSecond)
	}
	b.at = now
	if b.left >= 1 {
		b.left--
		return 0
	}
	return time.Duration(math.Ceil((1 - b.left) / perSecond * float64(time.Second)))
}

// full reports whether nothing is missing from the bucket at now.
func (b *bucket) full(now time.Time, perSecond, burst float64) bool {
	return b.left+now.Sub(b.at).Seconds()*perSecond >= burst
}

// MaxAddresses is how many addresses have a rate of their own at a time.
const MaxAddresses = 4096

// Rate bounds how often tokens, and addresses without one, may ask.
type Rate struct {
	perSecond, burst float64

	mu        sync.Mutex // requests take from the buckets side by side
	tokens    []bucket
	addresses map[netip.Addr]*bucket
	// others is shared by the addresses that found the table full.
	others bucket
	swept  time.Time
}

// NewRate returns a bound of perSecond requests a second with bursts of burst,
// for so many tokens and for each address.
func NewRate(perSecond, burst, tokens int) *Rate {
	return &Rate{perSecond: float64(perSecond), burst: float64(burst),
		tokens: make([]bucket, tokens), addresses: make(map[netip.Addr]*bucket)}
}

// Token counts a request with a token; the wait is 0 if it may go on.
func (r *Rate) Token(index int, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tokens[index].take(now, r.perSecond, r.burst)
}

// Address counts a request without a valid token. IPv6 addresses count by their
// /64, of which one machine often has all.
func (r *Rate) Address(a netip.Addr, now time.Time) time.Duration {
	a = party(a)
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.addresses[a]
	if b == nil {
		if len(r.addresses) >= MaxAddresses {
			r.sweep(now)
		}
		if len(r.addresses) >= MaxAddresses {
			return r.others.take(now, r.perSecond, r.burst)
		}
		b = &bucket{}
		r.addresses[a] = b
	}
	return b.take(now, r.perSecond, r.burst)
}

// party returns the address that stands for who has a: of IPv6 that of the /64.
func party(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() && !a.IsLoopback() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// sweep forgets, at most once a second, the addresses that were quiet for so
// long that forgetting them changes nothing.
func (r *Rate) sweep(now time.Time) {
	if now.Sub(r.swept) < time.Second {
		return
	}
	r.swept = now
	for a, b := range r.addresses {
		if b.full(now, r.perSecond, r.burst) {
			delete(r.addresses, a)
		}
	}
}
