package inventory

import (
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// methods is a set of HTTP methods.
type methods uint16

// The methods that are told from each other; all others are one.
const (
	get methods = 1 << iota
	head
	post
	put
	patch
	del
	options
	trace
	connect
	query
	other

	every methods = 1<<16 - 1
)

// methodsOf returns the set of one method, in any case; every method for "".
func methodsOf(m string) methods {
	switch {
	case m == "":
		return every
	case strings.EqualFold(m, "GET"):
		return get
	case strings.EqualFold(m, "POST"):
		return post
	case strings.EqualFold(m, "PUT"):
		return put
	case strings.EqualFold(m, "DELETE"):
		return del
	case strings.EqualFold(m, "PATCH"):
		return patch
	case strings.EqualFold(m, "HEAD"):
		return head
	case strings.EqualFold(m, "OPTIONS"):
		return options
	case strings.EqualFold(m, "TRACE"):
		return trace
	case strings.EqualFold(m, "CONNECT"):
		return connect
	case strings.EqualFold(m, "QUERY"):
		return query
	}
	return other
}

// take reports whether an endpoint with the methods s answers a request with the
// method m. Servers answer HEAD where they answer GET (RFC 9110, 9.3.2), and
// OPTIONS is how browsers ask before any other method (the Fetch standard).
func (s methods) take(m methods) bool {
	return s&m != 0 || m == options || m == head && s&get != 0
}

// walk is one comparison of a request with an inventory.
type walk struct {
	method methods
	host   string
	// rank is that of the best rule so far, listing and route what it says; 0
	// for none. near is the template of a path whose methods are others.
	rank    int
	listing schemas.Listing
	route   string
	near    string
	// steps is how many nodes may still be visited.
	steps int
}

// ranked returns how well a rule fits the request, 0 if it does not: 3 by a
// whole host, 2 by a part of it, 1 by any.
func (w *walk) ranked(r *rule) int {
	if !r.methods.take(w.method) {
		return 0
	}
	return w.hostRank(r.host)
}

func (w *walk) hostRank(host string) int {
	switch {
	case host == "" || w.host == "":
		return 1
	case strings.EqualFold(host, w.host):
		return 3
	case host[0] == '*' && len(w.host) >= len(host) && strings.EqualFold(w.host[len(w.host)-len(host)+1:], host[1:]),
		host[len(host)-1] == '*' && len(w.host) >= len(host) && strings.EqualFold(w.host[:len(host)-1], host[:len(host)-1]):
		return 2
	}
	return 0
}

// take takes a rule if it fits better than what was taken, or as well and is
// stricter. It reports whether it was taken.
func (w *walk) take(r *rule) bool {
	n := w.ranked(r)
	if n == 0 || n < w.rank || n == w.rank && strict(r.listing) <= strict(w.listing) {
		return false
	}
	w.rank, w.listing = n, r.listing
	return true
}
