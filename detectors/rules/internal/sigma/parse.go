package sigma

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parse reads the rules of a file. placeholders are the values of the modifier
// expand, by name. A document that is no rule that can be matched is refused by
// itself.
func Parse(file string, data []byte, placeholders map[string][]string) (rules []*Rule, refused []Refusal) {
	if len(data) > MaxFile {
		return nil, []Refusal{{File: file, Line: 1, Reason: "the file is larger than 4 MiB"}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	line, count := 1, 0
	for len(data) > 0 {
		text, rest, lines := cut(data)
		if len(bytes.TrimSpace(text)) > 0 {
			if count++; count > MaxDocuments {
				return rules, append(refused, Refusal{File: file, Line: line, Reason: "the file has more than 2000 documents; the rest is not read"})
			}
			rule := &Rule{File: file, Line: line}
			if err := rule.read(text, line-1, placeholders); err != nil {
				refused = append(refused, refusal(rule, err))
			} else if rule.Title != "" {
				rules = append(rules, rule)
			}
		}
		data, line = rest, line+lines
	}
	return rules, refused
}

// cut returns the document up to the next line of ---, what follows that line,
// and how many lines both take.
func cut(data []byte) (text, rest []byte, lines int) {
	for at := 0; at < len(data); {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		row := data[at:end]
		lines++
		if bytes.HasPrefix(row, []byte("---")) && (len(row) == 3 || strings.IndexByte(" \t\r\n", row[3]) >= 0) {
			return data[:at], data[end:], lines
		}
		at = end
	}
	return data, nil, lines
}

func refusal(rule *Rule, err error) Refusal {
	out := Refusal{File: rule.File, Line: rule.Line, ID: rule.ID, Title: rule.Title, Reason: err.Error()}
	var f *fault
	if errors.As(err, &f) && f.line > 0 {
		out.Line = f.line
	}
	return out
}

// read fills the rule from a document that begins after some lines. A document
// of comments alone leaves the rule without a title.
func (r *Rule) read(text []byte, before int, placeholders map[string][]string) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return notYAML(err, before)
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return nil
	}
	rd := &reader{placeholders: placeholders}
	if err := rd.measure(&doc, 0); err != nil {
		return shifted(err, before)
	}
	shift(&doc, before)
	sum := sha256.Sum256(text)
	r.Hash = [16]byte(sum[:16])
	return rd.rule(r, doc.Content[0])
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`)

// notYAML says where and why a document is no YAML.
func notYAML(err error, before int) error {
	text := err.Error()
	m := yamlLine.FindStringSubmatch(text)
	line, wrong := strconv.Atoi(m[1])
	if wrong != nil || line < 1 {
		line = 1
	}
	return refuse(before+line, "not valid YAML: %s", clean(text[len(m[0]):], 200))
}

// shift turns the lines of a document into those of its file.
func shift(n *yaml.Node, by int) {
	n.Line += by
	for _, c := range n.Content {
		shift(c, by)
	}
}

func shifted(err error, by int) error {
	var f *fault
	if errors.As(err, &f) {
		f.line += by
	}
	return err
}

// measure bounds a document's nodes, with those behind aliases each time that
// they are named, and its nesting.
func (r *reader) measure(n *yaml.Node, depth int) error {
	if r.nodes++; r.nodes > maxNodes {
		return refuse(n.Line, "the document has more than %d values, with those behind aliases", maxNodes)
	}
	if depth > maxDepth {
		return refuse(n.Line, "the document is nested deeper than %d", maxDepth)
	}
	if n.Kind == yaml.AliasNode {
		return r.measure(n.Alias, depth+1)
	}
	for _, c := range n.Content {
		if err := r.measure(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// follow returns what a node means.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

var (
	statuses = []string{"", "stable", "test", "experimental"}
	levels   = []string{"", "informational", "low", "medium", "high", "critical"}
)

// rule reads a document.
func (r *reader) rule(rule *Rule, n *yaml.Node) error {
	if n = follow(n); n.Kind != yaml.MappingNode {
		return refuse(n.Line, "want a map with title, logsource and detection")
	}
	rule.Line = n.Line
	parts := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		parts[n.Content[i].Value] = follow(n.Content[i+1])
	}
	text := func(key string, limit int) string {
		if v := parts[key]; v != nil && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
			return clean(v.Value, limit)
		}
		return ""
	}
	rule.ID, rule.Name, rule.Title = text("id", 64), text("name", 128), text("title", 4*maxTitle)
	rule.Description, rule.Status, rule.Level = text("description", maxMeta), strings.ToLower(text("status", 32)), strings.ToLower(text("level", 32))
	rule.Tags, rule.FalsePositives = texts(parts["tags"], 64), texts(parts["falsepositives"], 300)
	line := func(key string) int {
		if v := parts[key]; v != nil {
			return v.Line
		}
		return n.Line
	}
	switch {
	case parts["action"] != nil:
		return refuse(line("action"), "action (global, repeat) is of Sigma 1: write each rule whole")
	case rule.Title == "" || len([]rune(rule.Title)) > maxTitle:
		return refuse(line("title"), "title: missing, or longer than %d characters", maxTitle)
	case rule.Status == "deprecated" || rule.Status == "unsupported":
		return refuse(line("status"), "its status is %s", rule.Status)
	case !slices.Contains(statuses, rule.Status):
		return refuse(line("status"), "status: allowed are stable, test, experimental, deprecated and unsupported")
	case !slices.Contains(levels, rule.Level):
		return refuse(line("level"), "level: allowed are informational, low, medium, high and critical")
	case parts["filter"] != nil:
		return refuse(line("filter"), "filters are not supported: put the exclusion into the rules, or an exception into engine.allow")
	case parts["correlation"] != nil && parts["detection"] != nil:
		return refuse(line("correlation"), "a rule has detection or correlation; write two documents")
	case parts["correlation"] != nil:
		c, err := r.correlation(parts["correlation"])
		if err != nil {
			return err
		}
		if g := parts["generate"]; g != nil && g.Value == "true" {
			c.Generate = true
		}
		rule.Correlation = c
		return nil
	case parts["detection"] == nil:
		return refuse(n.Line, "neither detection nor correlation")
	}
	if err := rule.source(parts["logsource"], n.Line); err != nil {
		return err
	}
	expr, err := r.detection(parts["detection"])
	if err != nil {
		return err
	}
	rule.Size = r.size
	rule.Expr = join(And, append(rule.Source.limits(), expr))
	return nil
}

// texts reads a text or a list of texts.
func texts(n *yaml.Node, limit int) []string {
	if n == nil {
		return nil
	}
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var out []string
	for _, c := range nodes {
		if c = follow(c); c.Kind == yaml.ScalarNode && c.Tag != "!!null" && len(out) < 64 {
			if s := clean(c.Value, limit); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}
