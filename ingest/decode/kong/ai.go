package kong

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// readAI reads what AI plug-ins logged, each under a name of its own: "proxy"
// since 3.9, the plug-in's name ("ai-proxy") before. The proxies' figures are
// those of the client's request, and win over those of other plug-ins, which
// call models of their own.
func readAI(ai field.Value, r *decode.Record) {
	for it := ai.Members(); it.Next(); {
		if !isProxy(it.Key()) {
			readPlugin(it.Key(), it.Value(), r)
		}
	}
	for it := ai.Members(); it.Next(); {
		if isProxy(it.Key()) {
			readPlugin(it.Key(), it.Value(), r)
		}
	}
}

func isProxy(name string) bool {
	return name == "proxy" || name == "ai-proxy" || name == "ai-proxy-advanced"
}

func readPlugin(name string, plugin field.Value, r *decode.Record) {
	switch name {
	case "payload": // ai.payload.request, until 3.8
		readPayload(plugin, r)
		return
	case "mcp":
		readMCP(plugin, r)
		return
	case "audit": // categories that Azure Content Safety found, blocked or not
		if plugin.Get("azure_content_safety").Len() > 0 {
			guard(r, schemas.GuardrailPassed)
		}
		return
	case "sanitizer":
		if n, ok := field.Int(plugin.Get("pii_sanitized").Text(), field.MaxCount); ok && n > 0 {
			guard(r, schemas.GuardrailMasked)
		}
		r.Dropped += int32(plugin.Get("sanitized_items").Len()) // they hold the originals
		return
	}
	for it := plugin.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "meta":
			readMeta(v, r)
		case "usage":
			r.ReadUsage(v)
			r.SetCost(v.Get("cost").Text())
		case "payload":
			readPayload(v, r)
		case "cache":
			// A hit asks no model; its tokens are those of the answer it repeats.
			if v.Get("cache_status").Text() == "Hit" && r.Responder == schemas.ResponderUnknown {
				r.Responder = schemas.ResponderGateway
			}
		default:
			if v.Kind() == field.Object {
				readGuard(v, r)
			} else {
				readVerdict(it.Key(), v, r)
			}
		}
	}
}

func readMeta(meta field.Value, r *decode.Record) {
	var asked, answered string
	for it := meta.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "provider_name":
			if s := stated(v); s != "" {
				r.Provider = decode.ProviderOf(s)
			}
		case "request_model":
			asked = stated(v)
		case "response_model":
			answered = stated(v)
		case "request_mode":
			switch v.Text() {
			case "stream", "realtime":
				r.Stream = true
				r.Known |= schemas.HasStream
			case "oneshot":
				r.Stream = false
				r.Known |= schemas.HasStream
			}
		}
	}
	if answered == "" {
		answered = asked
	}
	if answered != "" {
		r.Model = answered
	}
}

// stated returns the text of v unless it is Kong's word for an unknown one.
func stated(v field.Value) string {
	if s := v.Text(); s != "UNSPECIFIED" {
		return s
	}
	return ""
}

// readPayload reads bodies, which are strings that hold JSON, and are logged
// only with log_payloads.
func readPayload(payload field.Value, r *decode.Record) {
	if request := payload.Get("request"); request.Kind() != field.None {
		if body := request.Unwrap(); body.Kind() == field.Object {
			model := r.Model
			r.ReadRequestBody(body)
			if model != "" {
				r.Model = model
			}
		} else {
			r.Dropped++
		}
	}
	if payload.Get("response").Kind() != field.None {
		r.Dropped++
	}
}

// readGuard reads what a guard plug-in logged.
func readGuard(v field.Value, r *decode.Record) {
	for it := v.Members(); it.Next(); {
		readVerdict(it.Key(), it.Value(), r)
	}
}

// readVerdict reads one member of a guard's: its reasons, empty if it let the
// text pass, and the prompt or the answer that it blocked.
func readVerdict(name string, v field.Value, r *decode.Record) {
	switch {
	case name == "input_block_reason" && v.Text() != "":
		guard(r, schemas.GuardrailInputBlocked)
	case name == "output_block_reason" && v.Text() != "":
		guard(r, schemas.GuardrailOutputBlocked)
	case name == "input_block_reason" || name == "output_block_reason":
		guard(r, schemas.GuardrailPassed)
	case strings.HasSuffix(name, "faulty_prompt") || strings.HasSuffix(name, "faulty_response"):
		if v.Text() != "" || v.Len() > 0 {
			r.Dropped++
		}
	}
}

// guard keeps the verdict that weighs most: a block, then a mask, then a pass.
func guard(r *decode.Record, verdict schemas.Guardrail) {
	switch {
	case r.Guardrail == schemas.GuardrailInputBlocked || r.Guardrail == schemas.GuardrailOutputBlocked:
	case r.Guardrail == schemas.GuardrailMasked && verdict == schemas.GuardrailPassed:
	default:
		r.Guardrail = verdict
	}
}
