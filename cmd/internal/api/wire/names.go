package wire

import (
	"net/netip"
	"strings"
	"time"
)

// Base begins the path of every operation.
const Base = "/api/v1"

// The headers that clients may add. IdempotencyKey marks the tries of one
// request: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
// OnBehalfOf names the person who uses the client.
const (
	IdempotencyKey = "Idempotency-Key"
	OnBehalfOf     = "X-On-Behalf-Of"
)

const (
	// MaxPerson is how many characters of a person's name are kept: with that of the
	// token they are fewer than the hundred that a history keeps.
	MaxPerson = 50
	// MaxComment is how many characters a text of a person's has.
	MaxComment = 1000
	// TestFor is how long a test alert may take: longer than a sink's longest
	// timeout.
	TestFor = 6 * time.Minute
)

// IsID reports whether s can be the id of something, or its beginning.
func IsID(s string) bool {
	if len(s) < 6 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// IsLoopback reports whether only this machine reaches host.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// IsHost reports whether s is a name or an address as it stands in a URL.
func IsHost(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for _, c := range s {
		if !(c == '.' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_') {
			return false
		}
	}
	return true
}
