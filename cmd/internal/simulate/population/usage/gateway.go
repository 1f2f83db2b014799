package usage

import (
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Gateway is what a population calls.
type Gateway struct {
	services [services]gateway.Service
	prompts  bool
	outage   outage
}

// Open returns a gateway of a format, which logs prompts or not. The ids that it
// gives follow from the seed.
func Open(format gateway.Format, prompts bool, seed uint64) *Gateway {
	s := [services]gateway.Service{
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "openai", Model: "gpt-4o"},
		{Name: "anthropic_messages", Path: "/v1/messages", Provider: "anthropic", Model: "claude-sonnet-4-5"},
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "gemini", Model: "gemini-2.5-pro"},
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "mistral", Model: "mistral-large-2411"},
		{Name: "aembedding", Path: "/v1/embeddings", Provider: "openai", Model: "text-embedding-3-small"},
		{Name: "acreate_batch", Path: "/v1/batches", Provider: "openai", Routed: true},
		{Name: "acreate_file", Path: "/v1/files", Provider: "openai", Routed: true},
	}
	for i := range s {
		if format != gateway.LiteLLM {
			s[i].Path = "/" + s[i].Provider + s[i].Path
		}
		s[i].Method, s[i].Host, s[i].Template, s[i].Format = "POST", "llm.example.com", s[i].Path, format
		s[i].Payload, s[i].Tenant, s[i].Weight = prompts, "default", 1
		switch format {
		case gateway.Kong:
			s[i].Name = strings.ReplaceAll(s[i].Path[1:], "/", "-")
		case gateway.Envoy:
			s[i].Name = "httproute/default" + s[i].Path + "/rule/0/match/0/*"
		}
		s[i].Open(gateway.Mix(seed + uint64(i)*7919))
	}
	return &Gateway{services: s, prompts: prompts}
}

// outage is when a provider does not answer.
type outage struct {
	service     *gateway.Service
	from, until int64
}

// Fail lets one of the two greatest providers answer nothing for so long.
func (g *Gateway) Fail(d *gateway.Dice, from, length int64) {
	g.outage = outage{&g.services[openAI+service(d.Below(2))], from, from + length}
}

// Fails tells whether the provider of a service does not answer at that time.
func (g *Gateway) Fails(svc *gateway.Service, at int64) bool {
	return svc == g.outage.service && at >= g.outage.from && at < g.outage.until
}

// Batches is the service that takes batches.
func (g *Gateway) Batches() *gateway.Service { return &g.services[batches] }
