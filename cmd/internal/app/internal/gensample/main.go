// Command gensample writes the sample configuration: every setting with its
// default, explained by the doc comment of its field.
//
//	gensample -root ../../.. -out gatehound.yaml
package main

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
)

const module = "github.com/gatehound/gatehound/"

const head = `# Configuration of Gatehound. This file has every setting with its default, made
# from the program's own documentation by ` + "`gatehound config`" + `; brokers and topics
# are examples. What you do not change you may leave out. An unknown key stops the
# start. Every setting can also come from the environment: storage.mode from
# GATEHOUND_STORAGE_MODE.
`

// examples stand in for defaults that are empty but needed.
var examples = map[string]string{
	"kafka.brokers": "[localhost:9092]",
	"kafka.topics":  "[gateway-logs]",
}

// listings are shown, commented out, below an empty list.
var listings = map[string]string{
	"alerting.sinks": `
- name: oncall
  kind: slack
  min_severity: medium
  options:
    token_file: /run/secrets/slack-token
    channel: "#security-oncall"
- name: siem
  kind: webhook
  on_storm: delay
  options:
    url: https://siem.example.com/hooks/gatehound
    secret_files: [/run/secrets/siem-signing-secret]
    body: ocsf
- name: pager
  kind: pagerduty
  options: {routing_key_file: /run/secrets/pagerduty}`,
	"alerting.routing.assets": `
- {name: production, matchers: [tenant=production], raise: 1}`,
	"alerting.routing.routes": `
- name: nights
  matchers: [severity<high]
  during: [night]
  sinks: [siem]
- name: oncall
  matchers: [severity>=high]
  sinks: [oncall, siem]
  escalate:
    - {after: 15m, sinks: [pager]}
- name: rest
  sinks: [oncall, siem]`,
	"alerting.routing.mute_times": `
- {name: night, weekdays: ["monday:friday"], times: ["20:00-07:00"], zone: Europe/Berlin}`,
	"alerting.routing.maintenance": `
- name: load-test
  matchers: [tenant=staging, detector=rate.*]
  from: 2027-03-01T08:00:00Z
  until: 2027-03-01T18:00:00Z
  comment: quarterly load test`,
	"alerting.routing.inhibit": `
- {source: ["detector=feed.*", "severity>=high"], target: ["detector=silence.*"]}`,
	"api.tokens": `
- {name: soc, role: operate, token_file: /run/secrets/gatehound-soc}
- {name: dashboards, role: read, token_env: GATEHOUND_DASHBOARD_TOKEN}`,
	"engine.allow": `
- detector: extraction
  principal: h1:k1:AAAAAAAAAAAAAAAAAAAAAA
  owner: ml-platform
  reason: nightly evaluation run
  expires: 2027-06-30T00:00:00Z`,
	"detectors.spend.budgets": `
- {principal: "*", amount: 50, currency: usd, period: day}
- {tenant: research, amount: 500000000, currency: tokens, period: week, thresholds: [50, 80, 100]}`,
	"decode.custom": `
- name: acme
  match: {all: [ts, rc], equals: [{path: kind, value: access}]}
  fields:
    - {field: time, path: ts, layout: epoch_ms}
    - {field: method, path: call.verb}
    - {field: target, path: call.uri}
    - {field: status, path: rc}
    - {field: principal, path: [who.key_id, who.name]}
    - {field: latency, path: took, unit: us}
- name: edge
  line: '%{client} %{principal} [%{time}] "%{request_line}" %{status} %{latency}'
  fields:
    - {field: latency, path: latency, unit: ms}`,
	"redact.datasets": `
- name: partners
  match: {topics: ["partner-*"], formats: [kong, nginx]}
  preset: strict
  path: keep`,
	"enrich.trusted_proxies": `
- 10.0.0.0/8
- 2001:db8::/32`,
	"enrich.routes": `
- /agents/{id}/run`,
	"enrich.networks": `
- class: hosting
  file: /etc/gatehound/hosting.txt
- class: tor
  file: /etc/gatehound/tor-exits.txt`,
	"enrich.endpoints": `
- file: /etc/gatehound/openapi.yaml
  format: openapi
  mount: /billing
  host: api.example.com`,
	"enrich.prices": `
- provider: openai
  model: gpt-4o*
  input: 2.5
  output: 10
  cached: 1.25`,
}

func main() {
	log.SetFlags(0)
	root := flag.String("root", "", "the module's folder")
	out := flag.String("out", "gatehound.yaml", "the file to write")
	flag.Parse()
	w := &writer{root: *root, docs: map[string]map[string]string{}}
	w.b.WriteString(head)
	if err := w.fields(reflect.ValueOf(*app.DefaultConfig()), "", 0); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, []byte(w.b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

type writer struct {
	root string
	docs map[string]map[string]string // by package path, "Type.Field" to comment
	b    strings.Builder
}

// fields writes the settings of a struct.
func (w *writer) fields(v reflect.Value, path string, depth int) error {
	t := v.Type()
	docs, err := w.comments(t.PkgPath())
	if err != nil {
		return err
	}
	pad := strings.Repeat("  ", depth)
	for i := range t.NumField() {
		key, how, _ := strings.Cut(t.Field(i).Tag.Get("mapstructure"), ",")
		if how == "squash" { // its settings stand beside the others
			if err := w.fields(v.Field(i), path, depth); err != nil {
				return err
			}
			continue
		}
		if key == "" || key == "-" {
			continue
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		if depth == 0 {
			w.b.WriteString("\n")
		}
		doc := names(t).Replace(docs[t.Name()+"."+t.Field(i).Name])
		for line := range strings.SplitSeq(doc, "\n") {
			if line != "" {
				fmt.Fprintf(&w.b, "%s# %s\n", pad, line)
			}
		}
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			fmt.Fprintf(&w.b, "%s%s:\n", pad, key)
			if err := w.fields(f, at, depth+1); err != nil {
				return err
			}
			continue
		}
		value := text(f)
		if e, ok := examples[at]; ok {
			value = e
		}
		fmt.Fprintf(&w.b, "%s%s: %s\n", pad, key, value)
		if more, ok := listings[at]; ok {
			for line := range strings.SplitSeq(strings.TrimPrefix(more, "\n"), "\n") {
				fmt.Fprintf(&w.b, "%s#   %s\n", pad, line)
			}
		}
	}
	return nil
}

// names replaces the names of a struct's fields by their keys.
func names(t reflect.Type) *strings.Replacer {
	var pairs []string
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("mapstructure"), ",")
		if name := t.Field(i).Name; key != "" {
			for _, end := range []string{" ", ",", ".", ";", "\n"} {
				pairs = append(pairs, name+end, key+end)
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

// text is a value as YAML.
func text(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		s := x.String()
		if strings.HasSuffix(s, "m0s") {
			s = strings.TrimSuffix(s, "0s")
		}
		if strings.HasSuffix(s, "h0m") {
			s = strings.TrimSuffix(s, "0m")
		}
		return s
	case []string:
		return "[" + strings.Join(x, ", ") + "]"
	}
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return `""`
		}
		return v.String()
	case reflect.Slice, reflect.Map:
		return "[]"
	default:
		return fmt.Sprint(v.Interface())
	}
}

// comments returns the doc comments of a package's struct fields.
func (w *writer) comments(pkg string) (map[string]string, error) {
	if d, ok := w.docs[pkg]; ok {
		return d, nil
	}
	docs := map[string]string{}
	w.docs[pkg] = docs
	files, err := filepath.Glob(filepath.Join(w.root, strings.TrimPrefix(pkg, module), "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			st, ok := spec.Type.(*ast.StructType)
			if !ok {
				return false
			}
			for _, field := range st.Fields.List {
				for i, id := range field.Names {
					if i == 0 {
						docs[spec.Name.Name+"."+id.Name] = strings.TrimSpace(field.Doc.Text())
					}
				}
			}
			return false
		})
	}
	return docs, nil
}
