package gateway

import (
	"strconv"
	"time"
)

// appendCombined appends a line of nginx's combined format.
func (r *Record) appendCombined(b []byte) []byte {
	b = r.Client.AppendTo(b)
	b = append(b, " - "...)
	if len(r.Principal) == 0 {
		b = append(b, '-')
	}
	b = append(append(b, r.Principal...), " ["...)
	b = time.Unix(0, r.Time).UTC().AppendFormat(b, "02/Jan/2006:15:04:05 -0700")
	b = append(append(append(b, `] "`...), r.Method...), ' ')
	b = r.appendURI(b)
	b = appendInt(b, ` HTTP/1.1" `, int64(r.Status))
	b = appendInt(b, " ", r.ResponseBytes)
	b = append(b, ` "-" "`...)
	for _, c := range r.UserAgent { // nginx's escaping
		if c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			const upper = "0123456789ABCDEF"
			b = append(b, '\\', 'x', upper[c>>4], upper[c&15])
			continue
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// appendNginxJSON appends a line of the log_format that Gatehound recommends:
// with escape=json every value is a string and what is not set is empty.
func (r *Record) appendNginxJSON(b []byte) []byte {
	b = appendInt(b, `{"ts":"`, r.Time/1e9)
	ms := r.Time / 1e6 % 1000
	b = append(b, '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10))
	b = append(b, `","id":"`...)
	b = AppendHex(AppendHex(b, r.ID[0]), r.ID[1])
	b = r.Client.AppendTo(append(b, `","ip":"`...))
	b = r.Client.AppendTo(append(b, `","peer":"`...))
	b = appendEscaped(append(b, `","xff":"","user":"`...), r.Principal)
	b = append(append(b, `","method":"`...), r.Method...)
	b = append(append(b, `","uri":"`...), r.Path...)
	b = append(append(b, `","args":"`...), r.Query...)
	b = append(append(b, `","host":"`...), r.host()...)
	b = appendInt(b, `","proto":"HTTP/2.0","status":"`, int64(r.Status))
	b = appendSeconds(append(b, `","rt":"`...), r.Latency)
	b = append(b, `","urt":"`...)
	if r.Upstream != 0 {
		b = appendSeconds(b, max(r.Latency-time.Millisecond, 0))
		b = appendInt(b, `","ust":"`, int64(r.Upstream))
	} else {
		b = append(b, `","ust":"`...)
	}
	b = appendInt(b, `","in":"`, r.RequestBytes)
	b = appendInt(b, `","out":"`, r.ResponseBytes)
	b = appendEscaped(append(b, `","ua":"`...), r.UserAgent)
	b = append(b, `","ref":"","ct":"application/json","ra":"","model":"`...)
	if r.Upstream != 0 {
		b = append(b, r.Model()...)
	}
	return append(b, `","tls":"TLSv1.3"}`...)
}

// appendEnvoy appends a line of Envoy AI Gateway's documented access log, with
// the caller's id added as its documentation advises.
func (r *Record) appendEnvoy(b []byte) []byte {
	b = append(append(b, `{":authority":"`...), r.host()...)
	b = appendInt(b, `","bytes_received":`, r.RequestBytes)
	b = appendInt(b, `,"bytes_sent":`, r.ResponseBytes)
	b = append(b, `,"connection_termination_details":null,"downstream_local_address":"10.0.0.9:1975","downstream_remote_address":"`...)
	if r.Client.Is6() {
		b = append(r.Client.AppendTo(append(b, '[')), ']')
	} else {
		b = r.Client.AppendTo(b)
	}
	b = appendInt(b, `:`, int64(20000+r.ID[1]%40000))
	b = appendInt(b, `","duration":`, r.Latency.Milliseconds())
	if r.Input > 0 {
		b = append(append(b, `,"gen_ai.provider.name":"`...), r.Service.Provider...)
		b = append(append(b, `","gen_ai.request.model":"`...), r.Model()...)
		b = appendInt(b, `","gen_ai.request.model_override":null,"gen_ai.usage.input_tokens":`, r.Input)
		b = appendInt(b, `,"gen_ai.usage.output_tokens":`, r.Output)
		b = appendInt(b, `,"gen_ai.usage.total_tokens":`, r.Input+r.Output)
	} else {
		b = append(append(b, `,"gen_ai.provider.name":null,"gen_ai.request.model":"`...), r.Model()...)
		b = append(b, `","gen_ai.request.model_override":null,"gen_ai.usage.input_tokens":null,"gen_ai.usage.output_tokens":null,"gen_ai.usage.total_tokens":null`...)
	}
	b = append(append(b, `,"method":"`...), r.Method...)
	b = append(b, `","protocol":"HTTP/2","requested_server_name":null,"response_code":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	switch {
	case r.Upstream != 0:
		b = append(b, `,"response_code_details":"via_upstream","response_flags":"-"`...)
	case r.Status == 401:
		b = append(b, `,"response_code_details":"jwt_authn_access_denied{Jwt_is_expired}","response_flags":"-"`...)
	default:
		b = append(b, `,"response_code_details":"request_rate_limited","response_flags":"RL"`...)
	}
	b = append(append(b, `,"route_name":"`...), r.Service.Name...)
	b = time.Unix(0, r.Time).UTC().AppendFormat(append(b, `","start_time":"`...), "2006-01-02T15:04:05.000Z07:00")
	b = append(append(b, `","upstream_cluster":"`...), r.Service.Name[:len(r.Service.Name)-len("/match/0/*")]...)
	if r.Upstream != 0 {
		b = append(b, `","upstream_host":"192.0.2.77:443","upstream_local_address":"10.0.0.9:64485"`...)
	} else {
		b = append(b, `","upstream_host":null,"upstream_local_address":null`...)
	}
	b = append(b, `,"upstream_transport_failure_reason":null,"user-agent":`...)
	b = appendString(b, r.UserAgent)
	b = append(append(b, `,"x-envoy-origin-path":"`...), r.Path...)
	if len(r.Query) > 0 {
		b = append(append(b, '?'), r.Query...)
	}
	if r.Upstream != 0 {
		b = appendInt(b, `","x-envoy-upstream-service-time":"`, max(r.Latency.Milliseconds()-2, 0))
		b = append(b, '"')
	} else {
		b = append(b, `","x-envoy-upstream-service-time":null`...)
	}
	b = r.Client.AppendTo(append(b, `,"x-forwarded-for":"`...))
	b = append(b, `","x-user-id":`...)
	if len(r.Principal) > 0 {
		b = appendString(b, r.Principal)
	} else {
		b = append(b, `null`...)
	}
	b = appendUUID(append(b, `,"x-request-id":"`...), r.ID)
	return append(b, `"}`...)
}

// appendApp appends a line of an application that logs JSON by itself.
func (r *Record) appendApp(b []byte) []byte {
	b = time.Unix(0, r.Time).UTC().AppendFormat(append(b, `{"time":"`...), time.RFC3339Nano)
	b = append(b, `","level":"info","msg":"request","request_id":"`...)
	b = AppendHex(b, r.ID[0])
	b = append(append(b, `","method":"`...), r.Method...)
	b = r.appendURI(append(b, `","path":"`...))
	b = append(append(b, `","host":"`...), r.host()...)
	b = appendInt(b, `","status":`, int64(r.Status))
	b = strconv.AppendFloat(append(b, `,"duration_ms":`...), float64(r.Latency.Microseconds())/1000, 'f', -1, 64)
	if len(r.Principal) > 0 {
		b = appendString(append(b, `,"user":`...), r.Principal)
	}
	b = r.Client.AppendTo(append(b, `,"ip":"`...))
	b = appendString(append(b, `","user_agent":`...), r.UserAgent)
	b = appendInt(b, `,"bytes":`, r.ResponseBytes)
	if r.Input > 0 {
		b = append(append(b, `,"model":"`...), r.Model()...)
		b = appendInt(b, `","input_tokens":`, r.Input)
		b = appendInt(b, `,"output_tokens":`, r.Output)
	}
	return append(b, '}')
}
