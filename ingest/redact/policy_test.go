package redact

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// cells is what each preset does to each field, in the order of strict,
// balanced and forensic. It is written out here so that a change is seen twice.
var cells = map[string][3]Action{
	"principal":       {Pseudonymize, Pseudonymize, Keep},
	"end_user":        {Drop, Pseudonymize, Pseudonymize},
	"client_address":  {Mask, Pseudonymize, Pseudonymize},
	"path":            {Mask, Mask, Keep},
	"query":           {Drop, Mask, Keep},
	"user_agent":      {Drop, Mask, Keep},
	"request_id":      {Pseudonymize, Mask, Keep},
	"host":            {Mask, Mask, Keep},
	"tenant":          {Mask, Mask, Keep},
	"gateway":         {Mask, Mask, Keep},
	"tls":             {Drop, Mask, Keep},
	"prompt_features": {Drop, Keep, Keep},
}

const mail = "jane@example.org"

// personal is a record with an address of mail in each field.
func personal() decode.Record {
	return decode.Record{Format: "kong", Principal: mail, EndUser: "u " + mail, Path: "/u/" + mail, Query: "to=" + mail,
		UserAgent: "agent " + mail, RequestID: "id " + mail, Host: mail, Tenant: "t " + mail, Gateway: "g " + mail, TLS: "tls " + mail}
}

// shown is what the event has of the fields.
func shown(ev *schemas.Event) map[string]string {
	return map[string]string{"principal": ev.Principal, "end_user": ev.EndUser, "path": ev.Path, "query": ev.Query,
		"user_agent": ev.UserAgent, "request_id": ev.RequestID, "host": ev.Host, "tenant": ev.Tenant, "gateway": ev.Gateway, "tls": ev.TLS}
}

func check(t *testing.T, field string, action Action, raw, got string) {
	t.Helper()
	switch action {
	case Keep:
		require.Equal(t, raw, got, field)
	case Mask:
		require.Equal(t, strings.Replace(raw, mail, "[EMAIL]", 1), got, field)
	case Pseudonymize:
		require.Regexp(t, `^h1:k2:[\w-]{22}$`, got, field)
	case Drop:
		require.Empty(t, got, field)
	}
}

func TestEveryCellOfThePresets(t *testing.T) {
	address := netip.MustParseAddr("203.0.113.9")
	for i, preset := range []string{"strict", "balanced", "forensic"} {
		cfg := DefaultConfig()
		cfg.Preset = preset
		r := newRedactor(t, cfg)
		ev := schemas.Event{ClientAddr: address}
		var arena schemas.Arena
		rec := personal()
		require.NoError(t, r.Event(&rec, &ev, &arena))
		raw := shown(&schemas.Event{Principal: rec.Principal, EndUser: rec.EndUser, Path: rec.Path, Query: rec.Query, UserAgent: rec.UserAgent,
			RequestID: rec.RequestID, Host: rec.Host, Tenant: rec.Tenant, Gateway: rec.Gateway, TLS: rec.TLS})
		for field, got := range shown(&ev) {
			check(t, preset+" "+field, cells[field][i], raw[field], got)
		}
		want := map[Action]netip.Addr{Mask: netip.MustParseAddr("203.0.113.0"), Pseudonymize: testKeys(t).Address(address)}[cells["client_address"][i]]
		require.Equal(t, want, ev.Client, preset)
		require.Equal(t, cells["prompt_features"][i] == Keep, r.PromptFeatures(), preset)
		require.Len(t, cells, int(fields))
		for j, field := range fieldNames {
			require.Equal(t, cells[field][i], presets[preset][j], "%s of %s", field, preset)
		}
	}
}

func TestTheTableOfTheREADMEIsThePresets(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, field := range fieldNames {
		c := cells[field]
		require.Contains(t, string(text), fmt.Sprintf("| `%s` | %s | %s | %s |", field, c[0], c[1], c[2]))
	}
}

func TestAFieldOverridesThePreset(t *testing.T) {
	for i, field := range fieldNames {
		if field == "client_address" || field == "prompt_features" {
			continue
		}
		for _, action := range []Action{Keep, Mask, Pseudonymize, Drop} {
			cfg := DefaultConfig()
			cfg.Preset = "strict"
			for j, at := range []*Action{&cfg.Principal, &cfg.EndUser, &cfg.ClientAddress, &cfg.Path, &cfg.Query, &cfg.UserAgent,
				&cfg.RequestID, &cfg.Host, &cfg.Tenant, &cfg.Gateway, &cfg.TLS, &cfg.PromptFeatures} {
				if j == i {
					*at = action
				}
			}
			got := shown(ptr(event(t, newRedactor(t, cfg), personal())))[field]
			switch {
			case (field == "principal" || field == "end_user") && action == Mask:
				check(t, field, Pseudonymize, "", got) // a caller keeps an identity
			default:
				raw := personal()
				check(t, field, action, shown(&schemas.Event{Principal: raw.Principal, EndUser: raw.EndUser, Path: raw.Path, Query: raw.Query,
					UserAgent: raw.UserAgent, RequestID: raw.RequestID, Host: raw.Host, Tenant: raw.Tenant, Gateway: raw.Gateway, TLS: raw.TLS})[field], got)
			}
		}
	}
}

func ptr(ev schemas.Event) *schemas.Event { return &ev }

func TestSecretsGoUnderEveryPreset(t *testing.T) {
	const key = "AKIA" + "IOSFODNN7EXAMPLZ"
	for preset := range presets {
		cfg := DefaultConfig()
		cfg.Preset = preset
		ev := event(t, newRedactor(t, cfg), decode.Record{Principal: key, EndUser: key, Path: "/" + key, Query: "a=" + key, UserAgent: key,
			RequestID: key, Host: key, Tenant: key, Gateway: key, TLS: key, Credential: "Bearer " + key})
		require.NotContains(t, strings.ToUpper(fmt.Sprintf("%+v", ev)), key, preset)
		require.True(t, strings.HasPrefix(ev.Credential, "c1:k2:"), preset)
	}
}

func TestDatasets(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Path = Drop
	cfg.Datasets = []Dataset{
		{Name: "hr", Match: Match{Topics: []string{"hr-*"}, Formats: []string{"kong"}}, Preset: "strict"},
		{Name: "lab", Match: Match{Topics: []string{"lab", "hr-lab"}}, Query: Keep},
		{Name: "all of nginx", Match: Match{Formats: []string{"nginx"}}, Preset: "forensic", Principal: Pseudonymize},
	}
	r := newRedactor(t, cfg)
	at := func(topic, format string) schemas.Event {
		ev := schemas.Event{Position: schemas.Position{Topic: topic}}
		var arena schemas.Arena
		rec := personal()
		rec.Format = format
		require.NoError(t, r.Event(&rec, &ev, &arena))
		return ev
	}
	for range 3 { // from the table too
		for _, c := range []struct{ topic, format, path, query string }{
			{"hr-eu", "kong", "/u/[EMAIL]", ""},            // the first
			{"hr-lab", "kong", "/u/[EMAIL]", ""},           // the first that matches, not the second
			{"hr-lab", "envoy", "", "to=" + mail},          // the second: what holds without it, and its own
			{"lab", "nginx", "", "to=" + mail},             // the second, not the third
			{"other", "nginx", "/u/" + mail, "to=" + mail}, // the third
			{"other", "kong", "", "to=[EMAIL]"},            // none
			{"hr-", "nginx", "/u/" + mail, "to=" + mail},   // a prefix may be all
			{"hr", "kong", "", "to=[EMAIL]"},
		} {
			ev := at(c.topic, c.format)
			require.Equal(t, c.path, ev.Path, "%s %s", c.topic, c.format)
			require.Equal(t, c.query, ev.Query, "%s %s", c.topic, c.format)
		}
		require.True(t, strings.HasPrefix(at("other", "nginx").Principal, "h1:"), "a field of the dataset is over its preset")
	}
	for i := range 3 * maxSources {
		at(fmt.Sprint("topic", i), "kong")
	}
	require.LessOrEqual(t, len(r.policies.seen), maxSources, "the table is bounded")
}

func TestHowAddressesAreStored(t *testing.T) {
	cfg := DefaultConfig()
	require.True(t, cfg.StoresAddresses(Pseudonymize))
	require.False(t, cfg.StoresAddresses(Keep))
	cfg.Preset = "strict"
	require.False(t, cfg.StoresAddresses(Pseudonymize))
	cfg.Datasets = []Dataset{{Match: Match{Topics: []string{"a"}}, ClientAddress: Keep}}
	require.True(t, cfg.StoresAddresses(Keep))
	require.True(t, cfg.StoresAddresses(Mask), "the others")
}

func TestConfigRefusals(t *testing.T) {
	topics := Match{Topics: []string{"a"}}
	for want, change := range map[string]func(*Config){
		`preset: "lax" is no preset`:                       func(c *Config) { c.Preset = "lax" },
		`tenants: "" is unknown`:                           func(c *Config) { c.Tenants = "" },
		"overlap: -1s is out of bounds":                    func(c *Config) { c.Overlap = -1e9 },
		"self_scan: -1 is out of bounds":                   func(c *Config) { c.SelfScan = -1 },
		`query: "hide" is no action`:                       func(c *Config) { c.Query = "hide" },
		`prompt_features: "mask" is no action`:             func(c *Config) { c.PromptFeatures = Mask },
		"datasets[0].match: it would match everything":     func(c *Config) { c.Datasets = []Dataset{{Name: "x"}} },
		"datasets[0].match: it has an empty name":          func(c *Config) { c.Datasets = []Dataset{{Match: Match{Topics: []string{""}}}} },
		`datasets[1].preset: "lax" is no preset`:           func(c *Config) { c.Datasets = []Dataset{{Match: topics}, {Match: topics, Preset: "lax"}} },
		`datasets[0].path: "hide" is no action`:            func(c *Config) { c.Datasets = []Dataset{{Match: topics, Path: "hide"}} },
		"datasets: 65 are too many":                        func(c *Config) { c.Datasets = make([]Dataset, 65) },
		`tenant: "drop" does not go with tenants`:          func(c *Config) { c.Tenants, c.Tenant = Separate, Drop },
		`datasets[0].tenant: "pseudonymize" does not go w`: func(c *Config) { c.Tenants = Separate; c.Datasets = []Dataset{{Match: topics, Tenant: Pseudonymize}} },
	} {
		c := DefaultConfig()
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
	for preset := range presets {
		c := DefaultConfig()
		c.Preset, c.Tenants = preset, Separate
		require.NoError(t, c.Validate(), preset)
	}
}

func BenchmarkPolicyOf(b *testing.B) {
	cfg := DefaultConfig()
	for i := range maxDatasets {
		cfg.Datasets = append(cfg.Datasets, Dataset{Match: Match{Topics: []string{fmt.Sprint("topic-", i, "*")}}})
	}
	for name, formats := range map[string][]string{"one": {"kong"}, "two": {"kong", "nginx"}} {
		b.Run(name, func(b *testing.B) {
			p := newPolicies(&cfg)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if p.of("topic-63-eu", formats[i%len(formats)]) == nil {
					b.Fatal()
				}
			}
		})
	}
}
