// Package vertex decodes what Google Cloud logs of Vertex AI: requests and
// responses, as rows of BigQuery or as Elastic's integration makes of them, and
// Cloud Audit Logs, which alone have the caller.
package vertex

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is any of these records.
var Format = decode.Format{
	Name: "vertex",
	Rules: []decode.Rule{
		{All: []string{"gcp"}, Where: isDocument},
		{All: []string{"@timestamp", "gcp", "event"}, Where: isDocument},
		{All: []string{"full_request", "full_response"}},
		{All: []string{"full_request", "full_response"}, Any: []string{"api_method", "logging_time", "request_id"}},
		{All: []string{"logging_time", "request_payload", "deployed_model_id"}},
		{All: []string{"protoPayload", "logName", "insertId"}, Where: isAudit},
		{All: []string{"protoPayload"}, Where: isAudit},
	},
	Skip: isEnd,
	JSON: decodeJSON,
}

// rowOf returns the row that a document of Elastic's integration has.
func rowOf(o field.Value) field.Value {
	return o.Get("gcp").Get("vertexai").Get("prompt_response_logs")
}

func isDocument(o field.Value) bool { return rowOf(o).Kind() == field.Object }

func decodeJSON(o field.Value, r *decode.Record) bool {
	r.Provider = "gcp.vertex_ai"
	if payload := o.Get("protoPayload"); payload.Kind() == field.Object {
		return decodeAudit(o, payload, r)
	}
	row := rowOf(o)
	if row.Kind() != field.Object {
		row = o
	}
	return decodeRow(row, r)
}

// call holds what the fields of a row are derived from together.
type call struct {
	r                 *decode.Record
	method            string
	asked, answered   resource
	request, response field.Value
}

// decodeRow reads a row of the table, whose columns of JSON may be objects or
// strings.
func decodeRow(row field.Value, r *decode.Record) bool {
	c := call{r: r}
	for it := row.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "logging_time":
			r.SetTime(v.Text())
		case "request_id":
			r.RequestID = v.Text()
		case "api_method":
			c.method = v.Text()
		case "endpoint":
			c.asked.read(v.Text())
		case "model":
			c.answered.read(v.Text())
		case "full_request":
			c.request = v
		case "full_response":
			c.response = v
		case "request_payload", "response_payload":
			r.Dropped += int32(v.Len())
		case "metadata":
			m := v.Unwrap()
			for _, name := range [...]string{"request_latency", "requestLatency"} {
				r.Duration(schemas.HasLatency, &r.LatencyNS, m.Get(name).Text(), field.Milliseconds)
			}
		}
	}
	c.readRequest()
	c.readResponse()
	c.derive()
	return c.method != "" || r.Model != "" || r.RequestID != ""
}

func (c *call) readRequest() {
	body := c.request.Unwrap()
	if body.Kind() != field.Object {
		if c.request.Text() != "" {
			c.r.Dropped++
		}
		return
	}
	c.r.ReadRequestBody(body)
	c.asked.read(c.r.Model)
	c.asked.read(body.Get("endpoint").Text())
	c.r.Model = ""
	for it := body.Get("instances").Members(); it.Next(); { // of an embedding model
		if s := first(it.Value().Get("content"), it.Value().Get("prompt")); s != "" {
			c.r.Prompt = append(c.r.Prompt, s)
		}
	}
}

// readResponse reads the answer, of a stream all its parts.
func (c *call) readResponse() {
	switch body := c.response.Unwrap(); body.Kind() {
	case field.Object:
		c.readAnswer(body)
	case field.Array:
		for it := body.Members(); it.Next(); {
			c.readAnswer(it.Value())
		}
	default:
		if c.response.Text() != "" {
			c.r.Dropped++
		}
	}
}

func (c *call) readAnswer(body field.Value) {
	r := c.r
	r.ReadResponseBody(body)
	for it := body.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "usage_metadata":
			r.ReadGeminiUsage(v)
		case "model_version":
			if s := v.Text(); s != "" {
				r.Model = s
			}
		case "candidates":
			for part := v.Members(); part.Next(); {
				readSafety(part.Value(), r)
			}
			c.succeed()
		case "content", "choices", "predictions":
			c.succeed()
		case "prompt_feedback", "promptFeedback":
			if first(v.Get("block_reason"), v.Get("blockReason")) != "" {
				r.Guard(schemas.GuardrailInputBlocked)
			}
			c.succeed()
		case "error":
			r.SetStatus(v.Get("code").Text())
		}
	}
}

// succeed sets the status of a call that was answered: the row has none.
func (c *call) succeed() {
	c.r.SetStatus("200")
	c.r.Responder = schemas.ResponderUpstream
}

// readSafety reads why a candidate ends: the filters that every answer passes
// end it early.
func readSafety(candidate field.Value, r *decode.Record) {
	switch first(candidate.Get("finish_reason"), candidate.Get("finishReason")) {
	case "SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "RECITATION", "MODEL_ARMOR", "IMAGE_SAFETY":
		r.Guard(schemas.GuardrailOutputBlocked)
	}
}

// derive sets what the row does not state as such. It is written when the
// answer is complete: the request came the latency before.
func (c *call) derive() {
	r := c.r
	if r.Time > r.LatencyNS {
		r.Time -= r.LatencyNS
	}
	if r.Model == "" {
		r.Model = c.answered.model
	}
	if r.Model == "" {
		r.Model = c.asked.model
	}
	r.Tenant, r.Gateway = c.asked.project, c.asked.location
	r.Route = c.method
	setMethod(c.method, r)
}

// resource is what the name of a resource tells:
// projects/p/locations/l/publishers/google/models/m.
type resource struct{ project, location, model string }

// read takes what name tells beyond what is known.
func (res *resource) read(name string) {
	if strings.IndexByte(name, '/') < 0 {
		if res.model == "" {
			res.model = name
		}
		return
	}
	for name != "" {
		var kind, id string
		kind, name, _ = strings.Cut(name, "/")
		id, _, _ = strings.Cut(name, "/")
		switch {
		case kind == "projects" && res.project == "":
			res.project = id
		case kind == "locations" && res.location == "":
			res.location = id
		case kind == "models" && res.model == "":
			res.model = id
		}
	}
}

// first returns the first text that is not empty.
func first(vs ...field.Value) string {
	for _, v := range vs {
		if s := v.Text(); s != "" {
			return s
		}
	}
	return ""
}
