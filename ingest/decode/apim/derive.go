package apim

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

func (e *entry) derive(r *decode.Record) {
	r.Principal = first(e.subscription, e.user)
	if r.Principal == "" && e.master {
		r.Principal = "master" // the built-in subscription to all APIs
	}
	r.Principal = first(r.Principal, e.product)
	if r.Tenant == "" {
		r.Tenant = e.product
	}
	if r.Route = first(e.operation, e.api); e.kind == model {
		r.Route = e.operationName
	}
	e.bodies(r)
	e.model(r)
	if e.kind == gateway || e.kind == other {
		e.responder(r)
		e.refusal(r)
	}
}

// responder tells who answered: the backend, if the client got its status.
func (e *entry) responder(r *decode.Record) {
	r.SetUpstreamStatus(e.backend)
	switch {
	case r.Known&schemas.HasStatus == 0:
	case e.cache != "hit" && r.Known&schemas.HasUpstreamStatus != 0 && r.UpstreamStatus == r.Status:
		r.Responder = schemas.ResponderUpstream
	default:
		r.Responder = schemas.ResponderGateway
	}
}

// refusal reads why API Management refused a request. The reasons are those of
// learn.microsoft.com/azure/api-management/api-management-error-handling-policies;
// validate-azure-ad-token has sentences in their place.
func (e *entry) refusal(r *decode.Record) {
	switch e.source {
	case "llm-content-safety":
		r.Guard(schemas.GuardrailInputBlocked)
		r.NotAuth = true
	case "rate-limit", "rate-limit-by-key", "quota", "quota-by-key", "llm-token-limit", "azure-openai-token-limit", "ip-filter":
		r.NotAuth = true
	}
	switch e.reason {
	case "":
	case "SubscriptionKeyNotFound", "TokenNotFound", "HeaderNotFound":
		r.AuthReason = schemas.ReasonMissing
	case "SubscriptionKeyInvalid", "TokenSignatureInvalid", "TokenSignatureKeyNotFound", "TokenAudienceNotAllowed",
		"TokenIssuerNotAllowed", "HeaderValueNotAllowed":
		r.AuthReason = schemas.ReasonInvalid
	case "TokenExpired":
		r.AuthReason = schemas.ReasonExpired
	case "TokenClaimNotFound", "TokenClaimValueNotAllowed":
		r.AuthReason = schemas.ReasonForbidden
	case "RateLimitExceeded", "QuotaExceeded", "OperationNotFound", "CallerIpNotAllowed", "CallerIpBlocked", "FailedToParseCallerIP":
		r.NotAuth = true
	default:
		switch {
		case strings.Contains(e.reason, "expired"):
			r.AuthReason = schemas.ReasonExpired
		case strings.HasPrefix(e.reason, "Invalid JWT"):
			r.AuthReason = schemas.ReasonInvalid
		}
	}
}

// bodies reads the bodies, which are logged up to 8,192 bytes: one that was cut
// off is no JSON, and counts as left out.
func (e *entry) bodies(r *decode.Record) {
	if e.request.Text() == "" {
		e.request = e.sent
	}
	if e.answer.Text() == "" {
		e.answer = e.replied
	}
	if body := e.request.Unwrap(); body.Kind() == field.Object {
		r.ReadRequestBody(body)
	} else if e.request.Text() != "" {
		r.Dropped++
	}
	if body := e.answer.Unwrap(); body.Kind() == field.Object {
		r.ReadResponseBody(body)
	} else if e.answer.Text() != "" {
		r.Dropped++
	}
}

// model sets what a call to a model is derived from.
func (e *entry) model(r *decode.Record) {
	r.Model = first(e.modelName, r.Model, e.deployment, deploymentOf(r.Path))
	if e.kind == llm && r.Known&schemas.HasCachedTokens != 0 && r.Known&schemas.HasInputTokens != 0 &&
		(r.CachedTokens > r.InputTokens || strings.HasPrefix(r.Model, "claude")) {
		// Anthropic's prompt leaves out what came from the cache.
		r.InputTokens = min(r.InputTokens+r.CachedTokens, field.MaxCount)
	}
	if r.Operation = decode.OperationOf(r.Path); r.Operation != "" {
		return
	}
	switch first(e.operation, e.operationName) {
	case "ChatCompletions_Create":
		r.Operation = "chat"
	case "Completions_Create":
		r.Operation = "text_completion"
	case "Embeddings_Create":
		r.Operation = "embeddings"
	}
	switch {
	case e.kind == mcp:
		r.Operation = "execute_tool"
	case e.kind == llm && r.OutputTokens > 0:
		r.Operation = "chat"
	}
	if e.kind == model && r.Model != "" {
		r.Provider = "azure.ai.openai"
	}
}

// deploymentOf returns the deployment that a path of Azure OpenAI's names.
func deploymentOf(path string) string {
	_, rest, ok := strings.Cut(path, "/deployments/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
