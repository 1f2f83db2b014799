package sigma

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
)

// formats are the log formats that a product of the categories webserver and
// proxy can name: the gateways and servers themselves.
var formats = []string{"nginx", "apache", "envoy", "kong", "apisix", "traefik", "haproxy", "uvicorn", "litellm"}

// source reads the log source.
func (rule *Rule) source(n *yaml.Node, line int) error {
	if n == nil {
		return refuse(line, "logsource is missing")
	}
	if n.Kind != yaml.MappingNode {
		return refuse(n.Line, "logsource: want a map")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := strings.ToLower(clean(follow(n.Content[i+1]).Value, 64))
		switch n.Content[i].Value {
		case "category":
			rule.Source.Category = value
		case "product":
			rule.Source.Product = value
		case "service":
			rule.Source.Service = value
		}
	}
	s := rule.Source
	switch {
	case s.Product == "gatehound":
		if s.Category != "" && s.Category != "webserver" && s.Category != "proxy" {
			return refuse(n.Line, "logsource: the product gatehound has the categories webserver and proxy, or none")
		}
		if !slices.Contains([]string{"", "access", "auth", "model"}, s.Service) {
			return refuse(n.Line, "logsource: the product gatehound has the services access, auth and model")
		}
		return nil
	case s.Category != "webserver" && s.Category != "proxy":
		return refuse(n.Line, "logsource: %s is not what gateways log; supported are category webserver, category proxy and product gatehound", described(s))
	case s.Service != "" && s.Service != "access":
		return refuse(n.Line, "logsource: the service %q is no access log", s.Service)
	case s.Product != "" && !slices.Contains(formats, s.Product):
		return refuse(n.Line, "logsource: the product %q is no log format of Gatehound; leave it out, or name one of %s", s.Product, strings.Join(formats, ", "))
	}
	return nil
}

func described(s Source) string {
	if s == (Source{}) {
		return "no category"
	}
	return s.String()
}

// limits returns what the source asks of an event besides the condition.
func (s Source) limits() []*Expr {
	leaf := func(name string, t Term) []*Expr {
		plain, _, _ := strings.Cut(name, "|")
		ids, _ := field.Lookup(plain)
		return []*Expr{{Item: &Item{Name: name, Fields: ids, Terms: []Term{t}}}}
	}
	switch {
	case s.Product == "gatehound" && s.Service == "auth":
		return leaf("auth|exists", Term{Kind: Present, Shown: "true"})
	case s.Product == "gatehound" && s.Service == "model":
		return leaf("operation|exists", Term{Kind: Present, Shown: "true"})
	case s.Product != "" && s.Product != "gatehound":
		format := s.Product
		if format == "apache" {
			format = "nginx" // both write the combined format
		}
		return leaf("format", Term{Kind: Matches, Shown: format, Glob: pattern.Plain(format)})
	}
	return nil
}
