// Package inventory knows which endpoints and models the user says there are. It
// reads bytes, not files, and quotes nothing of them in errors but the names of
// keys.
package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/ingest/enrich/prefix"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of an inventory of endpoints.
const (
	maxEndpoints = 100_000
	// maxSegments is how many segments of a path are compared.
	maxSegments = 32
	maxPath     = 1024 // bytes of a path in the inventory
	// maxRequest is how long a path is that is looked up, in bytes; a longer
	// one is unlisted.
	maxRequest = 2048
	// maxRegexps and maxUnder bound what one request can cost: so many regular
	// expressions, and so many of them below one literal prefix.
	maxRegexps = 1000
	maxUnder   = 64
)

// Kind is how the path of an endpoint is to be read.
type Kind uint8

// The kinds of paths.
const (
	Template Kind = iota // "/files/{id}", whole; "/*" at the end takes the rest
	Prefix               // "/v1" and all that begins with it
	Regexp               // a regular expression, from the path's beginning
)

// Endpoint is one line of an inventory.
type Endpoint struct {
	// Method is in upper case; empty for every method.
	Method string
	// Host is in lower case, without port, perhaps with "*" as its first or
	// last label; empty for every host.
	Host    string
	Path    string
	Kind    Kind
	Listing schemas.Listing
}

// Endpoints is an inventory that requests are compared with. It is immutable and
// safe for concurrent use.
type Endpoints struct {
	root     node
	prefixes *prefix.Index[*under]
	size     int
}

// under is what begins with one literal prefix.
type under struct {
	rules   []rule // of the prefix itself
	regexps []expression
}

// rule is one endpoint without its path.
type rule struct {
	host    string
	methods methods
	listing schemas.Listing
}

type expression struct {
	rule
	re *regexp.Regexp
}

// Match is what an inventory says of a request.
type Match struct {
	Listing schemas.Listing
	// Route is the template that the path fits; empty if there is none.
	Route string
}

// New makes an inventory.
func New(list []Endpoint) (*Endpoints, error) {
	if len(list) > maxEndpoints {
		return nil, fmt.Errorf("the inventory has %d endpoints: at most %d are allowed", len(list), maxEndpoints)
	}
	e := &Endpoints{size: len(list)}
	literal := map[string]*under{}
	below := func(p string) *under {
		if literal[p] == nil {
			literal[p] = &under{}
		}
		return literal[p]
	}
	expressions := 0
	for _, ep := range list {
		if len(ep.Path) > maxPath {
			return nil, fmt.Errorf("an endpoint has a path of %d bytes: at most %d are allowed", len(ep.Path), maxPath)
		}
		r := rule{host: ep.Host, methods: methodsOf(ep.Method), listing: ep.Listing}
		switch ep.Kind {
		case Template:
			if err := e.root.add(ep.Path, r); err != nil {
				return nil, err
			}
		case Prefix:
			u := below(ep.Path)
			u.rules = merge(u.rules, r)
		case Regexp:
			x, lead, err := compile(ep.Path)
			if err != nil {
				return nil, err
			}
			if expressions++; expressions > maxRegexps {
				return nil, fmt.Errorf("the inventory has more than %d regular expressions", maxRegexps)
			}
			u := below(lead)
			u.regexps = append(u.regexps, expression{r, x})
		}
	}
	e.prefixes = prefix.New(literal)
	return e, e.bounded(literal)
}

// bounded reports whether some path would be compared with too much.
func (e *Endpoints) bounded(literal map[string]*under) error {
	if e.prefixes.Depth() > maxUnder {
		return fmt.Errorf("more than %d prefixes begin one within another", maxUnder)
	}
	for p := range literal {
		n := 0
		for i := e.prefixes.Find(p); i >= 0; i = e.prefixes.Outer(i) {
			n += len((*e.prefixes.At(i)).regexps)
		}
		if n > maxUnder {
			return fmt.Errorf("more than %d regular expressions begin with the same literal text", maxUnder)
		}
	}
	return nil
}

var errExpression = errors.New("a regular expression of the inventory is not one that Go knows")

// compile returns the expression, which holds from the path's beginning, and the
// literal text that all it fits begin with.
func compile(source string) (*regexp.Regexp, string, error) {
	plain, err := regexp.Compile(source)
	if err != nil {
		return nil, "", errExpression
	}
	lead, _ := plain.LiteralPrefix()
	anchored, err := regexp.Compile("^(?:" + source + ")")
	if err != nil {
		return nil, "", errExpression
	}
	return anchored, lead, nil
}

// Len returns the number of endpoints.
func (e *Endpoints) Len() int { return e.size }

// Match looks a request up: path is normalised (Clean), method in any case, host
// with or without port; an empty host fits every rule. Whole templates come
// before regular expressions and prefixes, those of a named host before those of
// every host. Where an endpoint is listed twice, the stricter listing counts.
func (e *Endpoints) Match(method, host, path string) Match {
	if len(path) > maxRequest {
		return Match{Listing: schemas.ListingUnlisted}
	}
	w := walk{method: methodsOf(method), host: bare(host), steps: maxSteps}
	w.node(&e.root, path, 0)
	if w.rank == 0 {
		for i := e.prefixes.Find(path); i >= 0 && w.rank == 0; i = e.prefixes.Outer(i) {
			u := *e.prefixes.At(i)
			for j := range u.regexps {
				if x := &u.regexps[j]; w.ranked(&x.rule) > w.rank && x.re.MatchString(path) {
					w.take(&x.rule)
				}
			}
			for j := range u.rules {
				w.take(&u.rules[j])
			}
		}
	}
	if w.rank == 0 {
		return Match{schemas.ListingUnlisted, w.near}
	}
	return Match{w.listing, w.route}
}

// strict orders the listings by what they forbid.
func strict(l schemas.Listing) int {
	switch l {
	case schemas.ListingInternal:
		return 2
	case schemas.ListingDeprecated:
		return 1
	}
	return 0
}

// merge adds r to rules; one with the same host and listing takes its methods.
func merge(rules []rule, r rule) []rule {
	for i := range rules {
		if rules[i].host == r.host && rules[i].listing == r.listing {
			rules[i].methods |= r.methods
			return rules
		}
	}
	return append(rules, r)
}

// bare returns a host without its port.
func bare(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}
