// Command genopenapi writes openapi.json into the working directory, which is
// the API's package: the document is made of the operations and the types that
// they exchange, with their comments.
package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/gatehound/gatehound/cmd/internal/api"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

func main() {
	doc, err := generate("../../..")
	if err == nil {
		err = os.WriteFile("openapi.json", doc, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genopenapi:", err)
		os.Exit(1)
	}
}

type object = map[string]any

// generate returns the document; root is the module's folder, where the comments
// of the types are.
func generate(root string) ([]byte, error) {
	r := &jsonschema.Reflector{AllowAdditionalProperties: true, DoNotReference: false, Mapper: mapped}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if err := os.Chdir(root); err != nil { // comments go by the path of the package
		return nil, err
	}
	for _, dir := range []string{"schemas", "alerting", "cmd/internal/api"} {
		if err := r.AddGoComments("github.com/gatehound/gatehound", "./"+dir, jsonschema.WithFullComment()); err != nil {
			return nil, fmt.Errorf("read comments: %w", err)
		}
	}
	if err := os.Chdir(here); err != nil {
		return nil, err
	}
	for k, v := range r.CommentMap {
		r.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	schemas := object{}
	paths := object{}
	for _, op := range api.Operations() {
		item, _ := paths["/api/v1"+op.Path].(object)
		if item == nil {
			item = object{}
			paths["/api/v1"+op.Path] = item
		}
		o, err := operation(r, &op, schemas)
		if err != nil {
			return nil, err
		}
		item[strings.ToLower(op.Method)] = o
	}
	if _, err := add(r, wire.Problem{}, schemas); err != nil {
		return nil, err
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{"title": "Gatehound", "version": "1", "license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Alerts that people and programs act on. Each token has a role: read, operate, admin; each may do what those before it may. " +
				"The header X-On-Behalf-Of names the person who uses the client, and is noted with the token's name. " +
				"A POST with an Idempotency-Key is done once, however often it is sent within 15 minutes."},
		"servers":    []any{object{"url": "http://127.0.0.1:9465", "description": "on the same machine, as api.listen is by default"}},
		"security":   []any{object{"bearer": []any{}}},
		"paths":      paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer"}}},
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	return append(text, '\n'), err
}

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

func operation(r *jsonschema.Reflector, op *api.Operation, schemas object) (object, error) {
	out := object{"operationId": op.Verb, "summary": op.Summary, "x-role": op.Role.String()}
	params := []any{}
	for _, m := range pathParam.FindAllStringSubmatch(op.Path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range op.Query {
		schema := object{"type": p.Type}
		if p.Many {
			schema = object{"type": "array", "items": schema}
		}
		params = append(params, object{"name": p.Name, "in": "query", "description": p.Text, "schema": schema})
	}
	if op.Method == "POST" {
		params = append(params, object{"name": "Idempotency-Key", "in": "header", "schema": object{"type": "string", "maxLength": 100}})
	}
	if op.Role.String() != "read" {
		params = append(params, object{"name": "X-On-Behalf-Of", "in": "header", "schema": object{"type": "string"}})
	}
	if len(params) > 0 {
		out["parameters"] = params
	}
	if op.Body != nil {
		ref, err := add(r, op.Body, schemas)
		if err != nil {
			return nil, err
		}
		out["requestBody"] = object{"required": !op.MayOmit, "content": object{"application/json": object{"schema": ref}}}
	}
	content := object{"application/vnd.oai.openapi+json": object{"schema": object{"type": "object"}}}
	if strings.HasSuffix(op.Path, "/export") {
		content = object{"application/x-ndjson": object{}, "text/csv": object{}}
	}
	if op.Answer != nil {
		ref, err := add(r, op.Answer, schemas)
		if err != nil {
			return nil, err
		}
		content = object{"application/json": object{"schema": ref}}
	}
	out["responses"] = object{fmt.Sprint(op.Status): object{"description": "done", "content": content},
		"default": object{"description": "not done, and why", "content": object{"application/problem+json": object{"schema": object{"$ref": components + "Problem"}}}}}
	return out, nil
}

const components = "#/components/schemas/"

// add puts the schema of v's type, with those that it names, into schemas and
// returns a reference to it.
func add(r *jsonschema.Reflector, v any, schemas object) (object, error) {
	raw, err := json.Marshal(r.Reflect(v))
	if err != nil {
		return nil, err
	}
	var s struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	text := strings.ReplaceAll(string(raw), "#/$defs/", components)
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, err
	}
	for name, def := range s.Defs {
		var d any
		if err := json.Unmarshal(def, &d); err != nil {
			return nil, err
		}
		if old, there := schemas[name]; there && !reflect.DeepEqual(old, d) {
			return nil, fmt.Errorf("two types are named %s", name)
		}
		schemas[name] = d
	}
	return object{"$ref": components + reflect.TypeOf(v).Name()}, nil
}

// mapped returns the schema of a type whose JSON is not what its kind says.
func mapped(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[time.Duration]() {
		return &jsonschema.Schema{Type: "integer", Extras: map[string]any{"x-unit": "ns"}}
	}
	if t.Kind() != reflect.Uint8 || !t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return nil
	}
	s := &jsonschema.Schema{Type: "string"}
	for i := range uint64(256) {
		v := reflect.New(t).Elem()
		v.SetUint(i)
		text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil || string(text) == "invalid" {
			break
		}
		s.Enum = append(s.Enum, string(text))
	}
	return s
}
