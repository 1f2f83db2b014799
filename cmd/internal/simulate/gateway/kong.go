package gateway

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Open makes the service ready under an id: it renders what never changes of
// its records, for Kong the route and the service.
func (s *Service) Open(id uint64) {
	s.ID = id
	if s.Format != Kong {
		return
	}
	uuid := func(n uint64) string { return string(appendUUID(nil, [2]uint64{Mix(s.ID + n), Mix(s.ID - n)})) }
	prefix, _, _ := strings.Cut(s.Path[1:], "/")
	s.static = fmt.Sprintf(`"route":{"updated_at":1790000000,"tags":[],"response_buffering":true,"path_handling":"v0","protocols":["http","https"],`+
		`"service":{"id":"%[1]s"},"https_redirect_status_code":426,"regex_priority":0,"name":"%[2]s","id":"%[3]s","strip_path":true,"preserve_host":false,`+
		`"created_at":1790000000,"request_buffering":true,"ws_id":"%[4]s","paths":["/%[5]s"]},"workspace":"%[4]s","workspace_name":"%[6]s",`+
		`"service":{"write_timeout":60000,"read_timeout":60000,"updated_at":1790000000,"host":"localhost","name":"%[2]s-service","id":"%[1]s","port":32000,`+
		`"enabled":true,"created_at":1790000000,"protocol":"https","ws_id":"%[4]s","connect_timeout":60000,"retries":5}`,
		uuid(1), s.Name, uuid(2), uuid(3), prefix, s.Tenant)
}

// appendKong appends a record of Kong's file-log plugin, 3.9, with the
// statistics of its ai-proxy.
func (r *Record) appendKong(b []byte) []byte {
	when := time.Unix(0, r.Time).UTC()
	total := r.Latency.Milliseconds()
	b = appendInt(b, `{"response":{"size":`, r.ResponseBytes+380)
	b = append(b, `,"headers":{"date":"`...)
	b = when.AppendFormat(b, http.TimeFormat)
	switch {
	case r.Upstream == 0:
		b = append(b, `","content-type":"application/json; charset=utf-8","server":"kong/3.9.1`...)
	case r.Stream:
		b = append(b, `","content-type":"text/event-stream","via":"1.1 kong/3.9.1`...)
	default:
		b = append(b, `","content-type":"application/json","via":"1.1 kong/3.9.1`...)
	}
	b = append(b, `","connection":"keep-alive","x-kong-request-id":"`...)
	b = AppendHex(AppendHex(b, r.ID[0]), r.ID[1])
	switch {
	case r.Status == 401 && r.Upstream == 0:
		b = append(b, `","www-authenticate":"Key`...)
	case r.Status == 429 && r.Upstream == 0:
		b = append(b, `","retry-after":"30","ratelimit-remaining":"0`...)
	}
	b = appendInt(b, `"},"status":`, int64(r.Status))
	b = append(b, `},`...)
	if !r.Unrouted {
		b = append(append(b, r.Service.static...), ',')
	}
	b = append(b, `"tries":`...)
	if r.Upstream == 0 {
		b = append(b, `{}`...) // an empty table of Lua
	} else {
		b = appendInt(b, `[{"balancer_start":`, r.Time/1e6+1)
		b = strconv.AppendFloat(append(b, `,"balancer_start_ns":`...), float64(r.Time+1e6), 'g', 14, 64)
		b = append(b, `,"ip":"127.0.0.1","balancer_latency":0,"port":32000,"balancer_latency_ns":27904}]`...)
	}
	b = r.Client.AppendTo(append(b, `,"client_ip":"`...))
	b = append(b, '"')
	b = r.appendConsumer(b)
	b = append(b, `,"request":{"id":"`...)
	b = AppendHex(AppendHex(b, r.ID[0]), r.ID[1])
	b = append(b, `","headers":{"accept":"application/json","content-type":"application/json","user-agent":`...)
	b = appendString(b, r.UserAgent)
	if len(r.Credential) > 0 {
		b = appendString(append(b, `,"apikey":`...), r.Credential)
	} else if !r.Service.Clear {
		b = append(b, `,"authorization":"REDACTED"`...)
	}
	b = append(append(b, `,"host":"`...), r.host()...)
	b = append(b, `","connection":"keep-alive"},"uri":"`...)
	b = r.appendURI(b)
	b = appendInt(b, `","size":`, r.RequestBytes)
	b = append(append(b, `,"method":"`...), r.Method...)
	b = r.appendQueryTable(append(b, `","querystring":`...))
	b = append(append(b, `,"url":"https://`...), r.host()...)
	b = r.appendURI(append(b, `:8443`...))
	b = append(b, `"},"upstream_uri":"`...)
	if prefix := strings.IndexByte(r.Service.Path[1:], '/') + 1; !r.Unrouted && len(r.Path) > prefix {
		b = append(b, r.Path[prefix:]...)
	}
	b = appendInt(b, `","started_at":`, r.Time/1e6)
	if r.Upstream == 0 {
		b = append(b, `,"source":"kong","upstream_status":"","latencies":{"kong":`...)
		b = strconv.AppendInt(b, total, 10)
		b = appendInt(b, `,"proxy":-1,"request":`, total)
		b = append(b, `,"receive":0}`...)
	} else {
		b = appendInt(b, `,"source":"upstream","upstream_status":"`, int64(r.Upstream))
		b = appendInt(b, `","latencies":{"kong":2,"proxy":`, max(total-3, 0))
		b = appendInt(b, `,"request":`, total)
		b = append(b, `,"receive":1}`...)
	}
	switch {
	case r.Input > 0:
		b = r.appendKongAI(b)
	case r.Blocked == InputBlocked:
		b = append(b, `,"ai":{"proxy":{"lakera-guard":{"input_block_reason":"prompt_attack","input_processing_latency":48}}}`...)
	}
	return append(b, '}')
}

// appendConsumer appends who called, if Kong could tell.
func (r *Record) appendConsumer(b []byte) []byte {
	if len(r.Principal) == 0 {
		return b
	}
	b = append(b, `,"consumer":{"created_at":1790000000,"username":`...)
	b = appendString(b, r.Principal)
	b = appendUUID(append(b, `,"id":"`...), [2]uint64{Mix(r.KeyID[0]), r.KeyID[1]})
	b = appendUUID(append(b, `"},"authenticated_entity":{"id":"`...), r.KeyID)
	return append(b, `"}`...)
}

// appendURI appends path and query as the inside of a JSON string.
func (r *Record) appendURI(b []byte) []byte {
	b = append(b, r.Path...)
	if len(r.Query) > 0 {
		b = append(append(b, '?'), r.Query...)
	}
	return b
}

// appendQueryTable appends the query as Kong's decoded table.
func (r *Record) appendQueryTable(b []byte) []byte {
	b = append(b, '{')
	for rest := r.Query; len(rest) > 0; {
		var pair []byte
		pair, rest = cut(rest, '&')
		key, value := cut(pair, '=')
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendString(b, key), ':')
		r.scratch = unescape(r.scratch[:0], value)
		b = appendString(b, r.scratch)
	}
	return append(b, '}')
}

func cut(s []byte, sep byte) (before, after []byte) {
	for i, c := range s {
		if c == sep {
			return s[:i], s[i+1:]
		}
	}
	return s, nil
}

// appendKongAI appends what the ai-proxy plugin counted.
func (r *Record) appendKongAI(b []byte) []byte {
	svc := r.Service
	b = append(append(b, `,"ai":{"proxy":{"meta":{"provider_name":"`...), svc.Provider...)
	b = append(append(b, `","request_model":"`...), r.Model()...)
	b = append(append(b, `","response_model":"`...), r.Model()...)
	b = append(b, `","request_mode":"`...)
	if r.Stream {
		b = append(b, `stream`...)
	} else {
		b = append(b, `oneshot`...)
	}
	b = appendUUID(append(b, `","plugin_id":"`...), [2]uint64{Mix(svc.ID), svc.ID})
	b = appendInt(b, `","llm_latency":`, r.Latency.Milliseconds())
	b = appendInt(b, `},"usage":{"prompt_tokens":`, r.Input)
	b = appendInt(b, `,"completion_tokens":`, r.Output)
	b = appendInt(b, `,"total_tokens":`, r.Input+r.Output)
	b = appendInt(b, `,"prompt_tokens_details":{"cached_tokens":`, r.Cached)
	b = append(b, `,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":`...)
	b = append(strconv.AppendInt(b, r.Reasoning, 10), `},"time_per_token":`...)
	b = strconv.AppendFloat(b, float64(r.Latency.Milliseconds())/float64(r.Output+1), 'f', 2, 64)
	b = strconv.AppendFloat(append(b, `,"cost":`...), r.Cost(), 'g', 6, 64)
	b = append(b, '}')
	if svc.Guarded {
		b = append(b, `,"lakera-guard":{"input_block_reason":"","input_processing_latency":45}`...)
	}
	if svc.Payload && !r.Withheld {
		r.scratch = r.appendChatRequest(r.scratch[:0])
		b = appendString(append(b, `,"payload":{"request":`...), r.scratch)
		b = append(b, '}')
	}
	return append(b, `}}`...)
}

// Cost returns what the call cost in dollars, by Prices.
func (r *Record) Cost() float64 {
	p := PriceOf(r.Model())
	return (float64(r.Input-r.Cached)*p.Input + float64(r.Cached)*p.Input/2 + float64(r.Output)*p.Output) / 1e6
}

// appendChatRequest appends the body that the client sent.
func (r *Record) appendChatRequest(b []byte) []byte {
	b = append(append(b, `{"model":"`...), r.Model()...)
	b = append(b, `","messages":`...)
	b = r.appendMessages(b)
	b = r.appendExtras(r.appendSampling(append(b, ',')))
	b[len(b)-1] = '}'
	return b
}

// appendMessages appends the messages of the conversation: the last one is the
// prompt, those before it are short turns.
func (r *Record) appendMessages(b []byte) []byte {
	b = append(b, '[')
	for i := range r.Messages - 1 {
		role := `{"role":"user","content":"`
		if i%2 == 1 {
			role = `{"role":"assistant","content":"`
		}
		turn := Prompt{Kind: FreePrompt, Seed: r.Prompt.Seed + uint64(i) + 1, Length: 40}
		b = append(turn.appendTo(append(b, role...)), `"},`...)
	}
	b = r.Prompt.appendTo(append(b, `{"role":"user","content":"`...))
	return append(b, `"}]`...)
}
