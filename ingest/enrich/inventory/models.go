package inventory

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/ingest/enrich/prefix"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of an inventory of models.
const (
	maxModels    = 100_000
	maxModelName = 256
)

// Models is an inventory of models. It is immutable and safe for concurrent use.
type Models struct {
	names map[string]schemas.Listing
	globs *prefix.Index[schemas.Listing]
}

// ParseModels reads lines such as "gpt-4o-* deprecated": a model, perhaps with
// "*" at its end, known unless "deprecated" or "internal" follows. "#" begins a
// comment. Errors name the line's number and not its text.
func ParseModels(data []byte) (*Models, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	m := &Models{names: map[string]schemas.Listing{}}
	globs := map[string]schemas.Listing{}
	line := 0
	for rest := data; len(rest) > 0; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		line++
		if len(text) > 2*maxModelName {
			return nil, fmt.Errorf("line %d has more than %d bytes", line, 2*maxModelName)
		}
		if i := bytes.IndexByte(text, '#'); i >= 0 {
			text = text[:i]
		}
		words := strings.Fields(string(text))
		if len(words) == 0 {
			continue
		}
		state, ok := listingOf(words[1:])
		name := strings.ToLower(words[0])
		glob := strings.HasSuffix(name, "*")
		name = strings.TrimSuffix(name, "*")
		if !ok || strings.Contains(name, "*") || len(name) > maxModelName {
			return nil, fmt.Errorf("line %d is not of the form model [deprecated|internal], with * at the model's end at most", line)
		}
		into := m.names
		if glob {
			into = globs
		}
		if old, listed := into[name]; !listed || strict(state) > strict(old) {
			into[name] = state
		}
		if len(m.names)+len(globs) > maxModels {
			return nil, fmt.Errorf("the inventory has more than %d models", maxModels)
		}
	}
	m.globs = prefix.New(globs)
	return m, nil
}

// Listing returns how a model stands: by its name, else by the longest glob that
// fits. Case does not count. No model has no listing.
func (m *Models) Listing(model string) schemas.Listing {
	if model == "" {
		return schemas.ListingUnknown
	}
	var buf [maxModelName]byte
	if len(model) > len(buf) {
		return schemas.ListingUnlisted
	}
	name := lower(buf[:0], model)
	if l, ok := m.names[string(name)]; ok {
		return l
	}
	if i := m.globs.Find(text(name)); i >= 0 {
		return *m.globs.At(i)
	}
	return schemas.ListingUnlisted
}

// Len returns the number of models and globs.
func (m *Models) Len() int { return len(m.names) + m.globs.Len() }

func lower(buf []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf = append(buf, c)
	}
	return buf
}
