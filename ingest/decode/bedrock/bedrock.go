// Package bedrock decodes the model invocation log of Amazon Bedrock: one
// record for each call of InvokeModel, Converse and their streaming kin.
package bedrock

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is the ModelInvocationLog, in CloudWatch Logs or in S3.
var Format = decode.Format{
	Name: "bedrock",
	Rules: []decode.Rule{
		{All: []string{"schemaType", "modelId", "operation"}, Where: isInvocation},
		{All: []string{"schemaType", "requestId"}, Where: isInvocation},
	},
	JSON: decodeJSON,
}

func isInvocation(o field.Value) bool { return o.Get("schemaType").Text() == "ModelInvocationLog" }

func decodeJSON(o field.Value, r *decode.Record) bool {
	var operation, id, code string
	var input, output field.Value
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "timestamp":
			r.SetTime(v.Text())
		case "accountId":
			r.Tenant = v.Text()
		case "region":
			r.Gateway = v.Text()
		case "requestId":
			r.RequestID = v.Text()
		case "identity":
			r.Principal = v.Get("arn").Text()
		case "operation":
			operation = v.Text()
		case "modelId":
			id = v.Text()
		case "errorCode":
			code = v.Text()
		case "requestMetadata":
			readMetadata(v, r)
		case "input":
			input = v
		case "output":
			output = v
		}
	}
	var opaque bool
	r.Model, opaque = modelOf(id)
	r.Provider = "aws.bedrock"
	c := call{r: r}
	c.input(input)
	c.output(output)
	if opaque && c.answered != "" {
		r.Model = c.answered
	}
	c.setOperation(operation)
	c.verdict()
	setStatus(code, r)
	return operation != "" || id != ""
}

// call holds what the fields of a record are derived from together.
type call struct {
	r        *decode.Record
	text     bool   // the request is a text to complete, and no conversation
	answered string // the model by its own account
	guardrail
}

// setOperation sets what was asked for, and how the API says so over HTTP: the
// log has neither method nor path.
func (c *call) setOperation(name string) {
	r := c.r
	var stream bool
	switch name {
	case "InvokeModel":
		r.Route = "/model/{id}/invoke"
	case "InvokeModelWithResponseStream":
		r.Route, stream = "/model/{id}/invoke-with-response-stream", true
	case "Converse":
		r.Route = "/model/{id}/converse"
	case "ConverseStream":
		r.Route, stream = "/model/{id}/converse-stream", true
	case "InvokeModelWithBidirectionalStream":
		r.Route, stream = "/model/{id}/invoke-with-bidirectional-stream", true
	default:
		r.Operation = familyOf(r.Model)
		return
	}
	r.Method = "POST"
	r.Stream = stream
	r.Known |= schemas.HasStream
	if r.Operation = familyOf(r.Model); r.Operation == "" {
		r.Operation = "chat"
		if c.text {
			r.Operation = "text_completion"
		}
	}
}

// families are parts of the names of models that do one thing only.
var families = [...]struct{ part, operation string }{
	{"embed", "embeddings"},
	{"rerank", "rerank"},
	{"-image", "image_generation"},
	{"nova-canvas", "image_generation"},
	{"stability.", "image_generation"},
	{"nova-reel", "video_generation"},
	{"luma.ray", "video_generation"},
}

func familyOf(model string) string {
	for i := range families {
		if strings.Contains(model, families[i].part) {
			return families[i].operation
		}
	}
	return ""
}

// modelOf returns the model of an id: the id without what is not the model's
// name, namely the resource of an ARN and the region of an inference profile
// ("arn:…:inference-profile/us.anthropic.claude-…"). What remains of an
// application's profile, or of provisioned throughput, is opaque: it names none.
func modelOf(id string) (model string, opaque bool) {
	if resource, name, found := strings.Cut(id, "/"); found && strings.HasPrefix(id, "arn:") {
		kind := resource[strings.LastIndexByte(resource, ':')+1:]
		opaque = kind != "foundation-model" && kind != "inference-profile"
		id = name[strings.LastIndexByte(name, '/')+1:]
	}
	if region, rest, found := strings.Cut(id, "."); found {
		switch region {
		case "us", "us-gov", "eu", "apac", "ap", "global", "jp", "au", "ca", "sa", "me", "af", "uk", "in", "kr":
			id = rest
		}
	}
	return id, opaque
}

// maxMetadata bounds the names of metadata that are compared.
const maxMetadata = 16

// readMetadata takes the user behind the caller from what the caller noted.
func readMetadata(m field.Value, r *decode.Record) {
	for it := m.Members(); it.Next(); {
		var lower [maxMetadata]byte
		if name := it.Key(); len(name) <= len(lower) {
			switch string(field.Fold(lower[:0], name)) {
			case "user", "userid", "username", "enduser", "enduserid":
				if s := it.Value().Text(); s != "" {
					r.EndUser = s
				}
			}
		}
	}
}
