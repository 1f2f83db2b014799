package enrich

import (
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/enrich/shape"
)

// maxSegments is how many segments of a template are compared.
const maxSegments = 16

// Other is the route of a path that no template fits and that the gateway or
// the upstream refused: whoever tries out paths does not make routes.
const Other = "{other}"

// known are the paths of the AI APIs, the gateways and what stands beside them.
// {id} fits one segment; behind ':' stands a verb. They may be mounted below one
// of mounts.
const known = `
/v1/chat/completions /v1/completions /v1/embeddings /v1/messages /v1/messages/count_tokens /v1/messages/batches
/v1/messages/batches/{id} /v1/messages/batches/{id}/results /v1/messages/batches/{id}/cancel /v1/complete
/v1/responses /v1/responses/{id} /v1/responses/{id}/cancel /v1/responses/{id}/input_items
/v1/models /v1/models/{id} /v1/moderations /v1/rerank /v2/rerank /v1/chat /v2/chat /v1/embed /v2/embed /v1/classify
/v1/images/generations /v1/images/edits /v1/images/variations /v1/audio/speech /v1/audio/transcriptions
/v1/audio/translations /v1/realtime /v1/realtime/sessions /v1/files /v1/files/{id} /v1/files/{id}/content
/v1/uploads /v1/uploads/{id} /v1/uploads/{id}/parts /v1/uploads/{id}/complete
/v1/fine_tuning/jobs /v1/fine_tuning/jobs/{id} /v1/fine_tuning/jobs/{id}/cancel /v1/fine_tuning/jobs/{id}/events
/v1/fine_tuning/jobs/{id}/checkpoints /v1/batches /v1/batches/{id} /v1/batches/{id}/cancel
/v1/assistants /v1/assistants/{id} /v1/threads /v1/threads/{id} /v1/threads/runs /v1/threads/{id}/messages
/v1/threads/{id}/messages/{id} /v1/threads/{id}/runs /v1/threads/{id}/runs/{id} /v1/threads/{id}/runs/{id}/steps
/v1/threads/{id}/runs/{id}/cancel /v1/threads/{id}/runs/{id}/submit_tool_outputs
/v1/vector_stores /v1/vector_stores/{id} /v1/vector_stores/{id}/files /v1/vector_stores/{id}/files/{id}
/v1/vector_stores/{id}/search /v1/conversations /v1/conversations/{id} /v1/conversations/{id}/items
/v1/organization/{id} /v1/organization/{id}/{id} /v1/engines/{id}/completions /v1/engines/{id}/embeddings
/v1/models/{id}:{verb} /v1beta/models /v1beta/models/{id} /v1beta/models/{id}:{verb} /v1alpha/models/{id}:{verb}
/v1beta/openai/chat/completions /v1beta/files /v1beta/files/{id} /v1beta/cachedContents /v1beta/cachedContents/{id}
/v1/projects/{id}/locations/{id}/publishers/{id}/models/{id}:{verb}
/v1beta1/projects/{id}/locations/{id}/publishers/{id}/models/{id}:{verb}
/v1/projects/{id}/locations/{id}/endpoints/{id}:{verb}
/model/{id}/invoke /model/{id}/invoke-with-response-stream /model/{id}/converse /model/{id}/converse-stream
/deployments/{id}/chat/completions /deployments/{id}/completions /deployments/{id}/embeddings
/deployments/{id}/images/generations /deployments/{id}/audio/transcriptions /deployments/{id}/responses
/chat/completions /completions /embeddings /messages /responses /models /models/{id} /moderations
/api/chat /api/generate /api/embeddings /api/embed /api/tags /api/show /api/pull /api/version
/v1/mcp /mcp /sse /v1/predictions /v1/predictions/{id} /v1/tokenize /tokenize /v1/search
/key/generate /key/update /key/delete /key/info /key/list /user/new /user/info /team/new /team/info /spend/logs
/global/spend /model/info /v1/model/info /health /health/liveliness /health/readiness /healthz /livez /readyz /ready
/ping /status /metrics /login /logout /signin /oauth/token /oauth/authorize /oauth2/token /token /auth/login
/api/login /api/auth/login /v1/auth/login /api/v1/login /graphql /favicon.ico /robots.txt / /docs /openapi.json`

// mounts are the first segments below which gateways mount the known paths.
var mounts = []string{"openai", "anthropic", "azure", "bedrock", "vertex", "vertex_ai", "vertex-ai", "gemini", "google", "mistral",
	"cohere", "groq", "xai", "deepseek", "perplexity", "together", "fireworks", "openrouter", "ollama", "litellm", "proxy",
	"llm", "ai", "genai", "api", "gateway", "inference", "v1", "chat"}

// verbs are what stands behind ':' in the paths of Google's APIs.
var verbs = []string{"generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents",
	"predict", "rawPredict", "streamRawPredict", "serverStreamingPredict", "generateMessage", "generateText",
	"predictLongRunning", "computeTokens", "batchGenerateContent"}

// templates is a tree of templates by their segments.
type templates struct {
	next map[string]*templates
	// any is where {id} leads, verb where {id}:{verb} ends.
	any    *templates
	verb   bool
	exists bool
}

func newTemplates(own []string) *templates {
	root := &templates{}
	for _, r := range own {
		root.add(strings.Split(strings.Trim(r, "/"), "/"))
	}
	for _, r := range strings.Fields(known) {
		root.add(strings.Split(r[1:], "/"))
	}
	return root
}

func (t *templates) add(segments []string) {
	for _, s := range segments {
		switch {
		case s == "{id}:{verb}":
			t.verb = true
			return
		case strings.HasPrefix(s, "{"):
			if t.any == nil {
				t.any = &templates{}
			}
			t = t.any
		default:
			if t.next == nil {
				t.next = map[string]*templates{}
			}
			if t.next[s] == nil {
				t.next[s] = &templates{}
			}
			t = t.next[s]
		}
	}
	t.exists = true
}

// route returns the route of a path as a client sent it. It depends on nothing
// but its arguments. The result is valid until the next call.
func (e *Enricher) route(path string, status uint16) string {
	if i := strings.IndexAny(path, "?#;"); i >= 0 {
		path = path[:i]
	}
	if e.match(path) || e.mounted(path) {
		return view(e.buf)
	}
	if status >= 400 && status < 500 && status != 408 && status != 429 {
		return Other
	}
	e.buf = shape.Append(e.buf[:0], path)
	return view(e.buf)
}

// mounted tries the templates below a mount.
func (e *Enricher) mounted(path string) bool {
	segment, rest := shape.Cut(path)
	for _, m := range mounts {
		if m == segment && rest != "" {
			if !e.match(rest) {
				return false
			}
			n := len(m) + 1
			e.buf = append(e.buf, make([]byte, n)...)
			copy(e.buf[n:], e.buf[:len(e.buf)-n])
			e.buf[0] = '/'
			copy(e.buf[1:], m)
			return true
		}
	}
	return false
}

// match sets buf to the template that fits the path, if there is one.
func (e *Enricher) match(path string) bool {
	t := e.now.routes
	e.buf = e.buf[:0]
	for depth := 0; ; depth++ {
		segment, rest := shape.Cut(path)
		if segment == "" {
			if depth == 0 {
				e.buf = append(e.buf, '/')
				return t.next[""] != nil
			}
			return t.exists
		}
		if depth == maxSegments {
			return false
		}
		if next := t.next[segment]; next != nil {
			e.buf = append(append(e.buf, '/'), segment...)
			t, path = next, rest
			continue
		}
		if t.verb {
			if i := strings.LastIndexByte(segment, ':'); i > 0 {
				next, _ := shape.Cut(rest)
				for _, v := range verbs {
					if v == segment[i+1:] && next == "" {
						e.buf = append(append(e.buf, "/{id}:"...), v...)
						return true
					}
				}
			}
		}
		if t.any == nil {
			return false
		}
		e.buf = append(e.buf, "/{id}"...)
		t, path = t.any, rest
	}
}

// view returns b as a string that is valid until b is written again.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
