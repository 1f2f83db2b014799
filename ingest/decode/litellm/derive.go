package litellm

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// errorStatus is the status that LiteLLM's proxy answers with for an exception
// of a class, where the record has no code.
var errorStatus = [...]struct {
	class  string
	status string
}{
	{"AuthenticationError", "401"},
	{"PermissionDeniedError", "403"},
	{"NotFoundError", "404"},
	{"Timeout", "408"},
	{"UnprocessableEntityError", "422"},
	{"RateLimitError", "429"},
	{"BudgetExceededError", "429"},
	{"BadRequestError", "400"},
	{"ContextWindowExceededError", "400"},
	{"ContentPolicyViolationError", "400"},
	{"UnsupportedParamsError", "400"},
	{"InternalServerError", "500"},
	{"APIConnectionError", "500"},
	{"APIError", "500"},
	{"BadGatewayError", "502"},
	{"ServiceUnavailableError", "503"},
}

// readError takes the status of a failed call from the code of its error, or
// its class. An error that names a provider came from there; one that does not
// is the proxy's own. Message and traceback may hold the prompt.
func readError(e field.Value, r *decode.Record) {
	var class, code, provider, message string
	for it := e.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "error_code":
			code = text(v)
		case "error_class":
			class = text(v)
		case "llm_provider":
			provider = text(v)
		case "error_message":
			message = text(v)
			r.Dropped += present(v)
		case "traceback":
			r.Dropped += present(v)
		}
	}
	if class == "" && code == "" {
		return
	}
	if _, ok := field.Status(code); !ok {
		code = ""
		for i := range errorStatus {
			if errorStatus[i].class == class {
				code = errorStatus[i].status
			}
		}
	}
	r.SetStatus(code)
	r.Responder = schemas.ResponderGateway
	if provider != "" {
		r.Responder = schemas.ResponderUpstream
		r.SetUpstreamStatus(code)
		return
	}
	readRefusal(message, r)
}

// readRefusal reads why the proxy refused a key. Its messages begin with
// "Authentication Error"; an expired key has status 400 in many versions.
func readRefusal(message string, r *decode.Record) {
	message, ok := strings.CutPrefix(message, "Authentication Error")
	if !ok {
		return
	}
	switch {
	case strings.HasPrefix(message, " - Expired Key"):
		r.AuthReason = schemas.ReasonExpired
	case strings.HasPrefix(message, ", No api key"):
		r.AuthReason = schemas.ReasonMissing
	case strings.HasPrefix(message, ", Invalid proxy server token"), strings.HasPrefix(message, ", Malformed API Key"):
		r.AuthReason = schemas.ReasonInvalid
	default:
		return
	}
	r.Auth = schemas.AuthFailure
}

// operationOf returns the operation of a call type and the route of the proxy's
// API that such calls come in by: the path itself is not logged. The asynchronous types have an "a" in front.
func operationOf(callType string) (operation, route string) {
	switch callType {
	case "completion", "acompletion":
		return "chat", "/v1/chat/completions"
	case "anthropic_messages":
		return "chat", "/v1/messages"
	case "responses", "aresponses":
		return "chat", "/v1/responses"
	case "text_completion", "atext_completion":
		return "text_completion", "/v1/completions"
	case "embedding", "aembedding":
		return "embeddings", "/v1/embeddings"
	case "generate_content", "agenerate_content", "generate_content_stream", "agenerate_content_stream":
		return "generate_content", ""
	case "image_generation", "aimage_generation":
		return "image_generation", "/v1/images/generations"
	case "transcription", "atranscription":
		return "transcription", "/v1/audio/transcriptions"
	case "speech", "aspeech":
		return "speech", "/v1/audio/speech"
	case "moderation", "amoderation":
		return "moderation", "/v1/moderations"
	case "rerank", "arerank":
		return "rerank", "/v1/rerank"
	case "call_mcp_tool":
		return "execute_tool", ""
	}
	return "", ""
}
