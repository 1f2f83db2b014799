package gateway

import (
	"strconv"
	"time"
)

// appendLiteLLM appends a StandardLoggingPayload of LiteLLM.
func (r *Record) appendLiteLLM(b []byte) []byte {
	svc, failed := r.Service, r.Status >= 400
	end := r.Time + int64(r.Latency)
	b = appendUUID(append(b, `{"id":"chatcmpl-`...), r.ID)
	b = appendUUID(append(b, `","trace_id":null,"litellm_call_id":"`...), r.ID)
	b = append(append(b, `","call_type":"`...), svc.Name...)
	b = strconv.AppendBool(append(b, `","cache_hit":null,"stream":`...), r.Stream)
	if failed {
		b = append(b, `,"status":"failure"`...)
	} else {
		b = append(b, `,"status":"success"`...)
	}
	b = append(append(b, `,"custom_llm_provider":"`...), svc.Provider...)
	b = r.appendEpoch(append(b, `","saved_cache_cost":0.0,"startTime":`...), r.Time)
	b = r.appendEpoch(append(b, `,"endTime":`...), end)
	b = r.appendEpoch(append(b, `,"completionStartTime":`...), r.Time+(end-r.Time)/4)
	b = strconv.AppendFloat(append(b, `,"response_time":`...), r.Latency.Seconds(), 'f', -1, 64)
	b = append(append(b, `,"model":"`...), r.Model()...)
	b = append(b, `","metadata":{"user_api_key_hash":`...)
	b = appendString(b, r.Principal)
	b = append(append(b, `,"user_api_key_alias":"`...), r.tenant()...)
	b = append(append(b, `-key","user_api_key_team_id":"`...), r.tenant()...)
	b = append(append(b, `","user_api_key_org_id":null,"user_api_key_user_id":null,"user_api_key_team_alias":"`...), r.tenant()...)
	b = append(b, `","user_api_key_user_email":null,"spend_logs_metadata":null,"requester_ip_address":"`...)
	b = r.Client.AppendTo(b)
	b = append(b, `","requester_metadata":null,"user_api_key_end_user_id":`...)
	b = appendString(b, r.EndUser)
	if svc.Routed {
		b = appendString(append(b, `,"user_api_key_request_route":`...), r.Path)
	}
	b = append(b, `,"prompt_management_metadata":null,"applied_guardrails":[],"mcp_tool_call_metadata":null,"vector_store_request_metadata":null,"guardrail_information":null}`...)
	b = strconv.AppendFloat(append(b, `,"cache_key":null,"response_cost":`...), r.Cost(), 'g', -1, 64)
	b = appendInt(b, `,"total_tokens":`, r.Input+r.Output)
	b = appendInt(b, `,"prompt_tokens":`, r.Input)
	b = appendInt(b, `,"completion_tokens":`, r.Output)
	b = append(b, `,"request_tags":[],"end_user":`...)
	b = appendString(b, r.EndUser)
	b = append(append(b, `,"api_base":"https://llm.example.com/v1","model_group":"`...), r.Model()...)
	b = AppendHex(append(b, `","model_id":"`...), svc.ID)
	b = r.Client.AppendTo(append(b, `","requester_ip_address":"`...))
	b = appendString(append(b, `","user_agent":`...), r.UserAgent)
	b = append(b, `,"messages":`...)
	if r.Withheld {
		b = append(b, `"redacted-by-litellm"`...)
	} else {
		b = r.appendMessages(b)
	}
	b = append(b, `,"response":`...)
	if failed {
		b = append(b, `{}`...)
	} else {
		b = r.appendResponse(b, end)
	}
	b = r.appendParameters(append(b, `,"model_parameters":`...))
	b = append(b, `,"hidden_params":{"model_id":null,"cache_key":null,"api_base":"https://llm.example.com/v1","response_cost":null,"additional_headers":{},"litellm_overhead_time_ms":1.2,"batch_models":null,"litellm_model_name":"`...)
	b = append(append(b, r.Model()...), `"},"error_str":`...)
	if failed {
		b = r.appendError(b)
	} else {
		b = append(b, `null,"error_information":{"error_code":"","error_class":"","llm_provider":"","traceback":"","error_message":""}`...)
	}
	b = append(b, `,"response_cost_failure_debug_info":null,"guardrail_information":`...)
	switch {
	case r.Blocked == InputBlocked:
		b = append(b, `[{"guardrail_name":"prompt-shield","guardrail_mode":"pre_call","guardrail_status":"guardrail_intervened"}]`...)
	case r.Blocked == OutputBlocked:
		b = append(b, `[{"guardrail_name":"answer-shield","guardrail_mode":"post_call","guardrail_status":"guardrail_intervened"}]`...)
	case svc.Guarded && !failed:
		b = append(b, `[{"guardrail_name":"prompt-shield","guardrail_mode":"pre_call","guardrail_status":"success"}]`...)
	default:
		b = append(b, `null`...)
	}
	return append(b, `,"standard_built_in_tools_params":{"web_search_options":null,"file_search":null}}`...)
}

// appendEpoch appends a time as the type of the payload says, in seconds, or
// as a string without a zone, as some of LiteLLM's loggers write it.
func (r *Record) appendEpoch(b []byte, at int64) []byte {
	if r.Service.Load.Prompt == RagPrompt {
		b = time.Unix(0, at).UTC().AppendFormat(append(b, '"'), "2006-01-02 15:04:05.000000")
		return append(b, '"')
	}
	b = strconv.AppendInt(b, at/1e9, 10)
	us := at / 1e3 % 1e6
	b = append(b, '.')
	for unit := int64(100000); unit > 0; unit /= 10 {
		b = append(b, '0'+byte(us/unit%10))
	}
	return b
}

// appendResponse appends the model's answer.
func (r *Record) appendResponse(b []byte, end int64) []byte {
	b = appendUUID(append(b, `{"id":"chatcmpl-`...), r.ID)
	b = appendInt(b, `","created":`, end/1e9)
	b = append(append(b, `,"model":"`...), r.Model()...)
	b = append(b, `","object":"chat.completion","system_fingerprint":null,"choices":[{"finish_reason":"`...)
	switch {
	case r.Finish != "":
		b = append(b, r.Finish...)
	case r.Unset&MaxTokens == 0 && r.Output >= int64(r.MaxTokens):
		b = append(b, `length`...)
	default:
		b = append(b, `stop`...)
	}
	b = append(b, `","index":0,"message":{"content":"`...)
	if answer := (Prompt{Kind: FreePrompt, Seed: r.Prompt.Seed + 77, Length: int(min(r.Output*4, 400))}); r.Withheld {
		b = append(b, `redacted-by-litellm`...)
	} else {
		b = answer.appendTo(b)
	}
	b = append(b, `","role":"assistant","tool_calls":null,"function_call":null,"provider_specific_fields":null}}],"usage":{"completion_tokens":`...)
	b = strconv.AppendInt(b, r.Output, 10)
	b = appendInt(b, `,"prompt_tokens":`, r.Input)
	b = appendInt(b, `,"total_tokens":`, r.Input+r.Output)
	b = appendInt(b, `,"completion_tokens_details":{"reasoning_tokens":`, r.Reasoning)
	b = appendInt(b, `},"prompt_tokens_details":{"cached_tokens":`, r.Cached)
	return append(b, `}}}`...)
}

// appendParameters appends the parameters as the client sent them.
func (r *Record) appendParameters(b []byte) []byte {
	b = append(b, '{')
	b = r.appendSampling(b)
	b = r.appendExtras(b)
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, '}')
}

// appendSampling appends the parameters that most clients send, each with a
// comma behind it.
func (r *Record) appendSampling(b []byte) []byte {
	if r.Unset&Temperature == 0 {
		b = strconv.AppendFloat(append(b, `"temperature":`...), r.Temperature, 'g', -1, 64)
		b = append(b, ',')
	}
	if r.Unset&MaxTokens == 0 {
		b = append(appendInt(b, `"max_tokens":`, int64(r.MaxTokens)), ',')
	}
	if r.Unset&Stream == 0 {
		b = append(strconv.AppendBool(append(b, `"stream":`...), r.Stream), ',')
	}
	return b
}

// appendExtras appends the parameters that few clients send, each with a comma
// behind it.
func (r *Record) appendExtras(b []byte) []byte {
	if r.Choices > 0 {
		b = append(appendInt(b, `"n":`, int64(r.Choices)), ',')
	}
	if r.TopLogprobs > 0 {
		b = append(appendInt(b, `"logprobs":true,"top_logprobs":`, int64(r.TopLogprobs)), ',')
	}
	if r.LogitBias > 0 {
		b = append(b, `"logit_bias":{`...)
		for i := range r.LogitBias {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendInt(b, `"`, int64(1000+17*i))
			b = append(b, `":100`...)
		}
		b = append(b, `},`...)
	}
	if r.Offered > 0 {
		b = append(b, `"tools":[`...)
		for i := range r.Offered {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendInt(b, `{"type":"function","function":{"name":"tool_`, int64(i))
			b = append(b, `"}}`...)
		}
		b = append(b, `],`...)
	}
	return b
}

// appendError appends why the call failed: the provider's or the gateway's.
func (r *Record) appendError(b []byte) []byte {
	class := "ServiceUnavailableError"
	switch r.Status {
	case 401:
		class = "AuthenticationError"
	case 429:
		class = "RateLimitError"
	case 400:
		class = "BadRequestError"
		if r.Blocked != NotBlocked {
			class = "ContentPolicyViolationError"
		}
	case 404:
		class = "NotFoundError"
	case 408, 504:
		class = "Timeout"
	}
	b = append(append(b, `"litellm.`...), class...)
	b = appendInt(b, `: the call failed","error_information":{"error_code":"`, int64(r.Status))
	b = append(append(b, `","error_class":"`...), class...)
	b = append(b, `","llm_provider":"`...)
	if r.Upstream != 0 {
		b = append(b, r.Service.Provider...)
	}
	return append(b, `","traceback":"","error_message":"the call failed"}`...)
}
