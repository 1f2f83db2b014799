package api

import (
	"net/http"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

// Operation is one thing that the API does. The OpenAPI document is made of the
// list of them.
type Operation struct {
	Method, Path string
	// Verb is its name in metrics, logs and the document.
	Verb string
	Role gate.Role
	// Summary is a sentence for people.
	Summary string
	// Query are the parameters.
	Query []Param
	// Body is a value of the request's type; nil if it has none. MayOmit tells
	// that it may be left out.
	Body    any
	MayOmit bool
	// Status is that of success, Answer a value of its type; nil for a stream or
	// a document of its own.
	Status int
	Answer any

	do func(*Server, *call) error
}

// Param is a parameter of a query.
type Param struct {
	Name, Text string
	// Type is "string", "boolean" or "integer"; Many lets it come repeatedly.
	Type string
	Many bool
}

var (
	filterParams = []Param{
		{Name: "open", Type: "boolean", Text: "only alerts that are not resolved"},
		{Name: "matcher", Type: "string", Many: true, Text: "such as severity>=high, detector=~auth.* or tenant=acme; all have to match"},
		{Name: "since", Type: "string", Text: "only those seen since then: a time (RFC 3339), or how long ago, such as 24h"},
	}
	pageParams = append(filterParams[:len(filterParams):len(filterParams)],
		Param{Name: "after", Type: "string", Text: "go on after the alert of this id: next of the page before"},
		Param{Name: "limit", Type: "integer", Text: "1 to 1000; 100 by default"})
	allParam = []Param{{Name: "all", Type: "boolean", Text: "those that are over, too"}}
)

// Operations returns all that the API does.
func Operations() []Operation {
	return []Operation{
		{Method: "GET", Path: "/alerts", Verb: "list_alerts", Role: gate.RoleRead, Status: 200, Query: pageParams, Answer: wire.AlertPage{},
			Summary: "Lists alerts, the one that was seen last first.", do: (*Server).listAlerts},
		{Method: "GET", Path: "/alerts/export", Verb: "export_alerts", Role: gate.RoleRead, Status: 200,
			Query:   append(filterParams[:len(filterParams):len(filterParams)], Param{Name: "format", Type: "string", Text: "ndjson (default) or csv"}),
			Summary: "Streams all alerts that match, one a line.", do: (*Server).exportAlerts},
		{Method: "GET", Path: "/alerts/{id}", Verb: "get_alert", Role: gate.RoleRead, Status: 200, Answer: schemas.Alert{},
			Summary: "Returns an alert with its history. The id may be cut to its first six or more characters.", do: (*Server).getAlert},
		{Method: "POST", Path: "/alerts/{id}/acknowledge", Verb: "acknowledge_alert", Role: gate.RoleOperate, Status: 200, Body: wire.Remark{}, MayOmit: true,
			Answer: schemas.Alert{}, Summary: "Takes an alert: it is not escalated any more.", do: (*Server).acknowledge},
		{Method: "POST", Path: "/alerts/{id}/resolve", Verb: "resolve_alert", Role: gate.RoleOperate, Status: 200, Body: wire.Remark{}, MayOmit: true,
			Answer: schemas.Alert{}, Summary: "Ends an alert.", do: (*Server).resolve},
		{Method: "POST", Path: "/alerts/{id}/comment", Verb: "comment_alert", Role: gate.RoleOperate, Status: 200, Body: wire.Comment{},
			Answer: schemas.Alert{}, Summary: "Notes a comment in an alert's history.", do: (*Server).comment},
		{Method: "GET", Path: "/silences", Verb: "list_silences", Role: gate.RoleRead, Status: 200, Query: allParam, Answer: wire.SilenceList{},
			Summary: "Lists the silences that hold or will.", do: (*Server).listSilences},
		{Method: "POST", Path: "/silences", Verb: "add_silence", Role: gate.RoleOperate, Status: 201, Body: wire.NewSilence{}, Answer: schemas.Silence{},
			Summary: "Keeps alerts that match from being told, for a time.", do: (*Server).addSilence},
		{Method: "DELETE", Path: "/silences/{id}", Verb: "end_silence", Role: gate.RoleOperate, Status: 200, Answer: schemas.Silence{},
			Summary: "Ends a silence.", do: (*Server).endSilence},
		{Method: "GET", Path: "/allowances", Verb: "list_allowances", Role: gate.RoleRead, Status: 200, Query: allParam, Answer: wire.AllowanceList{},
			Summary: "Lists the exceptions that are in force.", do: (*Server).listAllowances},
		{Method: "POST", Path: "/allowances", Verb: "add_allowance", Role: gate.RoleAdmin, Status: 201, Body: wire.NewAllowance{}, Answer: schemas.Allowance{},
			Summary: "Makes an exception: findings that it covers are stored and not told.", do: (*Server).addAllowance},
		{Method: "DELETE", Path: "/allowances/{id}", Verb: "end_allowance", Role: gate.RoleAdmin, Status: 200, Answer: schemas.Allowance{},
			Summary: "Ends an exception.", do: (*Server).endAllowance},
		{Method: "GET", Path: "/deliveries", Verb: "list_deliveries", Role: gate.RoleRead, Status: 200, Answer: wire.DeliveryList{},
			Summary: "Lists the notifications that wait for their sinks.", do: (*Server).listDeliveries},
		{Method: "GET", Path: "/deliveries/dead", Verb: "list_dead_letters", Role: gate.RoleRead, Status: 200, Answer: wire.DeadLetterList{},
			Summary: "Lists the notifications that were given up, with the reason.", do: (*Server).listDead},
		{Method: "POST", Path: "/deliveries/dead/{sink}/redeliver", Verb: "redeliver", Role: gate.RoleOperate, Status: 200, Answer: wire.Redelivered{},
			Summary: "Puts what a sink was not told back into its queue.", do: (*Server).redeliver},
		{Method: "POST", Path: "/routes/test", Verb: "test_route", Role: gate.RoleRead, Status: 200, Body: schemas.Alert{}, Answer: route.Decision{},
			Summary: "Tells where an alert like this one would go now, and why. Nothing is sent.", do: (*Server).testRoute},
		{Method: "GET", Path: "/sinks", Verb: "list_sinks", Role: gate.RoleRead, Status: 200, Answer: wire.SinkList{},
			Summary: "Tells how each sink stands.", do: (*Server).listSinks},
		{Method: "POST", Path: "/sinks/{name}/test", Verb: "test_sink", Role: gate.RoleAdmin, Status: 200, Answer: wire.Tried{},
			Summary: "Sends a marked test alert to a sink and waits for its answer.", do: (*Server).testSink},
		{Method: "GET", Path: "/openapi.json", Verb: "get_openapi", Role: gate.RoleRead, Status: 200,
			Summary: "Returns this document.", do: (*Server).openAPI},
	}
}

// route makes the table of operations.
func (s *Server) route() {
	s.mux, s.verbs = http.NewServeMux(), make(map[string]*Operation)
	for _, op := range Operations() {
		pattern := op.Method + " " + wire.Base + op.Path
		s.verbs[pattern] = &op
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			c := r.Context().Value(callKey{}).(*call)
			c.w, c.r = w, r
			if err := op.do(s, c); err != nil {
				c.fail(err)
			}
		})
	}
}

// names returns the names of an operation's parameters, as parseQuery takes
// them.
func (op *Operation) names() (once, repeated []string) {
	for _, p := range op.Query {
		if p.Many {
			repeated = append(repeated, p.Name)
		} else {
			once = append(once, p.Name)
		}
	}
	return once, repeated
}

// hasBody reports whether the operation reads a body.
func (op *Operation) hasBody() bool { return op.Body != nil }
