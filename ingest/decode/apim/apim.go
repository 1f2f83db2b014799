// Package apim decodes the resource logs of Azure API Management, and of the
// Azure OpenAI resources behind it: as diagnostic settings send them to an
// Event Hub, and as Log Analytics exports its tables.
package apim

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is a resource log. An Event Hub's records have camelCase members, most
// of them in "properties"; a table's rows are flat and in PascalCase.
var Format = decode.Format{
	Name: "apim",
	Rules: []decode.Rule{
		{All: []string{"category"}, Any: []string{"properties", "operationName", "correlationId", "resourceId"}, Where: known},
		{All: []string{"TimeGenerated"}, Any: []string{"Type", "Category"}, Where: known},
		{All: []string{"Category", "CorrelationId"}, Where: known},
	},
	JSON: decodeJSON,
	Skip: skip,
}

// kind is which of the logs a record is of.
type kind uint8

const (
	other   kind = iota
	gateway      // one request
	llm          // a part of a call to a model
	mcp          // one message of the Model Context Protocol
	model        // one request to an Azure OpenAI resource
	control      // no request: audits, connections
)

// kindOf tells a record's kind by its category, or the name of its table.
func kindOf(o field.Value) kind {
	switch either(o, "category", "Category").Text() {
	case "GatewayLogs":
		return gateway
	case "GatewayLlmLogs":
		return llm
	case "GatewayMCPLogs":
		return mcp
	case "WebSocketConnectionLogs", "DeveloperPortalAuditLogs":
		return control
	case "RequestResponse":
		if cognitive(o) {
			return model
		}
	case "Audit", "Trace":
		if cognitive(o) {
			return control
		}
	}
	switch o.Get("Type").Text() {
	case "ApiManagementGatewayLogs":
		return gateway
	case "ApiManagementGatewayLlmLog":
		return llm
	case "ApiManagementGatewayMCPLog":
		return mcp
	case "ApiManagementWebSocketConnectionLogs", "APIMDevPortalAuditDiagnosticLog":
		return control
	}
	return other
}

func known(o field.Value) bool { return kindOf(o) != other }

// cognitive reports whether o is of a resource of Azure's AI services: other
// resources have categories of the same names.
func cognitive(o field.Value) bool {
	const provider = "/providers/microsoft.cognitiveservices/"
	id := either(o, "resourceId", "_ResourceId").Text()
	for i := 0; i+len(provider) <= len(id); i++ {
		if id[i] == '/' && strings.EqualFold(id[i:i+len(provider)], provider) {
			return true
		}
	}
	return false
}

// skip reports whether o is understood and no request.
//
// A call to a model is split over several rows of one CorrelationId: the first,
// of SequenceNumber 0, has the model and the tokens; those after it have the
// messages, cut into pieces of 32 KB. So the first one is the call, and the
// others are not counted again. Of the MCP's messages the calls of tools are
// taken; all of them are in the gateway's log as well.
func skip(o field.Value) bool {
	switch kindOf(o) {
	case control:
		return true
	case llm:
		p := properties(o)
		n, ok := field.Int(either(p, "sequenceNumber", "SequenceNumber").Text(), field.MaxCount)
		return ok && n > 0 || !says(p)
	case mcp:
		return either(properties(o), "method", "Method").Text() != "tools/call"
	}
	return false
}

// says reports whether a row of a call to a model says anything of it: the
// gateway writes empty ones for requests that it could not read.
func says(p field.Value) bool {
	for _, names := range [...][2]string{
		{"modelName", "ModelName"}, {"deploymentName", "DeploymentName"}, {"requestMessages", "RequestMessages"},
		{"promptTokens", "PromptTokens"}, {"completionTokens", "CompletionTokens"}, {"totalTokens", "TotalTokens"},
	} {
		v := either(p, names[0], names[1])
		if s := v.Text(); s != "" && s != "0" || v.Len() > 0 {
			return true
		}
	}
	return false
}

// properties returns what a record has its figures in: itself, if it is a row.
func properties(o field.Value) field.Value {
	if p := o.Get("properties").Unwrap(); p.Kind() == field.Object {
		return p
	}
	return o
}

func either(o field.Value, camel, pascal string) field.Value {
	if v := o.Get(camel); v.Kind() != field.None {
		return v
	}
	return o.Get(pascal)
}
