package inventory

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/schemas"
)

// Format is the format of a file of endpoints.
type Format string

// The formats. Auto is told by the content.
const (
	Auto    Format = "auto"
	OpenAPI Format = "openapi"
	Kong    Format = "kong"
	List    Format = "list"
)

// Formats are the formats that can be asked for.
var Formats = []Format{Auto, OpenAPI, Kong, List}

// maxYAML and maxYAMLNodes bound a document in YAML, which is held as a tree of
// about 300 bytes a node: in bytes, and in characters that can begin a node.
// One in JSON is read as it comes, and needs no bound but the file's.
const (
	maxYAML      = 16 << 20
	maxYAMLNodes = 2_000_000
)

// Parse reads a file of endpoints. inexact counts what was taken more widely
// than it is written, or could not be taken at all, because the file alone does
// not say (a reference to another file, a router expression).
func Parse(format Format, data []byte) (list []Endpoint, inexact int, err error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if format == Auto || format == "" {
		format = detect(data)
	}
	switch format {
	case List:
		list, err = parseList(data)
		return list, 0, err
	case OpenAPI:
		var doc openapi
		if err := unmarshal(data, &doc); err != nil {
			return nil, 0, err
		}
		return doc.endpoints()
	case Kong:
		return parseKong(data)
	}
	return nil, 0, fmt.Errorf("unknown format: want one of %q", Formats)
}

// detect tells the format by the first key or line that only one of them has.
func detect(data []byte) Format {
	head := data
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' || string(line) == "---" {
			continue
		}
		if line[0] == '/' || line[0] == '*' || isMethod(first(line)) {
			return List
		}
		break
	}
	// A key of Kong's at the left margin, or behind '{' or ',' in JSON.
	if bytes.Contains(data, []byte("_format_version")) && !bytes.Contains(data, []byte("openapi")) && !bytes.Contains(data, []byte("swagger")) {
		return Kong
	}
	var probe struct {
		Kong string `json:"_format_version" yaml:"_format_version"`
	}
	if unmarshal(data, &probe) == nil && probe.Kong != "" {
		return Kong
	}
	return OpenAPI
}

var (
	errJSON  = errors.New("the document is no JSON of the expected shape")
	errYAML  = errors.New("the document is no YAML of the expected shape")
	errLarge = fmt.Errorf("a document in YAML may have %d bytes and about %d nodes: write it as JSON, or split it", maxYAML, maxYAMLNodes)
	errMany  = fmt.Errorf("the inventory has more than %d endpoints", maxEndpoints)
)

// unmarshal reads JSON or YAML. The libraries' errors may quote the document, so
// only their kind is told.
func unmarshal(data []byte, into any) error {
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, into); err != nil {
			return known(err, errJSON)
		}
		return nil
	}
	if len(data) > maxYAML {
		return errLarge
	}
	nodes := 0
	for _, c := range data {
		switch c {
		case '\n', ',', ':', '-', '[', '{', '?':
			nodes++
		}
	}
	if nodes > maxYAMLNodes {
		return errLarge
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		return known(err, errYAML)
	}
	return nil
}

// known returns err if it is one of this package's, which quote nothing, else
// what stands for it.
func known(err, otherwise error) error {
	if errors.Is(err, errMany) {
		return errMany
	}
	return otherwise
}

// listing is the stricter one of what is marked.
func listing(internal, deprecated bool) schemas.Listing {
	switch {
	case internal:
		return schemas.ListingInternal
	case deprecated:
		return schemas.ListingDeprecated
	}
	return schemas.ListingKnown
}

func first(line []byte) []byte {
	if i := bytes.IndexAny(line, " \t"); i >= 0 {
		return line[:i]
	}
	return line
}

// isMethod reports whether a word is an HTTP method, or several with commas.
func isMethod(word []byte) bool {
	for i, c := range word {
		if (c < 'A' || c > 'Z') && (c != ',' || i == 0) && c != '-' {
			return false
		}
	}
	return len(word) > 1
}
