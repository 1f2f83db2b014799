package syslog

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gatehound/gatehound/schemas"
)

// read takes a record apart as the format's definition says: fields of the
// header end at a "|" that is not escaped, a value at the next key.
func read(t *testing.T, record string) (head []string, fields map[string]string) {
	t.Helper()
	fields = map[string]string{}
	var field strings.Builder
	rest := record
	for len(head) < 7 {
		if rest == "" {
			t.Fatalf("the header has %d fields: %.300q", len(head), record)
		}
		switch {
		case rest[0] == '\\' && len(rest) > 1 && (rest[1] == '\\' || rest[1] == '|'):
			field.WriteByte(rest[1])
			rest = rest[2:]
			continue
		case rest[0] == '\\':
			t.Fatalf("an escape that is none: %.300q", record)
		case rest[0] == '|':
			head = append(head, field.String())
			field.Reset()
		default:
			field.WriteByte(rest[0])
		}
		rest = rest[1:]
	}
	key, value := "", ""
	put := func() {
		if _, twice := fields[key]; twice {
			t.Errorf("%s is there twice: %.500q", key, record)
		}
		fields[key] = value
	}
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && i+1 < len(rest) && (rest[i+1] == '\\' || rest[i+1] == '='):
			i++
			value += rest[i : i+1]
		case c == '\\':
			t.Fatalf("an escape that is none: %.300q", rest[i:])
		case c == '=':
			at := strings.LastIndexByte(value, ' ')
			next := value[at+1:]
			if key != "" {
				value = value[:max(at, 0)]
				put()
			}
			key, value = next, ""
		default:
			value += string(c)
		}
	}
	if key != "" {
		put()
	}
	return head, fields
}

func TestCEF(t *testing.T) {
	a := sample(schemas.AlertResolved)
	a.Outcome, a.Resolution = "It stopped by itself.", &schemas.Mark{At: a.LastSeen.Add(time.Hour), Comment: "the cause = ended"}
	head, got := read(t, cef(&a, "k-1", "1.2|3", "gw-1", 8000))
	if strings.Join(head, "/") != "CEF:0/Gatehound/Gatehound/1.2|3/extraction.harvest/Model extraction/8" {
		t.Errorf("the header is %q", head)
	}
	for key, want := range map[string]string{
		"externalId": a.ID, "deviceExternalId": "gw-1", "rt": "1795183200000", "start": "1795176000000", "end": "1795179600000",
		"act": "resolved", "cnt": "12000", "flexString1": "k-1", "flexString1Label": "idempotency key",
		"flexString2": "h1:k1:q83vEjRWeJA", "flexString2Label": "entity principal", "suser": "h1:k1:q83vEjRWeJA",
		"cs1": "extraction.harvest", "cs1Label": "detector", "cs2": "openai gpt-4o", "cs3": "AML.T0024.002,T1110", "cs4": "acme",
		"cs6": "https://gatehound.example/cases/1", "cn1": "3", "cn1Label": "findings", "cn2": "87", "cn3": "3", "cat": "alert",
		"reason": "the cause = ended", "outcome": "resolved", "msg": "It stopped by itself. One caller asks like a machine.",
		"request": "SELECT 1 FROM events WHERE a = 'b|c'",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if _, there := got["cs5"]; there {
		t.Error("there is a campaign")
	}
}

func TestCEFEntities(t *testing.T) {
	for _, c := range []struct {
		kind            schemas.EntityKind
		name, key, want string
	}{
		{schemas.EntityAddress, "198.51.100.7", "src", "198.51.100.7"},
		{schemas.EntityAddress, "::ffff:198.51.100.7", "src", "198.51.100.7"},
		{schemas.EntityAddress, "2001:db8::/64", "c6a2", "2001:db8::"},
		{schemas.EntityAddress, "fe80::1%eth0", "c6a2", "fe80::1"},
		{schemas.EntityAddress, "h1:k1:abc", "src", ""},
		{schemas.EntityHost, "api.example.com", "dhost", "api.example.com"},
		{schemas.EntityRoute, "POST /v1/chat/completions", "flexString2", "POST /v1/chat/completions"},
	} {
		a := sample(schemas.AlertOpen)
		a.Entity = schemas.Entity{Kind: c.kind, Name: c.name}
		if _, got := read(t, cef(&a, "k", "1", "h", 8000)); got[c.key] != c.want {
			t.Errorf("%s %s: %s is %q, want %q", c.kind, c.name, c.key, got[c.key], c.want)
		}
	}
}

func TestCEFOutcome(t *testing.T) {
	a := sample(schemas.AlertEscalated)
	a.Escalated = 2
	if _, got := read(t, cef(&a, "k", "1", "h", 8000)); got["outcome"] != "escalated" {
		t.Errorf("got %q", got["outcome"])
	}
	a.Acknowledged = &schemas.Mark{By: "ana.k"}
	if _, got := read(t, cef(&a, "k", "1", "h", 8000)); got["outcome"] != "acknowledged by ana.k" {
		t.Errorf("got %q", got["outcome"])
	}
	a = sample(schemas.AlertResolved)
	a.MergedInto, a.Test = "0123", true
	head, got := read(t, cef(&a, "k", "1", "h", 8000))
	if got["reason"] != "merged into 0123" || head[5] != "TEST: Model extraction" {
		t.Errorf("got %q, %q", got["reason"], head[5])
	}
}

// Hostile text comes out as it went in, as far as it can be shown, and a record
// that would be too long has fewer fields, not half ones.
func TestCEFHostile(t *testing.T) {
	for i, text := range hostileTexts {
		a := sample(schemas.AlertOpen)
		a.Title, a.Summary, a.Detector, a.Tenant, a.Entity.Name, a.Finding.Query = text, text, text, text, text, text
		a.Finding.Campaign = &schemas.Campaign{ID: text, Named: []string{text}, Links: []schemas.Link{{Text: text}}}
		for _, limit := range []int{4500, 5000, 8000, 100_000} {
			record := cef(&a, text, text, text, limit)
			head, fields := read(t, record)
			if len(record) > limit || len(head) != 7 || head[6] != "8" || fields["act"] != "open" || fields["externalId"] != a.ID {
				t.Errorf("text %d within %d: %d bytes, header %.100q, act %q", i, limit, len(record), head, fields["act"])
			}
			if strings.ContainsFunc(record, unicode.IsControl) {
				t.Errorf("text %d: there are controls in %.300q", i, record)
			}
		}
	}
}

func FuzzCEF(f *testing.F) {
	for _, text := range hostileTexts[:9] {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, title, value string) {
		a := sample(schemas.AlertOpen)
		a.Title, a.Detector, a.Tenant, a.Entity.Name, a.Summary = title, value, value, title, value
		record := cef(&a, value, "1", "h", 5000)
		head, fields := read(t, record)
		if len(head) != 7 || head[6] != "8" || len(record) > 5000 || fields["act"] != "open" || strings.ContainsFunc(record, unicode.IsControl) {
			t.Errorf("%q, %d bytes", head, len(record))
		}
		for key := range fields {
			if strings.ContainsFunc(key, func(c rune) bool { return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') }) {
				t.Errorf("there is a key %q", key)
			}
		}
	})
}
