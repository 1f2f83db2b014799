package apim

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// entry holds what the fields of a record are derived from together.
type entry struct {
	kind                           kind
	api, operation, operationName  string
	subscription, user, product    string
	reason, source                 string
	backend, cache                 string
	modelName, deployment          string
	master                         bool
	request, sent, answer, replied field.Value // bodies: the client's, the backend's
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	e := entry{kind: kindOf(o)}
	for it := o.Members(); it.Next(); {
		if it.Key() != "properties" {
			e.member(it.Key(), it.Value(), r)
		}
	}
	p := o.Get("properties")
	if p.Kind() == field.String {
		// Reading it ends the validity of what strings beside it held, and
		// reading those would end its own.
		e.request, e.sent, e.answer, e.replied = field.Value{}, field.Value{}, field.Value{}, field.Value{}
	}
	for it := p.Unwrap().Members(); it.Next(); {
		e.member(it.Key(), it.Value(), r)
	}
	e.derive(r)
	return r.Path != "" || r.Model != "" || r.Known&schemas.HasStatus != 0 || e.kind == llm || e.kind == mcp
}

// member takes one member of either shape: folded, their names are the same.
func (e *entry) member(name string, v field.Value, r *decode.Record) {
	var lower [32]byte
	if len(name) > len(lower) {
		return
	}
	folded := field.View(field.Fold(lower[:0], name))
	if !e.common(folded, v, r) && !e.exchange(folded, v, r) {
		e.call(folded, v, r)
	}
}

// common takes what all logs have, and who called.
func (e *entry) common(name string, v field.Value, r *decode.Record) bool {
	switch name {
	case "time", "timegenerated":
		r.SetTime(v.Text())
	case "correlationid":
		r.RequestID = v.Text()
	case "resourceid":
		id := v.Text()
		r.Gateway = id[strings.LastIndexByte(id, '/')+1:]
	case "operationname":
		e.operationName = v.Text()
	case "durationms", "totaltime":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Milliseconds)
	case "calleripaddress":
		if s := v.Text(); !strings.Contains(s, "*") { // Azure OpenAI masks the last part
			r.Peer = s
		}
	case "apimsubscriptionid":
		e.subscription = v.Text()
	case "userid":
		e.user = v.Text()
	case "objectid":
		e.user = v.Text()
	case "productid":
		e.product = v.Text()
	case "workspaceid":
		r.Tenant = v.Text()
	case "ismastertrace":
		e.master, _ = v.Bool()
	default:
		return false
	}
	return true
}

// exchange takes the request, the response and what went wrong.
func (e *entry) exchange(name string, v field.Value, r *decode.Record) bool {
	switch name {
	case "method":
		if e.kind != mcp {
			r.Method = v.Text()
		}
	case "url":
		if s := v.Text(); s != "" {
			r.SetTarget(s)
		}
	case "responsecode", "resultsignature":
		r.SetStatus(v.Text())
	case "requestsize", "requestlength":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "responsesize", "responselength":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "clienttlsversion":
		r.SetTLS(v.Text())
	case "requestheaders":
		r.ReadRequestHeaders(v.Unwrap())
		if r.Presented == decode.PresentedNone { // only the chosen ones are logged
			r.Presented = decode.PresentedUnknown
		}
	case "responseheaders":
		r.ReadResponseHeaders(v.Unwrap())
	case "apiid":
		e.api = v.Text()
	case "operationid":
		e.operation = v.Text()
	case "cache":
		e.cache = v.Text()
	case "backendresponsecode":
		e.backend = v.Text()
	case "backendtime":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Milliseconds)
	case "backendurl":
		if p := providerOf(v.Text()); p != "" {
			r.Provider = p
		}
	case "lasterrorreason":
		e.reason = v.Text()
	case "lasterrorsource":
		e.source = v.Text()
	case "lasterror":
		e.reason, e.source = v.Get("reason").Text(), v.Get("source").Text()
	case "lasterrormessage":
		if v.Text() != "" {
			r.Dropped++
		}
	default:
		return false
	}
	return true
}

// call takes what is known of a call to a model or a tool.
func (e *entry) call(name string, v field.Value, r *decode.Record) {
	switch name {
	case "modelname":
		e.modelName = v.Text()
	case "deploymentname", "modeldeploymentname":
		e.deployment = v.Text()
	case "prompttokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "completiontokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "promptcachedtokens":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "isstreamcompletion":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "streamtype":
		if s := v.Text(); s != "" {
			r.Stream = strings.EqualFold(s, "Streaming")
			r.Known |= schemas.HasStream
		}
	case "requestmessages":
		r.ReadMessages(v.Unwrap())
	case "responsemessages":
		if v.Len() > 0 || v.Text() != "" {
			r.Dropped++
		}
	case "toolname":
		r.Tool = v.Text()
	case "requestbody":
		e.request = v
	case "backendrequestbody":
		e.sent = v
	case "responsebody":
		e.answer = v
	case "backendresponsebody":
		e.replied = v
	}
}

// providerOf tells the provider by the host of the backend's URL.
func providerOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	for _, p := range [...]struct{ suffix, provider string }{
		{".openai.azure.com", "azure.ai.openai"},
		{".cognitiveservices.azure.com", "azure.ai.openai"},
		{".services.ai.azure.com", "azure.ai.inference"},
		{"api.openai.com", "openai"},
		{"api.anthropic.com", "anthropic"},
		{"api.mistral.ai", "mistral_ai"},
		{"generativelanguage.googleapis.com", "gcp.gemini"},
		{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	} {
		if strings.HasSuffix(host, p.suffix) {
			return p.provider
		}
	}
	return ""
}
