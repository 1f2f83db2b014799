package redact

import (
	"testing"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// FuzzEvent holds the bounds of an event's fields, under every preset and with
// tenants shared and separate, against whatever a log says; the second time, from
// the caches, it is the same event.
func FuzzEvent(f *testing.F) {
	f.Add("jo", "acme", "/u/jane@example.org", "id-1", "h.example:443")
	f.Add("h1:k2:aaaaaaaaaaaaaaaaaaaaaa", "a\x00b", "%2540", "4111111111111111", "X://u:pw1@DB")
	f.Add("\xff\xfe", "", "[EMAIL", "", "[::1]:80")
	keys := testKeys(f)
	var all []*Redactor
	for preset := range presets {
		for _, tenants := range []string{Shared, Separate} {
			cfg := DefaultConfig()
			cfg.Preset, cfg.Tenants = preset, tenants
			r, err := New(cfg, keys)
			if err != nil {
				f.Fatal(err)
			}
			all = append(all, r)
		}
	}
	f.Fuzz(func(t *testing.T, who, tenant, path, id, host string) {
		rec := decode.Record{Format: "kong", Principal: who, EndUser: who, Tenant: tenant, Path: path, Query: path, UserAgent: path,
			RequestID: id, Host: host, Credential: who, TLS: host}
		var arena schemas.Arena
		for _, r := range all {
			var first, again schemas.Event
			if err := r.Event(&rec, &first, &arena); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := r.Event(&rec, &again, &arena); err != nil {
					t.Fatal(err)
				}
				if first != again {
					t.Fatalf("the caches made another event:\n%+v\n%+v", first, again)
				}
			}
			for limit, texts := range map[int][]string{maxPrincipal: {first.Principal, first.EndUser}, maxName: {first.Tenant, first.Host, first.TLS, first.RequestID},
				maxPath: {first.Path, first.Query}, maxAgent: {first.UserAgent}} {
				for _, text := range texts {
					if len(text) > limit || !utf8.ValidString(text) {
						t.Errorf("%q has %d bytes, at most %d of UTF-8 are allowed", text, len(text), limit)
					}
				}
			}
		}
	})
}
