package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gatehound/gatehound/schemas"
)

// names are the schemas' files.
var names = []string{"event.v1.schema.json", "finding.v1.schema.json", "alert.v1.schema.json"}

func generated(t *testing.T) map[string][]byte {
	t.Helper()
	t.Chdir("../..") // comments are read from the folder of package schemas
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSchemasAreCurrent(t *testing.T) {
	files := generated(t)
	if len(files) != len(names) {
		t.Errorf("%d schemas are generated, want %d", len(files), len(names))
	}
	for _, name := range names {
		committed, err := schemas.JSON.ReadFile("json/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if string(committed) != string(files[name]) {
			t.Errorf("schemas/json/%s is not what the types say: run go generate ./schemas", name)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	t.Chdir("../..")
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if err := write(filepath.Join(dir, "absent")); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}

// Readers of version 1 go on working: no field goes, changes its type, is
// required no more, or loses a value.
func TestVersion1IsKept(t *testing.T) {
	files := generated(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			golden, err := os.ReadFile(filepath.Join("internal/genschema/testdata/v1", name))
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range breaks(t, golden, files[name]) {
				t.Errorf("%s: this needs a version 2", problem)
			}
		})
	}
}

// The check of the test above finds what it is there for.
func TestBreaksAreFound(t *testing.T) {
	old := `{"properties":{"a":{"type":"string","enum":["x","y"]},"b":{"type":"object","properties":{"c":{"type":"integer"}},"required":["c"]}},"required":["a"]}`
	for change, want := range map[string]string{
		`"a":`:               "a is gone",
		`"string"`:           "a has another type",
		`,"y"`:               `a has lost the value "y"`,
		`"c":{`:              "b.c is gone",
		`"integer"`:          "b.c has another type",
		`,"required":["a"]`:  "a is required no more",
		`,"required":["c"]`:  "b.c is required no more",
		`"type":"object"`:    "b has another type",
		`"never in the text`: "",
	} {
		now := strings.Replace(old, change, map[string]string{
			`"a":`: `"a2":`, `"string"`: `"number"`, `,"y"`: ``, `"c":{`: `"c2":{`, `"integer"`: `"string"`,
			`"type":"object"`: `"type":"array"`,
		}[change], 1)
		got := strings.Join(breaks(t, []byte(old), []byte(now)), "|")
		if want == "" && got != "" || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s changed: got %q, want %q", change, got, want)
		}
	}
}

// breaks lists what a reader of the old schema misses in the new one.
func breaks(t *testing.T, old, now []byte) []string {
	t.Helper()
	var a, b map[string]any
	if err := json.Unmarshal(old, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(now, &b); err != nil {
		t.Fatal(err)
	}
	return compare("", a, b, a, b)
}

func compare(at string, a, b, rootA, rootB map[string]any) (out []string) {
	a, b = follow(a, rootA), follow(b, rootB)
	if !reflect.DeepEqual(a["type"], b["type"]) {
		return []string{at + " has another type"}
	}
	for _, v := range list(a["enum"]) {
		if !slices.Contains(list(b["enum"]), v) {
			out = append(out, fmt.Sprintf("%s has lost the value %q", at, v))
		}
	}
	for _, v := range list(a["required"]) {
		if !slices.Contains(list(b["required"]), v) {
			out = append(out, strings.TrimPrefix(at+"."+fmt.Sprint(v), ".")+" is required no more")
		}
	}
	if items, ok := a["items"].(map[string]any); ok {
		other, _ := b["items"].(map[string]any)
		out = append(out, compare(at+"[]", items, other, rootA, rootB)...)
	}
	before, _ := a["properties"].(map[string]any)
	after, _ := b["properties"].(map[string]any)
	for name, p := range before {
		here := strings.TrimPrefix(at+"."+name, ".")
		q, ok := after[name].(map[string]any)
		if !ok {
			out = append(out, here+" is gone")
			continue
		}
		out = append(out, compare(here, p.(map[string]any), q, rootA, rootB)...)
	}
	return out
}

func follow(s, root map[string]any) map[string]any {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	defs, _ := root["$defs"].(map[string]any)
	target, _ := defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	return target
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// Values of the types are valid by the schemas, also when every field is set,
// and have no field that the schemas do not know.
func TestValuesAreValid(t *testing.T) {
	finding := schemas.Finding{Features: []schemas.Feature{}, Techniques: []schemas.Technique{}}
	full := map[string]any{"event": &schemas.Event{}, "finding": &schemas.Finding{}, "alert": &schemas.Alert{}}
	for _, v := range full {
		set(reflect.ValueOf(v).Elem())
	}
	full["event"].(*schemas.Event).Client = netip.MustParseAddr("2001:db8::1")
	for name, values := range map[string][]any{
		"event":   {schemas.Event{}, full["event"]},
		"finding": {finding, full["finding"]},
		"alert":   {schemas.Alert{Parts: []schemas.AlertPart{}, Finding: finding}, full["alert"]},
	} {
		t.Run(name, func(t *testing.T) {
			raw, schema := compiled(t, name)
			for _, v := range values {
				doc, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				var decoded any
				if err := json.Unmarshal(doc, &decoded); err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(decoded); err != nil {
					t.Errorf("%s: %v", doc, err)
				}
				for _, field := range unknown("", decoded, raw, raw) {
					t.Errorf("the schema does not know %s", field)
				}
			}
			for _, bad := range []string{`{}`, `[]`, `{"position":1,"id":1}`} {
				decoded, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
				if err != nil {
					t.Fatal(err)
				}
				if schema.Validate(decoded) == nil {
					t.Errorf("%s is taken for a valid %s", bad, name)
				}
			}
		})
	}
}

func compiled(t *testing.T, name string) (map[string]any, *jsonschema.Schema) {
	t.Helper()
	f, err := schemas.JSON.Open("json/" + name + ".v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any), s
}

// unknown lists the fields of v that the schema does not declare.
func unknown(at string, v any, s, root map[string]any) (out []string) {
	s = follow(s, root)
	switch v := v.(type) {
	case map[string]any:
		props, _ := s["properties"].(map[string]any)
		for k, child := range v {
			p, ok := props[k].(map[string]any)
			if !ok {
				out = append(out, at+"."+k)
				continue
			}
			out = append(out, unknown(at+"."+k, child, p, root)...)
		}
	case []any:
		items, _ := s["items"].(map[string]any)
		for _, child := range v {
			out = append(out, unknown(at+"[]", child, items, root)...)
		}
	}
	return out
}

// set gives every field of v a value that is not zero.
func set(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(v.Index(0))
	case reflect.Array:
		for i := range v.Len() {
			set(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 20, 12, 0, 0, 5, time.UTC)))
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				set(v.Field(i))
			}
		}
	}
}
