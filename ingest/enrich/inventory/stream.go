package inventory

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// maxTexts bounds a list of texts, such as the methods of a route.
const maxTexts = 10_000

// eachJSON decodes one element of a list after another into a T and hands it to
// take, so that a list of millions takes no memory before it is refused. What is
// no list has no elements.
func eachJSON[T any](b []byte, take func(*T) error) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return err
	}
	for dec.More() {
		var v T
		if err := dec.Decode(&v); err != nil {
			return err
		}
		if err := take(&v); err != nil {
			return err
		}
	}
	return nil
}

// eachYAML is eachJSON for YAML.
func eachYAML[T any](node *yaml.Node, take func(*T) error) error {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		return nil
	}
	for _, n := range node.Content {
		var v T
		if err := n.Decode(&v); err != nil {
			return err
		}
		if err := take(&v); err != nil {
			return err
		}
	}
	return nil
}

// texts is a list of at most maxTexts texts.
type texts []string

func (l *texts) take(s *string) error {
	if len(*l) == maxTexts {
		return errMany
	}
	*l = append(*l, *s)
	return nil
}

// UnmarshalJSON reads one text after another.
func (l *texts) UnmarshalJSON(b []byte) error { return eachJSON(b, l.take) }

// UnmarshalYAML reads one text after another.
func (l *texts) UnmarshalYAML(n *yaml.Node) error { return eachYAML(n, l.take) }

// servers has the first servers of a list; more are not read.
type servers []server

type server struct {
	URL string `json:"url" yaml:"url"`
}

// maxServers is how many servers of a list are read.
const maxServers = 32

func (l *servers) take(s *server) error {
	if len(*l) < maxServers {
		*l = append(*l, *s)
	}
	return nil
}

// UnmarshalJSON reads one server after another.
func (l *servers) UnmarshalJSON(b []byte) error { return eachJSON(b, l.take) }

// UnmarshalYAML reads one server after another.
func (l *servers) UnmarshalYAML(n *yaml.Node) error { return eachYAML(n, l.take) }
