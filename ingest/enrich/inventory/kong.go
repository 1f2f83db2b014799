package inventory

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// kong is what counts of a declarative configuration of Kong (_format_version
// 1.1 to 3.0), as decK and Kong without database read it.
type kong struct {
	Version  string        `json:"_format_version" yaml:"_format_version"`
	Services []kongService `json:"services" yaml:"services"`
	Routes   []kongRoute   `json:"routes" yaml:"routes"`
}

type kongService struct {
	Enabled *bool       `json:"enabled" yaml:"enabled"`
	Tags    []string    `json:"tags" yaml:"tags"`
	Routes  []kongRoute `json:"routes" yaml:"routes"`
}

type kongRoute struct {
	Paths      []string `json:"paths" yaml:"paths"`
	Methods    []string `json:"methods" yaml:"methods"`
	Hosts      []string `json:"hosts" yaml:"hosts"`
	Tags       []string `json:"tags" yaml:"tags"`
	Protocols  []string `json:"protocols" yaml:"protocols"`
	Expression string   `json:"expression" yaml:"expression"`
}

// maxCombinations bounds methods times hosts times paths of one route.
const maxCombinations = 10_000

func (k *kong) endpoints() (list []Endpoint, inexact int, err error) {
	if k.Version == "" {
		return nil, 0, errors.New("the document has no key _format_version")
	}
	old := k.Version[0] < '3' // before 3.0 a path with other characters was a regular expression
	for i := range k.Services {
		s := &k.Services[i]
		if s.Enabled != nil && !*s.Enabled {
			continue // Kong does not load its routes
		}
		for j := range s.Routes {
			if list, err = s.Routes[j].append(list, s.Tags, old, &inexact); err != nil {
				return nil, 0, err
			}
		}
	}
	for i := range k.Routes {
		if list, err = k.Routes[i].append(list, nil, old, &inexact); err != nil {
			return nil, 0, err
		}
	}
	return list, inexact, nil
}

func (r *kongRoute) append(list []Endpoint, tags []string, old bool, inexact *int) ([]Endpoint, error) {
	if r.Expression != "" {
		*inexact++ // the language of expressions is not read
		return list, nil
	}
	for _, p := range r.Protocols {
		if strings.HasPrefix(p, "tcp") || strings.HasPrefix(p, "udp") || strings.HasPrefix(p, "tls") {
			return list, nil // no request has a path there
		}
	}
	paths, methods, hosts := r.Paths, r.Methods, r.Hosts
	if len(paths) == 0 {
		paths = []string{"/"}
	}
	if len(methods) == 0 {
		methods = []string{""}
	}
	if len(hosts) == 0 {
		hosts = []string{""}
	}
	n := len(paths) * len(methods) * len(hosts)
	if n > maxCombinations || len(list)+n > maxEndpoints {
		return nil, errMany
	}
	marked := func(tag string) bool { return slices.Contains(tags, tag) || slices.Contains(r.Tags, tag) }
	state := listing(marked("internal"), marked("deprecated"))
	for _, p := range paths {
		path, kind := kongPath(p, old, inexact)
		for _, h := range hosts {
			for _, m := range methods {
				list = append(list, Endpoint{Method: strings.ToUpper(m), Host: strings.ToLower(bare(h)), Path: path, Kind: kind, Listing: state})
			}
		}
	}
	return list, nil
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
