// Package price computes what a model call costs, from a price table and the
// tokens that the log states. It reads bytes, not files.
package price

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/enrich/prefix"
)

// The bounds of a price table. No price is above a dollar a token.
const (
	maxPrices    = 200_000
	maxModel     = 256
	maxPerTokens = 1_000_000
)

// Price is what a model costs, in US dollars for a million tokens.
type Price struct {
	// Provider in OpenTelemetry's spelling; empty for every provider. Default
	// empty.
	Provider string `mapstructure:"provider"`
	// Model is the model's name, or the beginning of names with "*" behind it.
	// Case does not count. Required, at most 256 bytes.
	Model string `mapstructure:"model"`
	// Input and Output are the prices of the prompt's and the answer's tokens.
	// Default 0. 0 to 1000000.
	Input  float64 `mapstructure:"input"`
	Output float64 `mapstructure:"output"`
	// Cached is the price of prompt tokens that the provider had cached. 0
	// (default) takes Input. 0 to 1000000.
	Cached float64 `mapstructure:"cached"`
}

// Validate reports the first field that cannot be used.
func (p *Price) Validate() error {
	name := strings.TrimSuffix(p.Model, "*")
	switch {
	case p.Model == "" || len(p.Model) > maxModel || strings.Contains(name, "*"):
		return fmt.Errorf("model is %q: want a name of 1 to %d bytes, with * at its end at most", p.Model, maxModel)
	case len(p.Provider) > 64:
		return fmt.Errorf("provider has %d bytes: at most 64 are allowed", len(p.Provider))
	}
	for _, f := range []struct {
		key   string
		value float64
	}{{"input", p.Input}, {"output", p.Output}, {"cached", p.Cached}} {
		if !(f.value >= 0 && f.value <= maxPerTokens) {
			return fmt.Errorf("%s is %v: want dollars for a million tokens, 0 to %d", f.key, f.value, maxPerTokens)
		}
	}
	return nil
}

// Tokens are the counts of a call. Input includes Cached.
type Tokens struct {
	Input, Output, Cached int64
	// InputKnown and OutputKnown tell that the log states the counts.
	InputKnown, OutputKnown bool
}

// Cost returns what the tokens cost in dollars. ok is false where a count that
// costs something is not known or cannot be: nothing is guessed.
func (p *Price) Cost(t Tokens) (dollars float64, ok bool) {
	if !t.InputKnown && p.Input > 0 || !t.OutputKnown && p.Output > 0 || !t.InputKnown && !t.OutputKnown ||
		t.Input < 0 || t.Output < 0 {
		return 0, false
	}
	cached := min(max(t.Cached, 0), t.Input)
	rate := p.Cached
	if rate == 0 {
		rate = p.Input
	}
	dollars = (float64(t.Input-cached)*p.Input + float64(cached)*rate + float64(t.Output)*p.Output) / 1e6
	return dollars, !math.IsInf(dollars, 0)
}

// Table has the prices of many models. It is immutable and safe for concurrent
// use.
type Table struct {
	exact map[key]*Price
	// globs are by provider.
	globs map[string]*prefix.Index[*Price]
	size  int
}

// key is a provider, or "", and a model in lower case.
type key struct{ provider, model string }

// NewTable returns a table of the prices, of which the first of two for the same
// model counts.
func NewTable(prices []Price) (*Table, error) {
	if len(prices) > maxPrices {
		return nil, fmt.Errorf("%d prices: at most %d are allowed", len(prices), maxPrices)
	}
	t := &Table{exact: map[key]*Price{}, globs: map[string]*prefix.Index[*Price]{}, size: len(prices)}
	globs := map[string]map[string]*Price{}
	for i := range prices {
		p := &prices[i]
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("[%d].%w", i, err)
		}
		name, glob := strings.CutSuffix(strings.ToLower(p.Model), "*")
		if !glob {
			if k := (key{p.Provider, name}); t.exact[k] == nil {
				t.exact[k] = p
			}
			continue
		}
		if globs[p.Provider] == nil {
			globs[p.Provider] = map[string]*Price{}
		}
		if globs[p.Provider][name] == nil {
			globs[p.Provider][name] = p
		}
	}
	for provider, m := range globs {
		t.globs[provider] = prefix.New(m)
	}
	return t, nil
}

// Find returns the price of a provider's model: by its name and provider, by its
// name alone, by the same without the router's prefix ("openai/gpt-4o"), by the
// longest glob of the provider, by the longest glob; nil if there is none.
func (t *Table) Find(provider, model string) *Price {
	if t == nil || model == "" || len(model) > maxModel {
		return nil
	}
	var buf [maxModel]byte
	name := append(buf[:0], model...)
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			name[i] = c | 0x20
		}
	}
	for _, n := range [...][]byte{name, name[bytes.IndexByte(name, '/')+1:]} {
		if p := t.exact[key{provider, string(n)}]; p != nil {
			return p
		}
		if p := t.exact[key{"", string(n)}]; p != nil {
			return p
		}
	}
	if len(t.globs) == 0 {
		return nil
	}
	text := unsafe.String(unsafe.SliceData(name), len(name)) // valid until Find returns
	for _, provider := range [...]string{provider, ""} {
		if x := t.globs[provider]; x != nil {
			if i := x.Find(text); i >= 0 {
				return *x.At(i)
			}
		}
	}
	return nil
}

// Len returns the number of prices.
func (t *Table) Len() int { return t.size }
