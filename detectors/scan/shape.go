package scan

import (
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// other is the route of a path that no template fits.
const other = "{other}"

// template tells that a route is a template of paths rather than a name.
func template(route string) bool { return strings.HasPrefix(route, "/") }

// thing returns a hash of what a request asked for: the route, if it is a
// template, and otherwise the path without its ids.
func thing(x *detectors.Context, ev *schemas.Event) uint64 {
	if template(ev.Route) {
		return x.Hash(ev.Route)
	}
	h, rest := uint64(1), ev.Path
	for range 8 {
		segment, more := cut(rest)
		if segment == "" {
			break
		}
		if id(segment) {
			segment = "{id}"
		}
		h, rest = x.Key.Words(h, x.Hash(segment)), more
	}
	return h
}

// id tells that a segment was made by a machine: it has digits and is no
// version such as "v1".
func id(segment string) bool {
	return len(segment) > 3 && strings.ContainsAny(segment, "0123456789")
}

// cut returns the first segment of a path and what follows it.
func cut(path string) (segment, rest string) {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// object returns the id in a path: the last segment that has a number among
// those that the template leaves open, else the last that it leaves open.
// Where the route is no template, it is the last segment with a digit.
func object(route, path string) (name string, number int64, numbered bool) {
	open := template(route)
	for range maxSegments {
		segment, rest := cut(path)
		if segment == "" {
			return name, number, numbered
		}
		path = rest
		take := id(segment) || allDigits(segment)
		if open {
			var t string
			t, route = cut(route)
			take = strings.HasPrefix(t, "{")
		}
		if !take {
			continue
		}
		if n, ok := numberOf(segment); ok || !numbered {
			name, number, numbered = segment, n, ok
		}
	}
	return name, number, numbered
}

// maxSegments bounds how many segments of a path are looked at: clients choose
// paths, and a route has fewer.
const maxSegments = 32

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// numberOf returns the number at the end of an id such as "1042" or
// "invoice-1042"; an id with digits before it was drawn and not counted.
func numberOf(s string) (int64, bool) {
	i := len(s)
	for i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
		i--
	}
	if i == len(s) || len(s)-i > 18 || strings.ContainsAny(s[:i], "0123456789") {
		return 0, false
	}
	var n int64
	for ; i < len(s); i++ {
		n = 10*n + int64(s[i]-'0')
	}
	return n, true
}
