package apisix

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// counts are the token counts of a call, as ai-proxy sums them up.
type counts struct{ prompt, read, written int64 }

// summary reads what ai-proxy logs with logging.summaries. Its members are
// nginx variables: numbers and truths may be strings, and "0", "false" and ""
// stand for what was never set.
func (e *entry) summary(v field.Value, r *decode.Record) {
	var asked, model string
	var c counts
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "request_model":
			asked = m.Text()
		case "model":
			model = m.Text()
		case "prompt_tokens":
			c.prompt = e.tokens(schemas.HasInputTokens, &r.InputTokens, m, r)
		case "completion_tokens":
			e.tokens(schemas.HasOutputTokens, &r.OutputTokens, m, r)
		case "cache_read_input_tokens":
			c.read = e.tokens(schemas.HasCachedTokens, &r.CachedTokens, m, r)
		case "cache_creation_input_tokens":
			c.written, _ = field.Int(m.Text(), field.MaxCount)
		case "reasoning_tokens":
			e.tokens(schemas.HasReasoningTokens, &r.ReasoningTokens, m, r)
		case "upstream_response_time":
			e.took = m
		case "stream":
			r.Flag(schemas.HasStream, &r.Stream, m)
		case "tool_count":
			e.count(schemas.HasTools, &r.Tools, m, r)
		case "end_user_id":
			r.EndUser = m.Text()
		case "content_risk_level":
			e.risk = m.Text()
		}
	}
	if model == "" {
		model = asked
	}
	if model != "" {
		r.Model = model
	}
	c.apply(r)
}

// apply makes InputTokens what was sent. ai-proxy takes the providers' counts
// as they are: Anthropic's prompt leaves out what came from the cache and what
// went into it, OpenAI's does not, and OpenAI has no count of the latter.
func (c counts) apply(r *decode.Record) {
	if r.Known&schemas.HasInputTokens != 0 && (c.written > 0 || c.read > c.prompt) {
		r.InputTokens = min(c.prompt+c.read+c.written, field.MaxCount)
	}
}

// unset reports whether v is the default of a variable that was never set.
func unset(v field.Value) bool { return v.Kind() == field.String && v.Text() == "0" }

// tokens takes a count of tokens; one above 0 tells that a model answered.
func (e *entry) tokens(bit schemas.FieldSet, to *int64, v field.Value, r *decode.Record) int64 {
	if unset(v) {
		return 0
	}
	r.Count(bit, to, v.Text())
	e.answered = e.answered || *to > 0
	return *to
}

func (e *entry) count(bit schemas.FieldSet, to *int32, v field.Value, r *decode.Record) {
	if !unset(v) {
		r.Small(bit, to, v.Text())
	}
}

// upstreamTime reads the upstream's time where upstream_latency is not there.
// ai-proxy counts whole milliseconds; before it was fixed, what was not its
// own had nginx's variable, in seconds with three decimals. So a fraction is
// seconds, unless that is longer than the request took; what is longer in either
// unit is not believed.
func (e *entry) upstreamTime(r *decode.Record) {
	if r.Known&schemas.HasUpstreamLatency != 0 || e.took.Kind() == field.None || unset(e.took) {
		return
	}
	setUpstreamTime(e.took.List(), r)
}

// slackNS is how much longer than the request its upstream may seem to take:
// nginx measures the two by different clocks.
const slackNS = 10_000_000

func setUpstreamTime(s string, r *decode.Record) {
	units := []field.Unit{field.Milliseconds}
	if strings.Contains(s, ".") {
		units = []field.Unit{field.Seconds, field.Milliseconds}
	}
	for _, unit := range units {
		ns, ok := field.SumDuration(s, unit)
		if ok && (r.Known&schemas.HasLatency == 0 || ns <= r.LatencyNS+slackNS) {
			r.UpstreamLatencyNS = ns
			r.Known |= schemas.HasUpstreamLatency
			return
		}
	}
}

// custom reads a log_format of the user's, whose members have the names of the
// variables: nginx's, with times in seconds, and APISIX's.
func (e *entry) custom(name string, v field.Value, r *decode.Record) {
	switch name {
	case "time_iso8601", "time_local", "msec", "time", "timestamp", "@timestamp":
		if r.Time == 0 {
			r.SetTime(v.Text())
		}
	case "remote_addr":
		r.Peer = v.Text()
	case "http_x_forwarded_for":
		r.Forwarded = v.List()
	case "host", "http_host":
		r.Host = v.Text()
	case "method", "request_method":
		r.Method = v.Text()
	case "request_uri", "uri":
		if s := v.Text(); s != "" && (r.Path == "" || name == "request_uri") {
			r.SetTarget(s)
		}
	case "status":
		r.SetStatus(v.Text())
	case "upstream_addr":
		e.upstream, e.servers = v.List(), true
	case "upstream_status":
		r.SetUpstreamStatus(v.List())
	case "request_time":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Seconds)
	case "upstream_response_time", "apisix_upstream_response_time":
		e.took = v
	case "request_length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "bytes_sent", "body_bytes_sent":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "http_user_agent":
		r.UserAgent = v.Text()
	case "apisix_request_id", "request_id":
		r.RequestID = v.Text()
	case "consumer_name", "remote_user":
		setPrincipal(v.Text(), r)
	case "consumer_group_id":
		r.Tenant = v.Text()
	case "request_type":
		setType(v.Text(), r)
	case "request_llm_model":
		if r.Model == "" {
			r.Model = v.Text()
		}
	case "llm_model":
		if s := v.Text(); s != "" {
			r.Model = s
		}
	case "llm_prompt_tokens":
		e.tokens(schemas.HasInputTokens, &r.InputTokens, v, r)
	case "llm_completion_tokens":
		e.tokens(schemas.HasOutputTokens, &r.OutputTokens, v, r)
	case "llm_cache_read_input_tokens":
		e.tokens(schemas.HasCachedTokens, &r.CachedTokens, v, r)
	case "llm_reasoning_tokens":
		e.tokens(schemas.HasReasoningTokens, &r.ReasoningTokens, v, r)
	case "llm_stream":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "llm_end_user_id":
		r.EndUser = v.Text()
	}
}

// setType reads $request_type.
func setType(s string, r *decode.Record) {
	switch s {
	case "ai_stream", "ai_chat":
		r.Stream = s == "ai_stream"
		r.Known |= schemas.HasStream
	}
}
