package inventory

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// kong is what counts of a declarative configuration of Kong (_format_version
// 1.1 to 3.0), as decK and Kong without database read it. Services and routes
// become endpoints as they are read.
type kong struct {
	Version  string       `json:"_format_version" yaml:"_format_version"`
	Services kongServices `json:"services" yaml:"services"`
	Routes   kongRoutes   `json:"routes" yaml:"routes"`
}

type kongServices struct{ sum *kongSum }

type kongService struct {
	Enabled *bool     `json:"enabled" yaml:"enabled"`
	Tags    texts     `json:"tags" yaml:"tags"`
	Routes  routeList `json:"routes" yaml:"routes"`
}

type kongRoutes struct{ sum *kongSum }

type kongRoute struct {
	Paths      texts  `json:"paths" yaml:"paths"`
	Methods    texts  `json:"methods" yaml:"methods"`
	Hosts      texts  `json:"hosts" yaml:"hosts"`
	Tags       texts  `json:"tags" yaml:"tags"`
	Protocols  texts  `json:"protocols" yaml:"protocols"`
	Expression string `json:"expression" yaml:"expression"`
}

// routeList has the routes of one service, of which an inventory could hold all.
type routeList []kongRoute

func (l *routeList) take(r *kongRoute) error {
	if len(*l) == maxEndpoints {
		return errMany
	}
	*l = append(*l, *r)
	return nil
}

// UnmarshalJSON reads one route after another.
func (l *routeList) UnmarshalJSON(b []byte) error { return eachJSON(b, l.take) }

// UnmarshalYAML reads one route after another.
func (l *routeList) UnmarshalYAML(n *yaml.Node) error { return eachYAML(n, l.take) }

// UnmarshalJSON reads one service after another.
func (s *kongServices) UnmarshalJSON(b []byte) error { return eachJSON(b, s.sum.service) }

// UnmarshalYAML reads one service after another.
func (s *kongServices) UnmarshalYAML(n *yaml.Node) error { return eachYAML(n, s.sum.service) }

// UnmarshalJSON reads one route after another.
func (s *kongRoutes) UnmarshalJSON(b []byte) error { return eachJSON(b, s.sum.route) }

// UnmarshalYAML reads one route after another.
func (s *kongRoutes) UnmarshalYAML(n *yaml.Node) error { return eachYAML(n, s.sum.route) }

// kongSum is what a configuration comes to.
type kongSum struct {
	// old tells that a path with special characters is a regular expression, as
	// before Kong 3.0.
	old     bool
	list    []Endpoint
	inexact int
}

func (s *kongSum) service(v *kongService) error {
	if v.Enabled != nil && !*v.Enabled {
		return nil // Kong does not load its routes
	}
	for i := range v.Routes {
		if err := s.add(&v.Routes[i], v.Tags); err != nil {
			return err
		}
	}
	return nil
}

func (s *kongSum) route(v *kongRoute) error { return s.add(v, nil) }

// parseKong reads the version first, because it says how paths are meant.
func parseKong(data []byte) ([]Endpoint, int, error) {
	var head struct {
		Version string `json:"_format_version" yaml:"_format_version"`
	}
	if err := unmarshal(data, &head); err != nil {
		return nil, 0, err
	}
	if head.Version == "" {
		return nil, 0, errors.New("the document has no key _format_version")
	}
	sum := &kongSum{old: head.Version[0] < '3'}
	doc := kong{Services: kongServices{sum}, Routes: kongRoutes{sum}}
	if err := unmarshal(data, &doc); err != nil {
		return nil, 0, err
	}
	return sum.list, sum.inexact, nil
}

// maxCombinations bounds methods times hosts times paths of one route.
const maxCombinations = 10_000

// add adds the endpoints of a route, whose service has the tags.
func (s *kongSum) add(r *kongRoute, tags texts) error {
	if r.Expression != "" {
		s.inexact++ // the language of expressions is not read
		return nil
	}
	for _, p := range r.Protocols {
		if strings.HasPrefix(p, "tcp") || strings.HasPrefix(p, "udp") || strings.HasPrefix(p, "tls") {
			return nil // no request has a path there
		}
	}
	paths, methods, hosts := r.Paths, r.Methods, r.Hosts
	if len(paths) == 0 {
		paths = texts{"/"}
	}
	if len(methods) == 0 {
		methods = texts{""}
	}
	if len(hosts) == 0 {
		hosts = texts{""}
	}
	n := len(paths) * len(methods) * len(hosts)
	if n > maxCombinations || len(s.list)+n > maxEndpoints {
		return errMany
	}
	marked := func(tag string) bool { return slices.Contains(tags, tag) || slices.Contains(r.Tags, tag) }
	state := listing(marked("internal"), marked("deprecated"))
	for _, p := range paths {
		path, kind := kongPath(p, s.old, &s.inexact)
		for _, h := range hosts {
			for _, m := range methods {
				s.list = append(s.list, Endpoint{Method: strings.ToUpper(m), Host: strings.ToLower(bare(h)), Path: path, Kind: kind, Listing: state})
			}
		}
	}
	return nil
}

// kongPath reads a path of a route: "~" begins a regular expression, anything
// else is a prefix. An expression that Go does not know, such as one that looks
// ahead, is taken as its literal beginning.
func kongPath(p string, old bool, inexact *int) (string, Kind) {
	source, ok := strings.CutPrefix(p, "~")
	if !ok && (!old || !special.MatchString(p)) {
		return p, Prefix
	}
	if _, err := regexp.Compile(source); err == nil {
		return source, Regexp
	}
	*inexact++
	if i := strings.IndexAny(source, `\.+*?()|[]{}^$`); i >= 0 {
		source = source[:i]
	}
	return source, Prefix
}

// special finds the characters that made a path a regular expression before
// Kong 3.0 (its upgrade guide: all but letters, digits and ".-_~/%").
var special = regexp.MustCompile(`[^a-zA-Z0-9.\-_~/%]`)
