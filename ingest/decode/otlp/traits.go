package otlp

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// traits are what decides whether a span or a log record is a request.
type traits struct {
	server  bool // a span of kind SERVER
	request bool // it has attributes of HTTP, RPC or MCP
	call    bool // it is a call of a model
	part    bool // it is an event of a call: a message, a choice, an evaluation
	foreign bool // it has attributes in the names of another gateway's log
}

// detailsEvent is the one event that describes a whole call.
const detailsEvent = "gen_ai.client.inference.operation.details"

func traitsOf(rec field.Value) (t traits) {
	var operation string
	model := false
	for it := rec.Members(); it.Next(); {
		switch v := it.Value(); it.Key() {
		case "kind":
			s := v.Text()
			t.server = s == "2" || s == "SPAN_KIND_SERVER"
		case "eventName":
			t.part = t.part || isPart(v.Text())
		case "attributes":
			for a := v.Members(); a.Next(); {
				name, v := attribute(a.Value())
				switch name {
				case "http.request.method", "http.method", "http.response.status_code", "http.status_code", "url.path",
					"http.target", "http.route", "rpc.system", "rpc.method", "mcp.method.name":
					t.request = true
				case "gen_ai.operation.name":
					operation = v.Text()
				case "gen_ai.request.model", "gen_ai.response.model", "gen_ai.system", "gen_ai.provider.name", "llm.model_name":
					model = true
				case "event.name":
					t.part = t.part || isPart(v.Text())
				case "response_code", "DownstreamStatus", "upstream_cluster", "started_at":
					t.foreign = true
				}
			}
		}
	}
	t.call = isCall(operation, model)
	return t
}

func isPart(event string) bool {
	return strings.HasPrefix(event, "gen_ai.") && event != detailsEvent
}

// isCall reports whether an operation is that of a model. Agents, tools and
// stores are operations, too, around or beside the calls that they make.
func isCall(operation string, model bool) bool {
	for _, prefix := range [...]string{"invoke_", "create_", "execute_", "apply_", "run_", "retrieval", "search_", "update_", "upsert_", "delete_", "plan"} {
		if strings.HasPrefix(operation, prefix) {
			return false
		}
	}
	return operation != "" || model
}

// isRequest reports whether a span is that of a server's request.
func (t traits) isRequest() bool { return t.server && t.request }
