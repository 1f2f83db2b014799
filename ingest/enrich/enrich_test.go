package enrich

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

func newEnricher(t testing.TB, cfg Config) *Enricher {
	t.Helper()
	e, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEvent(t *testing.T) {
	e := newEnricher(t, Config{TrustedProxies: []string{"10.0.0.0/8"}})
	rec := decode.Record{Peer: "10.0.0.7:443", Forwarded: "1.1.1.1, 203.0.113.9", UserAgent: "OpenAI/Python 1.30.1",
		Path: "/v1/threads/thread_abc123/messages", Status: 200, Model: "gpt-4o-2024-08-06", Operation: "chat"}
	var ev schemas.Event
	e.Event(&rec, &ev)
	if got := ev.ClientAddr.String(); got != "203.0.113.9" {
		t.Errorf("client %s", got)
	}
	if ev.ClientClass != schemas.ClientSDK {
		t.Errorf("class %v", ev.ClientClass)
	}
	if rec.Route != "/v1/threads/{id}/messages" || rec.Provider != "openai" {
		t.Errorf("route %q, provider %q", rec.Route, rec.Provider)
	}
	if ev.Route != "" || ev.Path != "" {
		t.Error("text was written to the event past the redactor")
	}

	rec = decode.Record{Route: "gateway's own", Provider: "azure.ai.openai", Path: "/v1/messages", Model: "claude-3", Format: "kong"}
	e.Event(&rec, &ev)
	if rec.Route != "gateway's own" || rec.Provider != "azure.ai.openai" || ev.ClientAddr.IsValid() {
		t.Errorf("what the gateway stated was changed: %q %q %v", rec.Route, rec.Provider, ev.ClientAddr)
	}
	if ev.ClientClass != schemas.ClientEmpty {
		t.Errorf("class %v of a Kong record without user agent", ev.ClientClass)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name, want string
		cfg        Config
	}{
		{"default", "", DefaultConfig()},
		{"good", "", Config{TrustedProxies: []string{"10.0.0.0/8", "2001:db8::/32", "192.0.2.1", "::ffff:10.0.0.0/104"}, Routes: []string{"/agents/{id}/run"}}},
		{"no network", "trusted_proxies[1]", Config{TrustedProxies: []string{"10.0.0.0/8", "ten"}}},
		{"zone", "trusted_proxies[0]", Config{TrustedProxies: []string{"fe80::1%eth0"}}},
		{"mapped", "IPv4 form", Config{TrustedProxies: []string{"::ffff:10.0.0.0/64"}}},
		{"many", "at most 1024", Config{TrustedProxies: make([]string, 1025)}},
		{"many routes", "at most 1024", Config{Routes: make([]string, 1025)}},
		{"relative", "routes[0]", Config{Routes: []string{"agents"}}},
		{"query", "routes[0]", Config{Routes: []string{"/a?b"}}},
		{"deep", "routes[0]", Config{Routes: []string{strings.Repeat("/a", 17)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.cfg, nil)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestProviderOf(t *testing.T) {
	for _, c := range []struct{ host, model, want string }{
		{"api.openai.com", "", "openai"},
		{"API.OpenAI.com:443", "claude-3", "openai"},
		{"evilapi.openai.com.example", "", ""},
		{"notapi.openai.comx", "", ""},
		{"myres.openai.azure.com", "gpt-4o", "azure.ai.openai"},
		{"us-central1-aiplatform.googleapis.com", "gemini-1.5-pro", "gcp.vertex_ai"},
		{"bedrock-runtime.us-east-1.amazonaws.com", "", "aws.bedrock"},
		{"gateway.internal", "claude-3-5-sonnet-20241022", "anthropic"},
		{"", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "aws.bedrock"},
		{"", "arn:aws:bedrock:us-east-1:111122223333:inference-profile/x", "aws.bedrock"},
		{"", "GPT-4o", "openai"},
		{"", "o3-mini", "openai"},
		{"", "groq/llama-3", "groq"},
		{"", "llama-3-70b", ""},
		{"", "", ""},
	} {
		if got := ProviderOf(c.host, c.model); got != c.want {
			t.Errorf("ProviderOf(%q, %q) = %q, want %q", c.host, c.model, got, c.want)
		}
	}
}

func TestEventAllocatesNothing(t *testing.T) {
	e := newEnricher(t, Config{TrustedProxies: []string{"10.0.0.0/8"}})
	var ev schemas.Event
	i := 0
	paths := []string{"/v1/chat/completions", "/openai/deployments/gpt4/chat/completions", "/tools/run/123456/x", "/.env"}
	n := testing.AllocsPerRun(1000, func() {
		rec := decode.Record{Peer: "10.0.0.7:443", Forwarded: "1.1.1.1, 203.0.113.9, 10.1.1.1", UserAgent: "curl/8.6.0",
			Path: paths[i%len(paths)], Status: uint16(200 + i%2*204), Host: "api.openai.com", Operation: "chat"}
		i++
		e.Event(&rec, &ev)
	})
	if n > 0 {
		t.Errorf("%v allocations an event", n)
	}
}

func BenchmarkEvent(b *testing.B) {
	e := newEnricher(b, Config{TrustedProxies: []string{"10.0.0.0/8"}})
	var ev schemas.Event
	b.ReportAllocs()
	for b.Loop() {
		rec := decode.Record{Peer: "10.0.0.7:443", Forwarded: "203.0.113.9", UserAgent: "OpenAI/Python 1.30.1",
			Path: "/v1/chat/completions", Status: 200, Model: "gpt-4o-2024-08-06", Operation: "chat"}
		e.Event(&rec, &ev)
	}
}

// FuzzEvent holds that nothing in a record panics, and that routes are bounded.
func FuzzEvent(f *testing.F) {
	f.Add("/v1/models/gemini:generateContent", "[::1]:80", "unix:, 1.2.3.4:5,[fe80::1%eth0]:9", "Mozilla/5.0 GPTBot", "gpt-4")
	e := newEnricher(f, Config{TrustedProxies: []string{"0.0.0.0/0", "::/0"}, Routes: []string{"/a/{id}/b"}})
	f.Fuzz(func(t *testing.T, path, peer, forwarded, agent, model string) {
		rec := decode.Record{Path: path, Peer: peer, Forwarded: forwarded, UserAgent: agent, Model: model}
		var ev schemas.Event
		e.Event(&rec, &ev)
		if len(rec.Route) > maxSegments*(len(path)+16) || strings.Count(rec.Route, "/") > maxSegments+1 {
			t.Errorf("a route of %d bytes", len(rec.Route))
		}
		if ev.ClientAddr.Zone() != "" || ev.ClientAddr.Is4In6() {
			t.Errorf("address %v is not in its plain form", ev.ClientAddr)
		}
		if again := e.route(path, 404); path != "" && again != e.route(path, 404) {
			t.Error("the route is not a function of the path")
		}
	})
}
