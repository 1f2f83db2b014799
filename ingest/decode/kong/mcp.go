package kong

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// readMCP reads calls of the Model Context Protocol, and what the access list
// of tools said of them. Of several calls in a request the first one counts.
func readMCP(mcp field.Value, r *decode.Record) {
	calls := 0
	for it := mcp.Get("rpc").Members(); it.Next(); {
		call := it.Value()
		calls++
		if e := call.Get("error"); e.Text() != "" || e.Len() > 0 {
			r.Dropped++ // it may quote the arguments
		}
		r.Dropped += int32(call.Get("payload").Len()) // arguments and result
		if call.Get("method").Text() == "tools/call" {
			r.Operation = "execute_tool"
			if r.Tool == "" {
				r.Tool = call.Get("tool_name").Text()
			}
		}
	}
	for it := mcp.Get("audit").Members(); it.Next(); {
		readAudit(it.Value(), calls, r)
	}
}

// readAudit reads one decision of the access list. A list of tools is audited,
// too, a decision for every tool that the caller gets to see or not: only that
// of the tool that was called, or of one that was not even called, refuses the
// request.
func readAudit(audit field.Value, calls int, r *decode.Record) {
	tool := audit.Get("primitive_name").Text()
	if r.Principal == "" {
		consumer := audit.Get("consumer")
		r.Principal = first(consumer.Get("name"), consumer.Get("id"))
	}
	if audit.Get("action").Text() != "deny" || tool == "" || tool != r.Tool && calls > 0 {
		return
	}
	r.Auth, r.AuthReason = schemas.AuthFailure, schemas.ReasonForbidden
	r.Responder = schemas.ResponderGateway
	if calls == 0 && audit.Get("primitive").Text() == "tool" {
		r.Operation, r.Tool = "execute_tool", tool
	}
}
