package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// testKeys returns a ring of two keys that never change; k2 is current.
func testKeys(t testing.TB) *Keys {
	t.Helper()
	k, err := NewKeys("k2", Key{"k1", bytes.Repeat([]byte{1}, 32)}, Key{"k2", bytes.Repeat([]byte{2}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRedactor(t testing.TB, cfg Config) *Redactor {
	t.Helper()
	r, err := New(cfg, testKeys(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func event(t testing.TB, r *Redactor, rec decode.Record) schemas.Event {
	t.Helper()
	var ev schemas.Event
	var arena schemas.Arena
	if err := r.Event(&rec, &ev, &arena); err != nil {
		t.Fatal(err)
	}
	return ev
}

func TestNew(t *testing.T) {
	if _, err := New(Config{}, testKeys(t)); err == nil || !strings.Contains(err.Error(), `preset: "" is no preset`) {
		t.Errorf("error %v", err)
	}
	if _, err := New(DefaultConfig(), nil); err == nil {
		t.Error("no keys were accepted")
	}
	cfg := DefaultConfig()
	v := reflect.ValueOf(&cfg).Elem()
	for i := range v.NumField() {
		if v.Field(i).Type() != reflect.TypeFor[Action]() {
			continue
		}
		was := v.Field(i).String()
		v.Field(i).SetString("hide")
		key := v.Type().Field(i).Tag.Get("mapstructure")
		if err := cfg.Validate(); err == nil || !strings.HasPrefix(err.Error(), key+":") {
			t.Errorf("%s: %v", key, err)
		}
		v.Field(i).SetString(was)
	}
}

func TestEventCopiesEveryFigure(t *testing.T) {
	rec := decode.Record{}
	v := reflect.ValueOf(&rec).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Float32, reflect.Float64:
			f.SetFloat(0.5)
		case reflect.Uint8:
			f.SetUint(1)
		case reflect.Uint16, reflect.Uint32:
			f.SetUint(uint64(i + 1))
		case reflect.Int32, reflect.Int64:
			f.SetInt(int64(i + 1))
		}
	}
	rec.Known = schemas.HasPrompt - 1
	ev := event(t, newRedactor(t, DefaultConfig()), rec)
	got := reflect.ValueOf(ev)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch name {
		case "LatencyNS":
			name = "Latency"
		case "UpstreamLatencyNS":
			name = "UpstreamLatency"
		case "Presented", "NotAuth", "NoVerdict", "Origin", "Context": // for the decoders' own judgement, and for Delivery
			continue
		case "Dropped":
			if ev.Redacted[schemas.RedactedPrompt] != uint8(rec.Dropped) {
				t.Errorf("%d dropped texts were counted", ev.Redacted[schemas.RedactedPrompt])
			}
			continue
		}
		f := v.Field(i)
		if f.Kind() == reflect.String || f.Kind() == reflect.Slice {
			continue
		}
		if !got.FieldByName(name).IsValid() {
			t.Errorf("an event has no %s", name)
			continue
		}
		if a, b := fmt.Sprint(f.Interface()), fmt.Sprint(got.FieldByName(name).Interface()); a != b && !strings.HasPrefix(name, "Latency") && !strings.HasPrefix(name, "UpstreamLatency") {
			t.Errorf("%s is %s, was %s", name, b, a)
		}
	}
	if int64(ev.Latency) != rec.LatencyNS || int64(ev.UpstreamLatency) != rec.UpstreamLatencyNS {
		t.Error("latencies")
	}
}

func TestEventOverwritesTheLastOne(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	ev := schemas.Event{Position: schemas.Position{Offset: 7}, ClientClass: schemas.ClientSDK, ASN: 64500}
	keep := ev
	keep.KeyID = "k2" // of the ring
	rec := decode.Record{Path: "/a@b.com", Prompt: []string{"x"}, Principal: "p", Model: "m", Known: schemas.HasStatus}
	var arena schemas.Arena
	if err := r.Event(&rec, &ev, &arena); err != nil {
		t.Fatal(err)
	}
	if err := r.Event(&decode.Record{}, &ev, &arena); err != nil {
		t.Fatal(err)
	}
	if ev != keep {
		t.Errorf("left over: %+v", ev)
	}
}

func TestEventFloatsThatJSONHasNot(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		ev := event(t, r, decode.Record{Cost: f, Temperature: float32(f), Known: schemas.HasCost | schemas.HasTemperature, LatencyNS: -5})
		if _, err := json.Marshal(ev); err != nil || ev.Known != 0 || ev.Latency != 0 {
			t.Errorf("%v: %v, known %b", f, err, ev.Known)
		}
	}
}

func TestEventText(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	ev := event(t, r, decode.Record{
		Format: "kong", Gateway: "kong/3.8.0", Tenant: "team-a", RequestID: "99789635-18d0-480f-8182-a3a3c477a6a4", Method: "post",
		Host: "API.Example.com:8443", Route: "/v1/users/{id}", Path: "/v1/users/jane@example.org", Query: "apikey=x&q=a%40b.com&n=1",
		UserAgent: "curl/8.6.0 (jane@example.org)", Model: "gpt-4o-2024-08-06", Provider: "openai", Operation: "chat", FinishReason: "stop",
		Principal: "jane@example.org", EndUser: "u-17", Credential: "Bearer opaque-credential",
	})
	for _, c := range []struct{ name, got, want string }{
		{"format", ev.Format, "kong"}, {"gateway", ev.Gateway, "kong/3.8.0"}, {"tenant", ev.Tenant, "team-a"},
		{"request id", ev.RequestID, "99789635-18d0-480f-8182-a3a3c477a6a4"}, {"method", ev.Method, "POST"},
		{"host", ev.Host, "api.example.com"}, {"route", ev.Route, "/v1/users/{id}"}, {"path", ev.Path, "/v1/users/[EMAIL]"},
		{"query", ev.Query, "apikey=[SECRET]&q=[EMAIL]&n=1"}, {"agent", ev.UserAgent, "curl/8.6.0 ([EMAIL])"},
		{"model", ev.Model, "gpt-4o-2024-08-06"}, {"provider", ev.Provider, "openai"}, {"operation", ev.Operation, "chat"}, {"finish", ev.FinishReason, "stop"},
	} {
		if c.got != c.want {
			t.Errorf("%s is %q, want %q", c.name, c.got, c.want)
		}
	}
	for _, p := range []string{ev.Principal, ev.EndUser} {
		if !strings.HasPrefix(p, "h1:k2:") || len(p) != 28 {
			t.Errorf("pseudonym %q", p)
		}
	}
	if ev.Principal != testKeys(t).Principal("jane@example.org") || !strings.HasPrefix(ev.Credential, "c1:k2:") || strings.Contains(ev.Credential, "opaque") {
		t.Errorf("principal %q, credential %q", ev.Principal, ev.Credential)
	}
	if n := ev.Redacted; n[schemas.RedactedEmail] != 3 || n[schemas.RedactedParameter] != 1 || n[schemas.RedactedPrincipal] != 2 {
		t.Errorf("counts %v", n)
	}
}

func TestHost(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for in, want := range map[string]string{"": "", "a.b": "a.b", "A.B:80": "a.b", "a.b.": "a.b", "[2001:db8::1]:443": "[IP]", "203.0.113.9": "[IP]",
		"localhost:3000": "localhost", "a:b": "a:b", "X://u:pw1@DB": "x://[SECRET:url]@db", strings.Repeat("a.", 200): strings.Repeat("a.", 62) + "a…"} {
		if got := event(t, r, decode.Record{Host: in}).Host; got != want {
			t.Errorf("host of %q is %q, want %q", in, got, want)
		}
	}
}

func TestMethod(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for in, want := range map[string]string{"": "", "get": "GET", "GET": "GET", "propfind": "PROPFIND", "G T": "[UNPROVEN]", "\x16\x03": "[UNPROVEN]", strings.Repeat("A", 21): "[UNPROVEN]"} {
		if got := event(t, r, decode.Record{Method: in}).Method; got != want {
			t.Errorf("method of %q is %q, want %q", in, got, want)
		}
	}
}

func TestRequestID(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for _, id := range []string{"2f6946328ffc4946b8c9120704a4a155", "req_011CSHoEeqs5C35K2UUqmjTh", "Root=1-67891233-abcdef012345678912345678", "chatcmpl-2299b6a2-82a3-465a-b47c-04e685a2227f", "HDFsQF1gIAMF-Fw=", "4111111111111111"} {
		if got := event(t, r, decode.Record{RequestID: id}).RequestID; got != id {
			t.Errorf("id %q became %q", id, got)
		}
	}
	long := strings.Repeat("aB3dE5fG7", 6)
	a, b := event(t, r, decode.Record{RequestID: long}).RequestID, event(t, r, decode.Record{RequestID: long}).RequestID
	if a != b || !strings.HasPrefix(a, "h1:k2:") {
		t.Errorf("a long random id became %q and %q", a, b)
	}
}

func TestActions(t *testing.T) {
	all := func(a Action) Config {
		c := DefaultConfig()
		c.Principal, c.EndUser, c.ClientAddress, c.Path, c.Query, c.UserAgent = a, a, a, a, a, a
		c.RequestID, c.Host, c.Tenant, c.Gateway, c.TLS = a, a, a, a, a
		return c
	}
	rec := decode.Record{Principal: "jane@example.org", EndUser: "team-7", Path: "/jane@example.org", Query: "a=1&password=x", UserAgent: "u jane@example.org", RequestID: "id-1", Host: "h.example", Tenant: "t", Gateway: "g"}
	ev := event(t, newRedactor(t, all(Drop)), rec)
	for _, s := range []string{ev.Principal, ev.EndUser, ev.Path, ev.Query, ev.UserAgent, ev.RequestID, ev.Host, ev.Tenant, ev.Gateway} {
		if s != "" {
			t.Errorf("%q was not dropped", s)
		}
	}
	ev = event(t, newRedactor(t, all(Keep)), rec)
	if ev.Principal != "jane@example.org" || ev.Path != "/jane@example.org" || ev.Query != "a=1&password=[SECRET]" || ev.EndUser != "team-7" {
		t.Errorf("keep: %+v", ev)
	}
	ev = event(t, newRedactor(t, all(Mask)), rec)
	if !strings.HasPrefix(ev.Principal, "h1:") || ev.EndUser != "team-7" || ev.Tenant != "t" {
		t.Errorf("mask: principal %q, end user %q", ev.Principal, ev.EndUser)
	}
	ev = event(t, newRedactor(t, all(Pseudonymize)), rec)
	for _, s := range []string{ev.Principal, ev.EndUser, ev.Path, ev.Query, ev.UserAgent, ev.RequestID, ev.Host, ev.Tenant, ev.Gateway} {
		if !strings.HasPrefix(s, "h1:k2:") || len(s) > maxPrincipal {
			t.Errorf("%q is no pseudonym", s)
		}
	}
	rec.Principal = strings.Repeat("p", 41)
	if ev = event(t, newRedactor(t, all(Keep)), rec); !strings.HasPrefix(ev.Principal, "h1:") {
		t.Errorf("a long principal was kept: %q", ev.Principal)
	}
}

func TestNobodyCallsHimselfByAPseudonym(t *testing.T) {
	victim := event(t, newRedactor(t, DefaultConfig()), decode.Record{Principal: "batch-job"}).Principal
	for _, action := range []Action{Keep, Mask} {
		cfg := DefaultConfig()
		cfg.Principal, cfg.EndUser = action, action
		ev := event(t, newRedactor(t, cfg), decode.Record{Principal: victim, EndUser: victim})
		if ev.Principal == victim || ev.EndUser == victim {
			t.Errorf("%s: %q is kept", action, victim)
		}
	}
}

func TestCredential(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	of := func(c string) string { return event(t, r, decode.Record{Credential: c}).Credential }
	key := planted()["anthropic"]
	if a, b := of(key), of("Bearer "+key); a != b || !strings.HasSuffix(a, ":anthropic") {
		t.Errorf("fingerprints %q and %q", a, b)
	}
	if of("key-a") == of("key-b") {
		t.Error("two credentials have one fingerprint")
	}
	if of("same") == event(t, r, decode.Record{Principal: "same"}).Principal {
		t.Error("a credential and a principal share a pseudonym")
	}
	for _, masked := range []string{"", "-", "REDACTED", "[REDACTED]", "****", "Bearer ***", "xxxxxxxx", "Bearer REDACTED", "null"} {
		if got := of(masked); got != "" {
			t.Errorf("mask %q has the fingerprint %q", masked, got)
		}
	}
}

func TestClient(t *testing.T) {
	for _, c := range []struct {
		action   Action
		in, want string
	}{
		{Keep, "203.0.113.9", "203.0.113.9"}, {Keep, "::ffff:203.0.113.9", "203.0.113.9"}, {Keep, "fe80::1%eth0", "fe80::1"},
		{Mask, "203.0.113.9", "203.0.113.0"}, {Mask, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"}, {Drop, "203.0.113.9", "invalid IP"},
		{Pseudonymize, "203.0.113.9", testKeys(t).Address(netip.MustParseAddr("203.0.113.9")).String()},
	} {
		cfg := DefaultConfig()
		cfg.ClientAddress = c.action
		r := newRedactor(t, cfg)
		ev := schemas.Event{ClientAddr: netip.MustParseAddr(c.in)}
		var arena schemas.Arena
		if err := r.Event(&decode.Record{}, &ev, &arena); err != nil {
			t.Fatal(err)
		}
		if got := ev.Client.String(); got != c.want {
			t.Errorf("%s of %s is %s, want %s", c.action, c.in, got, c.want)
		}
	}
}

// TestStringsDoNotAliasTheRecord overwrites the record's memory.
func TestStringsDoNotAliasTheRecord(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for round := range 3 {
		mem := []byte("kong gw1 tenant1 req-1 /path/x a=1 agent/1 gpt-4 stop host.example")
		f := bytes.Fields(mem)
		rec := decode.Record{Format: view(f[0]), Gateway: view(f[1]), Tenant: view(f[2]), RequestID: view(f[3]), Path: view(f[4]),
			Query: view(f[5]), UserAgent: view(f[6]), Model: view(f[7]), FinishReason: view(f[8]), Host: view(f[9]), Route: view(f[4])}
		ev := event(t, r, rec)
		before, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		for i := range mem {
			mem[i] = '#'
		}
		event(t, r, decode.Record{Path: "/other", Query: strings.Repeat("x@y.com", 9), UserAgent: "z"})
		if after, err := json.Marshal(ev); err != nil || !bytes.Equal(before, after) {
			t.Fatalf("round %d: %s became %s", round, before, after)
		}
	}
}
