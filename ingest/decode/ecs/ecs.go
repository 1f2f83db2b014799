// Package ecs decodes documents in the Elastic Common Schema: what Filebeat's
// modules and Elastic Agent's integrations make of access logs in their ingest
// pipelines, and Logstash in its filters. Names may be nested or dotted.
package ecs

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// shared are names that tell ECS from what else has its names for requests:
// OpenTelemetry's attributes, applications' JSON.
var shared = []string{"agent", "ecs", "@version", "data_stream", "ecs.version", "event.dataset", "event.module",
	"event.category", "event.outcome", "source.ip", "source.address", "log.offset"}

// Format is a document of a request.
var Format = decode.Format{
	Name: "ecs",
	Rules: []decode.Rule{
		{All: []string{"@timestamp", "http"}, Any: shared, Where: hasRequest},
		{All: []string{"@timestamp", "http", "url"}, Any: shared, Where: hasRequest},
		{All: []string{"@timestamp", "http.response.status_code"}, Any: shared},
		{All: []string{"@timestamp", "http.request.method"}, Any: shared},
		{All: []string{"@timestamp", "gen_ai"}, Any: shared, Where: hasModel},
		{All: []string{"@timestamp", "fileset.module", "fileset.name"}},
	},
	JSON: decodeJSON,
}

// hasRequest reports whether "http" is ECS's: other logs have "method" and
// "status_code" right in it.
func hasRequest(o field.Value) bool {
	for it := o.Get("http").Members(); it.Next(); {
		switch it.Key() {
		case "request", "response", "version", "request.method", "response.status_code":
			return true
		}
	}
	return false
}

func hasModel(o field.Value) bool { return o.Get("gen_ai").Kind() == field.Object }

// maxName bounds a path of names; none in the tables is longer.
const maxName = 80

// maxDepth is how deep members are looked for:
// "nginx.ingress_controller.upstream.response.status_code" is 5.
const maxDepth = 5

// reader is one pass over a document: members are named by their path, whether
// it is nested or dotted, and what is derived from several is collected.
type reader struct {
	r *decode.Record

	original, full, path, query string
	domain, destination         string
	source, client, forwarded   string
	observer, dataset           string
	user                        rank
	requestID                   rank
	version, cipher, hello      string
	upstream, noUpstream        bool
	denied, login               bool
	outcome                     string
	answered                    bool
}

// rank is a text and how much its name says.
type rank struct {
	text string
	of   int
}

func (k *rank) set(of int, s string) {
	if s != "" && of > k.of {
		k.text, k.of = s, of
	}
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	in := reader{r: r}
	var name [maxName]byte
	in.object(o, name[:0], 1)
	in.derive(o)
	return r.Path != "" || r.Model != "" || r.Known&schemas.HasStatus != 0
}

// object walks over an object; prefix is its path with a dot at the end.
func (in *reader) object(o field.Value, prefix []byte, depth int) {
	for it := o.Members(); it.Next(); {
		key := it.Key()
		if len(prefix)+len(key) >= maxName {
			continue
		}
		v := it.Value()
		if depth == 1 && v.Kind() == field.Object && isAside(key) {
			continue
		}
		name := append(prefix, key...)
		if v.Kind() != field.Object {
			in.member(field.View(name), v)
		} else if !in.container(field.View(name), v) && depth < maxDepth {
			in.object(v, append(name, '.'), depth+1)
		}
	}
}

// isAside reports whether an object at the top tells nothing of the request.
func isAside(name string) bool {
	switch name {
	case "@metadata", "ecs", "log", "input", "cloud", "container", "kubernetes", "docker", "fields", "related", "elastic_agent", "process":
		return true
	}
	return false
}

// container takes objects that are read as a whole.
func (in *reader) container(name string, v field.Value) bool {
	switch name {
	case "http.request.headers":
		in.r.ReadRequestHeaders(v)
	case "http.response.headers":
		in.r.ReadResponseHeaders(v)
	case "host.os", "source.geo", "source.as", "client.geo", "client.as", "user_agent.os", "user_agent.device", "agent.build":
	default:
		return false
	}
	return true
}

// member takes one value; the tables are split by what they are about.
func (in *reader) member(name string, v field.Value) {
	switch group(name) {
	case "http":
		in.http(name, v)
	case "url", "source", "client", "user", "user_agent", "network", "destination", "server", "tls", "organization":
		in.parties(name, v)
	case "gen_ai":
		in.model(name, v)
	case "nginx", "apache", "apache2", "traefik", "iis", "haproxy", "envoyproxy":
		in.module(name, v)
	default:
		in.event(name, v)
	}
}

// group returns the first name of a path.
func group(name string) string {
	for i := 0; i < len(name); i++ {
		if name[i] == '.' {
			return name[:i]
		}
	}
	return name
}

func (in *reader) http(name string, v field.Value) {
	r := in.r
	switch name {
	case "http.request.method":
		r.Method = v.Text()
	case "http.response.status_code":
		r.SetStatus(v.Text())
	case "http.request.id":
		in.requestID.set(3, v.Text())
	case "http.request.bytes":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "http.request.body.bytes":
		// The bytes with headers, if they are there, are those of other logs.
		if r.Known&schemas.HasRequestBytes == 0 {
			r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
		}
	case "http.response.bytes":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "http.response.body.bytes":
		if r.Known&schemas.HasResponseBytes == 0 {
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
		}
	case "http.response.mime_type":
		r.SetContentType(v.Text())
	case "http.request.body.content":
		if body := v.Unwrap(); body.Kind() == field.Object {
			r.ReadRequestBody(body)
		} else if v.Text() != "" {
			r.Dropped++
		}
	case "http.response.body.content":
		if v.Text() != "" {
			r.Dropped++
		}
	}
}

func (in *reader) parties(name string, v field.Value) {
	r := in.r
	switch name {
	case "url.original":
		in.original = v.Text()
	case "url.full":
		in.full = v.Text()
	case "url.path":
		in.path = v.Text()
	case "url.query":
		in.query = v.Text()
	case "url.domain":
		in.domain = v.Text()
	case "destination.domain", "server.domain":
		in.destination = v.Text()
	case "source.address":
		in.source = v.Text()
	case "source.ip":
		if in.source == "" {
			in.source = v.Text()
		}
	case "client.address":
		in.client = v.Text()
	case "client.ip":
		if in.client == "" {
			in.client = v.Text()
		}
	case "network.forwarded_ip":
		if in.forwarded == "" {
			in.forwarded = v.List()
		}
	case "user.id", "client.user.id", "source.user.id":
		in.user.set(2, v.Text())
	case "user.name", "client.user.name", "source.user.name":
		in.user.set(3, v.Text())
	case "user.email", "tls.client.subject":
		in.user.set(1, v.Text())
	case "user_agent.original":
		r.UserAgent = v.Text()
	case "tls.version":
		in.version = v.Text()
	case "tls.cipher":
		in.cipher = v.Text()
	case "tls.client.ja4":
		in.hello = v.Text()
	case "tls.client.ja3":
		if in.hello == "" {
			in.hello = v.Text()
		}
	case "organization.name":
		r.Tenant = v.Text()
	case "organization.id":
		if r.Tenant == "" {
			r.Tenant = v.Text()
		}
	}
}

func (in *reader) event(name string, v field.Value) {
	r := in.r
	switch name {
	case "@timestamp":
		r.SetTime(v.Text())
	case "event.duration": // nanoseconds, by definition
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Nanoseconds)
	case "event.id":
		in.requestID.set(2, v.Text())
	case "trace.id":
		in.requestID.set(1, v.Text())
	case "event.outcome":
		in.outcome = v.Text()
	case "event.category":
		in.login = in.login || has(v, "authentication")
	case "event.type":
		in.denied = in.denied || has(v, "denied")
	case "event.dataset":
		in.dataset = v.Text()
	case "event.module", "fileset.module":
		if in.dataset == "" {
			in.dataset = v.Text()
		}
	case "host.name":
		r.Gateway = v.Text()
	case "observer.name", "observer.hostname", "agent.name", "service.name":
		if in.observer == "" {
			in.observer = v.Text()
		}
	}
}

// has reports whether v is the word, or a list with it.
func has(v field.Value, word string) bool {
	if v.Kind() != field.Array {
		return v.Text() == word
	}
	for it := v.Members(); it.Next(); {
		if it.Value().Text() == word {
			return true
		}
	}
	return false
}
