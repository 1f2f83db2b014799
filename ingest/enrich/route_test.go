package enrich

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestRoute(t *testing.T) {
	e := newEnricher(t, Config{Routes: []string{"/agents/{agent}/run"}})
	for _, c := range []struct {
		path   string
		status uint16
		want   string
	}{
		{"/v1/chat/completions", 200, "/v1/chat/completions"},
		{"/v1/chat/completions/", 401, "/v1/chat/completions"},
		{"//v1//chat/completions", 401, "/v1/chat/completions"},
		{"/openai/v1/chat/completions", 401, "/openai/v1/chat/completions"},
		{"/v1/models/gpt-4o", 404, "/v1/models/{id}"},
		{"/v1beta/models/gemini-1.5-pro:streamGenerateContent", 200, "/v1beta/models/{id}:streamGenerateContent"},
		{"/v1beta/models/gemini-1.5-pro:dropTables", 200, "/v1beta/models/{id}"},
		{"/v1/projects/p/locations/us-central1/publishers/google/models/gemini:rawPredict", 200,
			"/v1/projects/{id}/locations/{id}/publishers/{id}/models/{id}:rawPredict"},
		{"/model/anthropic.claude-v2%3A1/converse-stream", 200, "/model/{id}/converse-stream"},
		{"/openai/deployments/my-gpt4/chat/completions", 200, "/openai/deployments/{id}/chat/completions"},
		{"/v1/threads/thread_abc/runs/run_1/steps", 200, "/v1/threads/{id}/runs/{id}/steps"},
		{"/v1/threads/runs", 200, "/v1/threads/runs"},
		{"/agents/john@example.com/run", 403, "/agents/{id}/run"},
		{"/", 200, "/"},
		{"", 200, "/"},
		{"/v1/files/file-abc;jsessionid=1", 200, "/v1/files/{id}"},
		// No template fits.
		{"/shop/orders/12345/items", 200, "/shop/orders/{id}/items"},
		{"/shop/orders/2f6946328ffc4946b8c9120704a4a155", 500, "/shop/orders/{id}"},
		{"/users/99789635-18d0-480f-8182-a3a3c477a6a4/avatar.png", 200, "/users/{id}/avatar.png"},
		{"/api/v2beta1/oauth2/x", 200, "/api/v2beta1/oauth2/x"},
		{"/users/john%40example.com", 200, "/users/{id}"},
		{"/a/b/c/d/e/f/g/h/i/j", 200, "/a/b/c/d/e/f/g/h/{rest}"},
		{"/wp-login.php", 404, Other},
		{"/.env", 403, Other},
		{"/api/made/up", 401, Other},
		{"/api/made/up", 429, "/api/made/up"},
		{"/files/xkcdqrstvw", 200, "/files/{id}"},
	} {
		if got := e.route(c.path, c.status); got != c.want {
			t.Errorf("route(%q, %d) = %q, want %q", c.path, c.status, got, c.want)
		}
	}
}

// TestRouteCardinality holds that whoever tries out paths makes one route, and
// that drawn names under a served path make few.
func TestRouteCardinality(t *testing.T) {
	e := newEnricher(t, Config{})
	rng := rand.New(rand.NewPCG(1, 2))
	drawn := func() string {
		b := make([]byte, 16)
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[rng.IntN(36)]
		}
		return string(b)
	}
	refused, served := map[string]bool{}, map[string]bool{}
	for range 20000 {
		refused[e.route(fmt.Sprintf("/%s/%s", drawn(), drawn()), 404)] = true
		served[e.route("/files/"+drawn(), 200)] = true
	}
	if len(refused) != 1 {
		t.Errorf("%d routes from refused paths", len(refused))
	}
	if len(served) > 200 {
		t.Errorf("%d routes from drawn names", len(served))
	}
}

// TestRouteIsTheSameOnEveryWorker holds that what was read before does not count.
func TestRouteIsTheSameOnEveryWorker(t *testing.T) {
	a, b := newEnricher(t, Config{}), newEnricher(t, Config{})
	for i := range 5000 {
		a.route(fmt.Sprintf("/noise%d/x", i), 200)
	}
	for _, p := range []string{"/shop/orders/1", "/v1/messages", "/nonsense/word"} {
		if x, y := a.route(p, 200), b.route(p, 200); x != y {
			t.Errorf("%s is %s here and %s there", p, x, y)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	e := newEnricher(b, Config{})
	for _, p := range []string{"/v1/chat/completions", "/openai/deployments/gpt4/chat/completions", "/shop/orders/12345/items"} {
		b.Run(p[1:5], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.route(p, 200)
			}
		})
	}
}
