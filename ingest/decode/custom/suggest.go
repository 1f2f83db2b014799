package custom

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/spelling"
)

// aliases are names that other tools use for fields.
var aliases = [...]struct{ name, field string }{
	{"user", "principal"}, {"api_key", "credential"}, {"key", "credential"}, {"ip", "client"}, {"peer", "client"},
	{"remote_addr", "client"}, {"client_ip", "client"}, {"uri", "target"}, {"url", "target"}, {"request", "request_line"},
	{"bytes", "response_bytes"}, {"duration", "latency"}, {"timestamp", "time"}, {"verb", "method"},
	{"prompt_tokens", "input_tokens"}, {"completion_tokens", "output_tokens"}, {"x_forwarded_for", "forwarded"},
	{"n", "choices"}, {"code", "status"}, {"status_code", "status"}, {"useragent", "user_agent"}, {"agent", "user_agent"},
}

// nearest returns a clause that names the field that was probably meant, or all
// of them.
func nearest(targets []target, name string) string {
	lower := strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, a := range aliases {
		if a.name == lower {
			return "; did you mean " + a.field + "?"
		}
	}
	best, at := "", 1+len(lower)/3
	all := make([]string, len(targets))
	for i, t := range targets {
		all[i] = t.name
		if d := spelling.Distance(lower, t.name); d <= at {
			best, at = t.name, d-1
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	return "; allowed are " + strings.Join(all, ", ")
}
