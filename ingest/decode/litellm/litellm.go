// Package litellm decodes what LiteLLM's proxy logs of a call: its
// StandardLoggingPayload, and the rows of its spend log.
package litellm

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is either of the two records; most of their members are the same.
var Format = decode.Format{
	Name: "litellm",
	Rules: []decode.Rule{
		{All: []string{"call_type", "startTime"}, Any: []string{"custom_llm_provider", "model_map_information", "hidden_params", "response_cost", "model_parameters"}},
		{All: []string{"call_type"}, Any: []string{"custom_llm_provider", "model_map_information", "hidden_params"}},
		{All: []string{"call_type", "request_id", "spend"}},
	},
	JSON: decodeJSON,
}

// call holds what the fields of a record are derived from together.
type call struct {
	succeeded, failed, cached bool
	end                       string
	callType                  string
	prompt, completion        string // tokens, in OpenAI's sense
	cost                      string // the breakdown's total
	guard                     guard
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var c call
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "id", "litellm_call_id", "request_id":
			if s := text(v); s != "" {
				r.RequestID = s
			}
		case "call_type":
			c.callType = text(v)
		case "startTime":
			r.SetTime(v.Text())
		case "endTime":
			c.end = v.Text()
		case "status":
			c.succeeded = c.succeeded || v.Text() == "success"
			c.failed = c.failed || v.Text() == "failure"
		case "response_time":
			r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Seconds)
		case "custom_llm_provider":
			r.Provider = decode.ProviderOf(text(v))
		case "model":
			r.Model = text(v)
		case "prompt_tokens":
			c.prompt = v.Text()
		case "completion_tokens":
			c.completion = v.Text()
		case "cost_breakdown":
			c.cost = v.Get("total_cost").Text()
		case "cache_hit":
			c.cached, _ = v.Bool()
		case "response_cost", "spend":
			r.SetCost(v.Text())
		case "stream":
			r.Flag(schemas.HasStream, &r.Stream, v)
		case "end_user":
			if s := text(v); s != "" {
				r.EndUser = s
			}
		case "requester_ip_address":
			if s := text(v); s != "" {
				r.Peer = s
			}
		case "user_agent":
			if s := text(v); s != "" {
				r.UserAgent = s
			}
		case "metadata":
			c.readMetadata(v.Unwrap(), r)
		case "api_key", "user", "team_id", "organization_id":
			readSpend(it.Key(), text(v), r)
		case "model_parameters":
			parameters := v.Unwrap()
			r.ReadRequestBody(parameters)
			if s := text(parameters.Get("user")); s != "" && r.EndUser == "" {
				r.EndUser = s
			}
		case "messages":
			if m := v.Unwrap(); m.Kind() != field.None { // the spend log's is JSON in a string
				v = m
			}
			r.ReadMessages(v)
		case "proxy_server_request":
			r.ReadRequestBody(v.Unwrap().Get("body"))
		case "response":
			readResponse(v.Unwrap(), r)
		case "status_fields":
			c.guard.status = v.Get("guardrail_status").Text()
		case "guardrail_information":
			c.guard.read(v, r)
		case "mcp_namespaced_tool_name":
			setTool(v, r)
		case "request_tags":
			readTags(v.Unwrap(), r)
		case "error_str":
			if text(v) != "" {
				r.Dropped++
			}
		case "error_information":
			readError(v, r)
		}
	}
	c.derive(r)
	return c.callType != "" || r.Model != ""
}

// derive sets what the record does not state as such.
func (c *call) derive(r *decode.Record) {
	if c.succeeded {
		r.Status = 200
		r.Known |= schemas.HasStatus
		r.Responder = schemas.ResponderUpstream
		if c.cached { // LiteLLM's own cache: no provider was asked
			r.Responder = schemas.ResponderGateway
		}
	}
	// The provider's own usage, which was read before, may leave cached tokens
	// out of the input (Anthropic's does): LiteLLM's sums have them.
	r.Count(schemas.HasInputTokens, &r.InputTokens, c.prompt)
	r.Count(schemas.HasOutputTokens, &r.OutputTokens, c.completion)
	if r.Known&schemas.HasCost == 0 {
		r.SetCost(c.cost)
	}
	c.guard.judge(c.failed, r)
	if !c.failed && r.Known&schemas.HasStatus != 0 && r.Responder == schemas.ResponderUpstream {
		r.UpstreamStatus = r.Status
		r.Known |= schemas.HasUpstreamStatus
	}
	if end, ok := field.Time(c.end); ok && r.Time > 0 && end >= r.Time && end-r.Time <= maxCall {
		r.LatencyNS = end - r.Time
		r.Known |= schemas.HasLatency
	} else if r.Known&schemas.HasUpstreamLatency != 0 {
		r.LatencyNS = r.UpstreamLatencyNS
		r.Known |= schemas.HasLatency
	}
	var route string
	if r.Operation, route = operationOf(c.callType); r.Path == "" {
		r.Route = route
	}
}

// maxCall is a day: a longer call is a broken clock.
const maxCall = 24 * 3600 * 1_000_000_000

// text returns the text of v unless it is one of LiteLLM's words for none.
func text(v field.Value) string {
	switch s := v.Text(); s {
	case "None", "null", "NOT_PROVIDED":
		return ""
	default:
		return s
	}
}

// readMetadata reads who called; LiteLLM's hash of the virtual key is the
// principal, because every record has it if it has any.
func (c *call) readMetadata(m field.Value, r *decode.Record) {
	var alias, user, team, org string
	for it := m.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "user_api_key_hash", "user_api_key":
			if s := text(v); s != "" {
				r.Principal = s
				r.SetCredential(s)
			}
		case "user_api_key_alias":
			alias = text(v)
		case "user_api_key_user_id":
			user = text(v)
		case "user_api_key_team_alias":
			if s := text(v); s != "" {
				r.Tenant = s
			}
		case "user_api_key_team_id":
			team = text(v)
		case "user_api_key_org_alias", "user_api_key_org_id":
			if org == "" || it.Key() == "user_api_key_org_alias" {
				org = text(v)
			}
		case "user_api_key_request_route":
			if s := text(v); s != "" {
				r.SetTarget(s)
			}
		case "user_api_key_end_user_id":
			if s := text(v); s != "" {
				r.EndUser = s
			}
		case "requester_ip_address":
			if s := text(v); s != "" {
				r.Peer = s
			}
		case "user_agent":
			if s := text(v); s != "" {
				r.UserAgent = s
			}
		case "usage_object", "additional_usage_values":
			r.ReadUsage(v)
		case "cost_breakdown":
			if s := v.Get("total_cost").Text(); s != "" {
				c.cost = s
			}
		case "guardrail_information":
			c.guard.read(v, r)
		case "mcp_tool_call_metadata":
			setTool(v.Get("name"), r)
			r.Dropped += present(v.Get("arguments")) + present(v.Get("result"))
		case "error_information":
			readError(v, r)
		}
	}
	for _, s := range [...]string{team, org} {
		if r.Tenant == "" {
			r.Tenant = s
		}
	}
	if r.Principal == "" {
		r.Principal = alias
	}
	if r.Principal == "" {
		r.Principal = user
	}
}

// readSpend reads the spend log's columns, which are the metadata's fields.
func readSpend(name, s string, r *decode.Record) {
	switch {
	case s == "":
	case name == "api_key":
		r.Principal = s
		r.SetCredential(s)
	case name == "user" && r.Principal == "":
		r.Principal = s
	case (name == "team_id" || name == "organization_id") && r.Tenant == "":
		r.Tenant = s
	}
}

func readResponse(response field.Value, r *decode.Record) {
	if choices := response.Get("choices"); choices.Len() > 0 {
		r.Dropped += int32(choices.Len())
		for it := choices.Members(); it.Next(); {
			if s := text(it.Value().Get("finish_reason")); s != "" {
				r.FinishReason = s
			}
		}
	}
	r.ReadUsage(response.Get("usage"))
}

// setTool takes the name of a tool of the Model Context Protocol.
func setTool(v field.Value, r *decode.Record) {
	if s := text(v); s != "" {
		r.Tool = s
	}
}

// readTags takes the user agent, which LiteLLM puts among a request's tags,
// once by its name alone and then in full.
func readTags(tags field.Value, r *decode.Record) {
	if r.UserAgent != "" {
		return
	}
	for it := tags.Members(); it.Next(); {
		if agent, ok := strings.CutPrefix(it.Value().Text(), "User-Agent: "); ok {
			r.UserAgent = agent
		}
	}
}

// present counts a text that is left out, if there is one.
func present(v field.Value) int32 {
	if v.Text() != "" || v.Len() > 0 {
		return 1
	}
	return 0
}
