package shadow

import (
	"strings"

	"github.com/gatehound/gatehound/detectors"
)

// version finds the version in a route: "/v1beta2/x" has the rank 143 and the
// rest "/" and "/x". Ranks rise from v1alpha over v1beta to v1 and v2; 0 is no
// version. Google serves its versions side by side, under one verb behind ':'.
func version(route string) (rank uint16, before, after string) {
	if strings.IndexByte(route, ':') >= 0 {
		return 0, "", ""
	}
	for i := 0; i < len(route); {
		end := i + 1
		for end < len(route) && route[end] != '/' {
			end++
		}
		if r := rankOf(route[i+1 : end]); r > 0 {
			return r, route[:i+1], route[end:]
		}
		i = end
	}
	return 0, "", ""
}

// rankOf returns the rank of a version's name, 0 if it is none. "v0" has 99.
func rankOf(s string) uint16 {
	if len(s) < 2 || s[0] != 'v' {
		return 0
	}
	number, rest := digits(s[1:])
	if number < 0 || number > 500 {
		return 0
	}
	rank := uint16(number) * 100
	if rest == "" {
		return rank + 99
	}
	for _, stage := range [...]struct {
		name  string
		least uint16
	}{{"alpha", 10}, {"beta", 40}, {"preview", 70}, {"p", 70}, {"rc", 80}} {
		if tail, ok := strings.CutPrefix(rest, stage.name); ok {
			if n, more := digits(tail); more == "" && n < 10 {
				return rank + stage.least + 1 + uint16(max(n, 0))
			}
		}
	}
	return 0
}

// digits cuts a number of at most three digits from the front; -1 if there is
// none.
func digits(s string) (n int, rest string) {
	i := 0
	for i < len(s) && i < 3 && s[i] >= '0' && s[i] <= '9' {
		n = 10*n + int(s[i]-'0')
		i++
	}
	if i == 0 {
		return -1, s
	}
	return n, s[i:]
}

// routeFamily returns the hash of a route without its version.
func routeFamily(x *detectors.Context, route string) (family uint64, rank uint16) {
	rank, before, after := version(route)
	if rank == 0 {
		return 0, 0
	}
	return x.Key.Words(x.Hash(before), x.Hash(after)), rank
}

// modelFamily returns a model's name without what aliases, dates, regions and
// vendors add: "us.anthropic.claude-3-5-sonnet-20241022-v2:0" is
// "claude-3-5-sonnet", "gpt-4o-2024-11-20" is "gpt-4o", and so is
// "ft:gpt-4o-mini:team::id" "gpt-4o-mini".
func modelFamily(name string) string {
	if len(name) > 256 {
		return name
	}
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(name, "ft:"); ok {
		name, _, _ = strings.Cut(rest, ":")
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	for {
		head, rest, ok := strings.Cut(name, ".")
		if !ok || rest == "" || strings.ContainsFunc(head, func(r rune) bool { return r < 'a' || r > 'z' }) {
			break
		}
		name = rest
	}
	name, _, _ = strings.Cut(name, "@")
	if head, tag, ok := strings.Cut(name, ":"); ok && !strings.HasSuffix(tag, "b") {
		name = head
	}
	for {
		i := strings.LastIndexByte(name, '-')
		if i <= 0 || !suffix(name[i+1:], name[:i]) {
			return name
		}
		name = name[:i]
	}
}

// suffix tells that the last part of a model's name is a date, a revision or a
// stage.
func suffix(s, before string) bool {
	switch s {
	case "latest", "preview", "exp", "experimental", "beta", "stable", "v1", "v2", "v3", "canary", "next":
		return true
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	switch len(s) {
	case 3, 4, 6, 8:
		return true
	case 2: // the day or the month of 2024-11-20
		rest := before
		if i := strings.LastIndexByte(rest, '-'); i > 0 && len(rest)-i == 3 {
			rest = rest[:i]
		}
		i := strings.LastIndexByte(rest, '-')
		return i > 0 && len(rest)-i == 5 && (strings.HasPrefix(rest[i+1:], "20"))
	}
	return false
}
