// Command genschema writes the JSON Schemas of package schemas, from its types
// and their comments, into json/ below the working directory, which is the
// package's folder.
package main

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/gatehound/gatehound/schemas"
)

func main() {
	if err := write("json"); err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}

// write puts the schemas into dir.
func write(dir string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	for name, doc := range files {
		if err := os.WriteFile(filepath.Join(dir, name), doc, 0o644); err != nil {
			return fmt.Errorf("write schema: %w", err)
		}
	}
	return nil
}

// generate returns the schemas by the names of their files.
func generate() (map[string][]byte, error) {
	r := &jsonschema.Reflector{
		// A field may be added within a version, so a reader takes fields that
		// it does not know.
		AllowAdditionalProperties: true,
		ExpandedStruct:            true,
		Mapper:                    mapped,
	}
	const module = "github.com/gatehound/gatehound/schemas"
	if err := r.AddGoComments(module, ".", jsonschema.WithFullComment()); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	for k, v := range r.CommentMap {
		r.CommentMap[k] = strings.Join(strings.Fields(v), " ")
	}
	files := make(map[string][]byte)
	for name, v := range map[string]any{"event": schemas.Event{}, "finding": schemas.Finding{}, "alert": schemas.Alert{}} {
		s := r.Reflect(v)
		s.ID = jsonschema.ID(fmt.Sprintf("urn:gatehound:schema:%s:v%d", name, schemas.Version))
		s.Title = fmt.Sprintf("Gatehound %s, version %d", name, schemas.Version)
		doc, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode schema of %s: %w", name, err)
		}
		files[fmt.Sprintf("%s.v%d.schema.json", name, schemas.Version)] = append(doc, '\n')
	}
	return files, nil
}

// mapped returns the schema of a type whose JSON is not what its kind says.
func mapped(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[netip.Addr]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[time.Duration]():
		return &jsonschema.Schema{Type: "integer", Extras: map[string]any{"x-unit": "ns"}}
	case reflect.TypeFor[schemas.PromptSignals]():
		// Names with commas between.
		return &jsonschema.Schema{Type: "string", Extras: map[string]any{"x-names": schemas.PromptSignals(math.MaxUint16).Names()}}
	case reflect.TypeFor[schemas.RedactionCounts]():
		// Kinds are only ever appended: the length is not fixed.
		var kinds []string
		for k := range schemas.RedactionKinds {
			kinds = append(kinds, k.String())
		}
		return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "integer"},
			Extras: map[string]any{"x-order": kinds}}
	}
	if t.Kind() == reflect.Uint8 && t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return enumeration(t)
	}
	return nil
}

// enumeration lists the names of a type whose values are numbered from 0.
func enumeration(t reflect.Type) *jsonschema.Schema {
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
