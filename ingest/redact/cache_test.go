package redact

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

func TestTextCacheAdmitsTheSecondTime(t *testing.T) {
	c := newTextCache(8)
	var n schemas.RedactionCounts
	n.Add(schemas.RedactedEmail)
	for round := range 3 {
		e, hash, ok := c.find("raw", 1)
		if ok != (round == 2) {
			t.Fatalf("round %d: found %v", round, ok)
		}
		if ok {
			if e.clean != "clean" || !e.counted || e.redacted != n {
				t.Errorf("entry %q, counts %v", e.clean, e.redacted)
			}
			continue
		}
		if _, admitted := e.admit(hash, 1, "raw", "clean", &n); admitted != (round == 1) {
			t.Errorf("round %d: admitted %v", round, admitted)
		}
	}
}

func TestTextCacheKeepsNoLongValues(t *testing.T) {
	c := newTextCache(8)
	long := strings.Repeat("x", maxCached+1)
	for range 3 {
		e, hash, ok := c.find(long, 1)
		if ok {
			t.Fatal("a long value was found")
		}
		e.admit(hash, 1, long, long, &schemas.RedactionCounts{})
	}
}

// TestTextCacheComparesInFull fills a small cache with many values: whatever it
// finds must be the value.
func TestTextCacheComparesInFull(t *testing.T) {
	c := newTextCache(4)
	found := 0
	for i := range 20000 {
		raw := fmt.Sprintf("value %d", i/9%50)
		rule := uint8(i % 2)
		want := fmt.Sprint("clean ", rule, raw)
		e, hash, ok := c.find(raw, rule)
		if !ok {
			e.admit(hash, rule, raw, want, &schemas.RedactionCounts{})
			continue
		}
		found++
		if e.clean != want {
			t.Fatalf("%q was found for %q", e.clean, raw)
		}
	}
	if found == 0 {
		t.Error("nothing was found")
	}
}

// TestCachedCountsAreCounted holds that a cached value counts as a new one does.
func TestCachedCountsAreCounted(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for i := range 4 {
		ev := event(t, r, decode.Record{Path: "/a@b.com/c@d.com", UserAgent: "x a@b.com", Query: "password=x"})
		if n := ev.Redacted; n[schemas.RedactedEmail] != 3 || n[schemas.RedactedParameter] != 1 {
			t.Errorf("round %d: counts %v", i, n)
		}
	}
}

// TestFieldsDoNotShareResults holds that one text means in each field what that
// field's rules make of it, though fields share caches.
func TestFieldsDoNotShareResults(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	for range 4 {
		ev := event(t, r, decode.Record{Path: "key=abc", Query: "key=abc", Principal: "same", Credential: "same", EndUser: "same"})
		if ev.Path != "key=abc" || ev.Query != "key=[SECRET]" {
			t.Errorf("path %q, query %q", ev.Path, ev.Query)
		}
		if !strings.HasPrefix(ev.Principal, "h1:") || !strings.HasPrefix(ev.Credential, "c1:") || ev.Principal != ev.EndUser {
			t.Errorf("principal %q, credential %q", ev.Principal, ev.Credential)
		}
	}
	cfg := DefaultConfig()
	cfg.Gateway, cfg.Tenant, cfg.Host = Keep, Pseudonymize, Mask
	r = newRedactor(t, cfg)
	for range 4 {
		ev := event(t, r, decode.Record{Gateway: "a@b.com", Tenant: "a@b.com", Host: "a@b.com", Route: "a@b.com"})
		if ev.Gateway != "a@b.com" || !strings.HasPrefix(ev.Tenant, "h1:") || ev.Host != "[EMAIL]" || ev.Route != "[EMAIL]" {
			t.Errorf("gateway %q, tenant %q, host %q, route %q", ev.Gateway, ev.Tenant, ev.Host, ev.Route)
		}
	}
}

func TestAddCountsStops(t *testing.T) {
	a := schemas.RedactionCounts{250}
	addCounts(&a, &schemas.RedactionCounts{10, 3})
	if a[0] != 255 || a[1] != 3 {
		t.Errorf("counts %v", a)
	}
}
