package inventory

import (
	"errors"
	"strings"

	"github.com/gatehound/gatehound/ingest/enrich/shape"
)

// maxSteps bounds the nodes that one request visits. A plain walk visits one for
// each segment; more are visited only where a path fits several branches.
const maxSteps = 256

// node is a tree of templates by their segments.
type node struct {
	next map[string]*node
	// mixed are segments such as "{id}.json" and "{model}:generate".
	mixed []mixed
	// any is where a parameter leads.
	any *node
	// rules are those of templates that end here, rest those that take all that
	// follows; route and restRoute are their texts.
	rules, rest      []rule
	route, restRoute string
}

type mixed struct {
	before, after string
	to            *node
}

// maxMixed bounds the mixed segments at one place of the tree.
const maxMixed = 64

var (
	errDeep  = errors.New("an endpoint has more than 32 segments")
	errMixed = errors.New("more than 64 endpoints mix text and parameters in the same segment")
	errSlash = errors.New("an endpoint's path does not begin with '/'")
)

// add adds a template. Its parameters are written "{name}" or ":name"; "*",
// "{name+}" and "{name:path}" as the last segment take the rest.
func (n *node) add(path string, r rule) error {
	if !strings.HasPrefix(path, "/") {
		return errSlash
	}
	var route strings.Builder
	for depth := 0; ; depth++ {
		segment, rest := shape.Cut(path)
		if segment == "" {
			break
		}
		if depth == maxSegments {
			return errDeep
		}
		if takesRest(segment) && strings.Trim(rest, "/") == "" {
			route.WriteString("/{rest}")
			n.rest, n.restRoute = merge(n.rest, r), route.String()
			return nil
		}
		before, after, param := parameter(segment)
		switch {
		case !param:
			route.WriteString("/" + segment)
			n = n.child(segment)
		case before == "" && after == "":
			route.WriteString("/{id}")
			if n.any == nil {
				n.any = &node{}
			}
			n = n.any
		default:
			route.WriteString("/" + before + "{id}" + after)
			to, err := n.mix(before, after)
			if err != nil {
				return err
			}
			n = to
		}
		path = rest
	}
	if n.rules, n.route = merge(n.rules, r), route.String(); n.route == "" {
		n.route = "/"
	}
	return nil
}

func (n *node) child(segment string) *node {
	if n.next == nil {
		n.next = map[string]*node{}
	}
	if n.next[segment] == nil {
		n.next[segment] = &node{}
	}
	return n.next[segment]
}

func (n *node) mix(before, after string) (*node, error) {
	for i := range n.mixed {
		if m := &n.mixed[i]; m.before == before && m.after == after {
			return m.to, nil
		}
	}
	if len(n.mixed) == maxMixed {
		return nil, errMixed
	}
	n.mixed = append(n.mixed, mixed{before, after, &node{}})
	return n.mixed[len(n.mixed)-1].to, nil
}

// takesRest reports whether a segment stands for all that follows.
func takesRest(s string) bool {
	return s == "*" || s == "**" || s[0] == '{' && (strings.HasSuffix(s, "+}") || strings.HasSuffix(s, ":path}") || strings.HasSuffix(s, "*}") || s == "{rest}")
}

// parameter returns the text before and after the parameters of a segment.
func parameter(s string) (before, after string, ok bool) {
	if s[0] == ':' && len(s) > 1 {
		return "", "", true
	}
	i, j := strings.IndexByte(s, '{'), strings.LastIndexByte(s, '}')
	if i < 0 || j < i {
		return "", "", s == "*"
	}
	return s[:i], s[j+1:], true
}

// node visits the templates below n that the path fits: literal segments first,
// then mixed ones, then parameters, then what takes the rest.
func (w *walk) node(n *node, path string, depth int) bool {
	if w.steps--; w.steps < 0 || depth > maxSegments {
		return false
	}
	segment, rest := shape.Cut(path)
	if segment == "" {
		return w.end(n.rules, n.route) || w.end(n.rest, n.restRoute)
	}
	if to := n.next[segment]; to != nil && w.node(to, rest, depth+1) {
		return true
	}
	for i := range n.mixed {
		m := &n.mixed[i]
		if len(segment) > len(m.before)+len(m.after) && strings.HasPrefix(segment, m.before) && strings.HasSuffix(segment, m.after) &&
			w.node(m.to, rest, depth+1) {
			return true
		}
	}
	if n.any != nil && w.node(n.any, rest, depth+1) {
		return true
	}
	return w.end(n.rest, n.restRoute)
}

// end takes the rules of a template that the whole path fits.
func (w *walk) end(rules []rule, route string) bool {
	for i := range rules {
		if w.take(&rules[i]) {
			w.route = route
		}
		if w.near == "" && w.hostRank(rules[i].host) > 0 {
			w.near = route
		}
	}
	return w.rank > 0
}
