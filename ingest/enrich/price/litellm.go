package price

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// entry is what counts of a model in LiteLLM's file.
type entry struct {
	Provider label   `json:"litellm_provider"`
	Input    dollars `json:"input_cost_per_token"`
	Output   dollars `json:"output_cost_per_token"`
	Cached   dollars `json:"cache_read_input_token_cost"`
}

// label is a text; anything else is none.
type label string

// UnmarshalJSON never fails.
func (l *label) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil && len(s) <= 64 {
		*l = label(s)
	}
	return nil
}

// dollars is a price for one token, as a number or a text of one.
type dollars struct {
	value float64
	ok    bool
}

// UnmarshalJSON never fails: what is no price is none.
func (d *dollars) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b[:min(len(b), 32)]), `"`), 64)
	if err == nil && v >= 0 && v*1e6 <= maxPerTokens {
		*d = dollars{v, true}
	}
	return nil
}

// providers are OpenTelemetry's names of what LiteLLM calls a provider, where
// the two differ; of several spellings the beginning is given.
var providers = []struct{ litellm, otel string }{
	{"azure_ai", "azure.ai.inference"}, {"azure", "azure.ai.openai"}, {"bedrock", "aws.bedrock"},
	{"vertex_ai", "gcp.vertex_ai"}, {"gemini", "gcp.gemini"}, {"palm", "gcp.gemini"}, {"mistral", "mistral_ai"},
	{"xai", "x_ai"}, {"cohere", "cohere"}, {"together_ai", "together"}, {"fireworks_ai", "fireworks"},
	{"text-completion-openai", "openai"}, {"watsonx", "ibm.watsonx.ai"}, {"nvidia_nim", "nvidia"},
}

func providerOf(litellm string) string {
	for _, p := range providers {
		if strings.HasPrefix(litellm, p.litellm) {
			return p.otel
		}
	}
	return litellm
}

var errShape = errors.New("the file is not a JSON object of models with their prices")

// ParseLiteLLM reads a file in the shape of LiteLLM's
// model_prices_and_context_window.json. Models that are not sold by the token
// are left out. A model is known by its whole name with every provider, and
// without the provider's prefix with its own: "azure/gpt-4o" is also "gpt-4o" of
// azure.ai.openai.
func ParseLiteLLM(data []byte) (*Table, error) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errShape
	}
	var own, any []Price
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, errShape
		}
		name, _ := t.(string)
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, errShape
		}
		if name == "" || name == "sample_spec" || len(name) > maxModel || strings.Contains(name, "*") || !e.Input.ok && !e.Output.ok {
			continue
		}
		p := Price{Model: name, Input: e.Input.value * 1e6, Output: e.Output.value * 1e6, Cached: e.Cached.value * 1e6}
		any = append(any, p)
		if p.Provider = providerOf(string(e.Provider)); p.Provider != "" {
			own = append(own, p)
			if bare := strings.TrimPrefix(name, string(e.Provider)+"/"); bare != name && bare != "" {
				p.Model = bare
				own = append(own, p)
			}
		}
		if len(any) > maxPrices/3 {
			return nil, fmt.Errorf("the file has more than %d prices", maxPrices/3)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, errShape
	}
	if len(any) == 0 {
		return nil, errors.New("the file has no model with a price for tokens")
	}
	t, err := NewTable(append(own, any...))
	if err != nil {
		return nil, err
	}
	t.size = len(any)
	return t, nil
}
