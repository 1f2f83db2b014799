// Package field is the list of what a rule can ask of an event: names, aliases
// of other vocabularies, and how each value is read.
package field

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// ID names a field.
type ID uint8

// Kind is what a field's values are.
type Kind uint8

// The kinds.
const (
	Text    Kind = iota
	Number       // compared as a number; as text in decimal
	Flag         // true or false
	Address      // the client's address
	Moment       // the time of the event
)

// String names a kind in messages.
func (k Kind) String() string {
	return [...]string{"text", "number", "true or false", "address", "time"}[k]
}

// Def describes a field.
type Def struct {
	Name string
	Kind Kind
	// Aliases are the names of other vocabularies.
	Aliases []string
	// Doc says what the value is.
	Doc string

	text   func(e *schemas.Event, b *Buffer) string
	number func(e *schemas.Event) float64
	has    func(e *schemas.Event) bool
}

// Buffer is where values are put together. What a field's Text returns lives
// until the next event.
type Buffer struct{ b []byte }

// Reset frees the buffer for the next event.
func (b *Buffer) Reset() { b.b = b.b[:0] }

// Defs returns the fields in the order of their IDs.
func Defs() []Def { return defs }

// Of returns the definition of a field.
func Of(id ID) *Def { return &defs[id] }

// Count is the number of fields.
func Count() int { return len(defs) }

// Text returns the field's value as text, "" if it is not known.
func (d *Def) Text(e *schemas.Event, b *Buffer) string {
	if d.text != nil {
		return d.text(e, b)
	}
	if !d.has(e) {
		return ""
	}
	start := len(b.b)
	switch d.Kind {
	case Address:
		b.b = Addr(e).AppendTo(b.b)
	case Moment:
		b.b = e.When().AppendFormat(b.b, time.RFC3339Nano)
	case Flag:
		b.b = strconv.AppendBool(b.b, d.number(e) != 0)
	default:
		b.b = strconv.AppendFloat(b.b, d.number(e), 'f', -1, 64)
	}
	return view(b.b[start:])
}

// Number returns the value of a field of kind Number or Flag, and whether it is
// known.
func (d *Def) Number(e *schemas.Event) (float64, bool) {
	if d.number == nil || !d.has(e) {
		return 0, false
	}
	return d.number(e), true
}

// Known tells whether the event has the field.
func (d *Def) Known(e *schemas.Event, b *Buffer) bool {
	if d.has != nil {
		return d.has(e)
	}
	return d.text(e, b) != ""
}

// Empty tells whether the event says that the field was empty, as ” in a rule
// asks. A request without a user agent is one only if the log has them; of other
// fields nothing is known, so what is not there counts as empty.
func (d *Def) Empty(e *schemas.Event, b *Buffer) bool {
	if d.Name == "user_agent" {
		return e.ClientClass == schemas.ClientEmpty
	}
	return !d.Known(e, b)
}

// Addr returns the client's true address, or what is stored of it if the true
// one is not at hand.
func Addr(e *schemas.Event) netip.Addr {
	if e.ClientAddr.IsValid() {
		return e.ClientAddr.Unmap()
	}
	return e.Client.Unmap()
}

// Lookup returns the fields that a name in a rule stands for: values are looked
// for in each of them. Upper and lower case are the same, and so are - and _.
// The reason is set if there is no such field.
func Lookup(name string) (ids []ID, reason string) {
	key := canonical(name)
	if ids, ok := names[key]; ok {
		return ids, ""
	}
	if why, ok := absent[key]; ok {
		return nil, why
	}
	return nil, "is not a field of Gatehound's events; the table of fields is in detectors/rules/README.md"
}

func canonical(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// names maps what rules write to fields.
var names = index()

func index() map[string][]ID {
	m := map[string][]ID{}
	for i := range defs {
		m[canonical(defs[i].Name)] = []ID{ID(i)}
		for _, a := range defs[i].Aliases {
			m[canonical(a)] = []ID{ID(i)}
		}
	}
	for alias, of := range wide {
		var ids []ID
		for _, name := range of {
			ids = append(ids, m[name][0])
		}
		m[canonical(alias)] = ids
	}
	return m
}

// wide are the names that stand for more than one field. The last one holds the
// others' text: what may be anywhere in the text is looked for there alone.
//
// Public rules write a path, or path and query, where their vocabulary has the
// query alone, and the whole address where it has the path and query.
var wide = map[string][]string{
	"cs-uri-query": {"query", "target"},
	"c-uri-query":  {"query", "target"},
	"c-uri":        {"target", "url"},
	"cs-uri":       {"target", "url"},
	"url.full":     {"target", "url"},
	"url.original": {"target", "url"},
}

// Wide returns the names that stand for more than one field, with those.
func Wide() map[string][]string { return wide }

// Keywords are the fields in which words without a field are looked for.
func Keywords() []ID {
	var ids []ID
	for _, name := range []string{"url", "user_agent", "principal", "model", "tool", "gateway"} {
		ids = append(ids, names[name][0])
	}
	return ids
}

// absent says why what other vocabularies have is not in events.
var absent = map[string]string{
	"cs_referer":            noHeader,
	"cs_referrer":           noHeader,
	"http.request.referrer": noHeader,
	"cs_cookie":             "is never kept: cookies hold secrets",
	"cookie":                "is never kept: cookies hold secrets",
	"cs_version":            "is not in events: gateways seldom log the version of HTTP",
	"http.version":          "is not in events: gateways seldom log the version of HTTP",
	"dst_ip":                noServer,
	"dst":                   noServer,
	"s_ip":                  noServer,
	"destination.ip":        noServer,
	"s_port":                "is not in events: ports are not kept",
	"dst_port":              "is not in events: ports are not kept",
	"src_port":              "is not in events: ports are not kept",
	"c_port":                "is not in events: ports are not kept",
	"http.request.body":     noBody,
	"request_body":          noBody,
	"post_body":             noBody,
	"gen_ai.prompt":         noBody,
	"gen_ai.completion":     noBody,
	"prompt":                noBody,
	"c_win32_status":        "is not in events: it is of Windows only",
	"prompt_minhash":        "is a sketch that no rule can compare; use prompt_fingerprint or template_fingerprint",
	"response":              noBody,
	"response_body":         noBody,
	"http.response.body":    noBody,
	"known":                 "is not a value; ask for a field with the modifier exists",
	"cs_authorization":      "is never kept: it holds secrets; auth and auth_reason have the outcome",
}

const (
	noHeader = "is not in events: referring pages are not kept"
	noServer = "is not in events: servers' addresses are not kept; cs-host has the name"
	noBody   = "is not in events: texts of requests and answers are dropped; prompt_signals, prompt_length and fingerprints are kept"
)

// Absent returns the names that other vocabularies have and events do not, with
// the reasons.
func Absent() map[string]string { return absent }
