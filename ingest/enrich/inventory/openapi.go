package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"go.yaml.in/yaml/v3"
)

// openapi is what counts of an OpenAPI document, 2.0 (Swagger) or 3.x. Each type
// is read from JSON and from YAML.
type openapi struct {
	Swagger  string  `json:"swagger" yaml:"swagger"`
	OpenAPI  string  `json:"openapi" yaml:"openapi"`
	BasePath string  `json:"basePath" yaml:"basePath"`
	Servers  servers `json:"servers" yaml:"servers"`
	Paths    items   `json:"paths" yaml:"paths"`
	Parts    struct {
		PathItems items `json:"pathItems" yaml:"pathItems"`
	} `json:"components" yaml:"components"`
}

// item is a path item: the operations of one path.
type item struct {
	Ref      string     `json:"$ref" yaml:"$ref"`
	Internal flag       `json:"x-internal" yaml:"x-internal"`
	Servers  servers    `json:"servers" yaml:"servers"`
	Get      *operation `json:"get" yaml:"get"`
	Put      *operation `json:"put" yaml:"put"`
	Post     *operation `json:"post" yaml:"post"`
	Delete   *operation `json:"delete" yaml:"delete"`
	Options  *operation `json:"options" yaml:"options"`
	Head     *operation `json:"head" yaml:"head"`
	Patch    *operation `json:"patch" yaml:"patch"`
	Trace    *operation `json:"trace" yaml:"trace"`
	Query    *operation `json:"query" yaml:"query"`
}

type operation struct {
	Deprecated flag    `json:"deprecated" yaml:"deprecated"`
	Internal   flag    `json:"x-internal" yaml:"x-internal"`
	Servers    servers `json:"servers" yaml:"servers"`
}

// flag is true, or a text that says so; anything else is false.
type flag bool

// UnmarshalJSON never fails: extensions may hold anything.
func (f *flag) UnmarshalJSON(b []byte) error {
	*f = flag(strings.EqualFold(strings.Trim(string(b[:min(len(b), 8)]), `"`), "true"))
	return nil
}

// UnmarshalYAML never fails: extensions may hold anything.
func (f *flag) UnmarshalYAML(n *yaml.Node) error {
	*f = flag(strings.EqualFold(n.Value, "true"))
	return nil
}

// items are path items with their names, as many as an inventory may have.
type items []named

type named struct {
	name string
	item item
}

// UnmarshalJSON reads one path after another, so that a document with too many
// is refused before they take memory.
func (p *items) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return err // null, or no object, has no paths
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		n := named{}
		n.name, _ = t.(string)
		if err := dec.Decode(&n.item); err != nil {
			return err
		}
		if *p = append(*p, n); len(*p) > maxEndpoints {
			return errMany
		}
	}
	return nil
}

// UnmarshalYAML reads one path after another.
func (p *items) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.MappingNode {
		return nil
	}
	if len(node.Content)/2 > maxEndpoints {
		return errMany
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		n := named{name: node.Content[i].Value}
		if !strings.HasPrefix(n.name, "x-") {
			if err := node.Content[i+1].Decode(&n.item); err != nil {
				return err
			}
		}
		*p = append(*p, n)
	}
	return nil
}

func (d *openapi) endpoints() (list []Endpoint, inexact int, err error) {
	if d.OpenAPI == "" && d.Swagger == "" {
		return nil, 0, errors.New("the document has neither the key openapi nor swagger")
	}
	bases := basePaths(d.Servers)
	if d.Swagger != "" {
		bases = []string{strings.TrimRight(d.BasePath, "/")}
	}
	parts := map[string]*item{}
	for i := range d.Parts.PathItems {
		parts["#/components/pathItems/"+d.Parts.PathItems[i].name] = &d.Parts.PathItems[i].item
	}
	for i := range d.Paths {
		name, it := d.Paths[i].name, &d.Paths[i].item
		if !strings.HasPrefix(name, "/") {
			continue // an extension
		}
		at := bases
		if len(it.Servers) > 0 {
			at = basePaths(it.Servers)
		}
		if it.Ref != "" {
			if it = parts[it.Ref]; it == nil || it.Ref != "" {
				inexact++ // in another file: every method
				it = nil
			}
		}
		list = appendItem(list, at, name, it)
		if len(list) > maxEndpoints {
			return nil, 0, errMany
		}
	}
	return list, inexact, nil
}

// appendItem appends the operations of a path below each base; any method if it
// is nil.
func appendItem(list []Endpoint, bases []string, name string, it *item) []Endpoint {
	if it == nil {
		for _, base := range bases {
			list = append(list, Endpoint{Path: base + name, Listing: listing(false, false)})
		}
		return list
	}
	for _, o := range [...]struct {
		method string
		op     *operation
	}{{"GET", it.Get}, {"PUT", it.Put}, {"POST", it.Post}, {"DELETE", it.Delete}, {"OPTIONS", it.Options},
		{"HEAD", it.Head}, {"PATCH", it.Patch}, {"TRACE", it.Trace}, {"QUERY", it.Query}} {
		if o.op == nil {
			continue
		}
		at := bases
		if len(o.op.Servers) > 0 {
			at = basePaths(o.op.Servers)
		}
		for _, base := range at {
			list = append(list, Endpoint{Method: o.method, Path: base + name,
				Listing: listing(bool(it.Internal || o.op.Internal), bool(o.op.Deprecated))})
		}
	}
	return list
}

// basePaths returns the distinct paths of the servers' URLs; "" if there is none.
// Their hosts do not count: documents name the public one, logs the one behind.
func basePaths(list servers) []string {
	var bases []string
	for _, s := range list {
		u := s.URL
		if _, rest, ok := strings.Cut(u, "://"); ok {
			_, path, _ := strings.Cut(rest, "/")
			u = "/" + path
		}
		if i := strings.IndexAny(u, "?#"); i >= 0 {
			u = u[:i]
		}
		u = strings.TrimRight(strings.TrimPrefix(u, "."), "/")
		if u != "" && u[0] != '/' {
			u = "/" + u
		}
		known := false
		for _, b := range bases {
			known = known || b == u
		}
		if !known {
			bases = append(bases, u)
		}
	}
	if bases == nil {
		bases = []string{""}
	}
	return bases
}
