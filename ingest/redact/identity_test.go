package redact

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// rotated returns a ring before a rotation and the one after it.
func rotated(t testing.TB) (before, after *Keys) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	before, _, err := LoadKeys(path)
	require.NoError(t, err)
	_, err = RotateKeys(path, time.Now())
	require.NoError(t, err)
	after, _, err = LoadKeys(path)
	require.NoError(t, err)
	return before, after
}

func with(t testing.TB, k *Keys) *Redactor {
	t.Helper()
	r, err := New(DefaultConfig(), k)
	require.NoError(t, err)
	return r
}

func TestARotationJoinsOldAndNew(t *testing.T) {
	before, after := rotated(t)
	r := with(t, after)
	for i := range 5 { // also from the cache
		ev := event(t, r, decode.Record{Principal: "jo", EndUser: "ann", Time: int64(7 + i)})
		require.Equal(t, before.Principal("jo"), ev.Subject, "the detectors go on knowing the caller")
		require.Equal(t, after.Principal("jo"), ev.Principal)
		require.NotEqual(t, ev.Subject, ev.Principal)
	}
	require.ElementsMatch(t, []schemas.Alias{
		{Old: before.Principal("jo"), New: after.Principal("jo"), Time: 7},
		{Old: before.Principal("ann"), New: after.Principal("ann"), Time: 7},
	}, r.Aliases(), "once for each identity")
	require.Empty(t, r.Aliases(), "they are handed over once")
}

func TestWithoutARotationThereIsNothingToJoin(t *testing.T) {
	r := with(t, testKeys(t)) // two keys by hand, without times
	ev := event(t, r, decode.Record{Principal: "jo"})
	require.Empty(t, ev.Subject)
	require.Empty(t, r.Aliases())
	before, after := rotated(t)
	require.Empty(t, event(t, with(t, before), decode.Record{Principal: "jo"}).Subject)
	cfg := DefaultConfig()
	cfg.Principal = Keep
	kept, err := New(cfg, after)
	require.NoError(t, err)
	ev = event(t, kept, decode.Record{Principal: "jo"})
	require.Empty(t, ev.Subject, "a caller who is kept has one name anyway")
	require.Equal(t, "jo", ev.Principal)
}

func TestTheOverlapEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	_, _, err := LoadKeys(path)
	require.NoError(t, err)
	_, err = RotateKeys(path, time.Now().Add(-31*24*time.Hour))
	require.NoError(t, err)
	k, _, err := LoadKeys(path)
	require.NoError(t, err)
	r := with(t, k)
	ev := event(t, r, decode.Record{Principal: "jo"})
	require.Empty(t, r.Aliases(), "after the overlap nothing is joined")
	require.True(t, strings.HasPrefix(ev.Subject, "h1:k1:"), "and yet callers are not new to the detectors")
	require.NoError(t, RetireKey(path, "k1", time.Now()))
	k, _, err = LoadKeys(path)
	require.NoError(t, err)
	require.Empty(t, event(t, with(t, k), decode.Record{Principal: "jo"}).Subject, "until somebody ends it")
}

func TestAliasesAreBounded(t *testing.T) {
	_, after := rotated(t)
	r := with(t, after)
	var arena schemas.Arena
	for i := range maxAliases + 1000 {
		rec := decode.Record{Principal: fmt.Sprint("caller ", i)}
		require.NoError(t, r.Event(&rec, &schemas.Event{}, &arena))
	}
	require.Len(t, r.Aliases(), maxAliases)
}

func TestSeveralRotationsJoinEachToTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	first, _, err := LoadKeys(path)
	require.NoError(t, err)
	for i := range 6 {
		_, err = RotateKeys(path, time.Now().Add(time.Duration(i)*time.Minute-time.Hour))
		require.NoError(t, err)
	}
	k, _, err := LoadKeys(path)
	require.NoError(t, err)
	r := with(t, k)
	ev := event(t, r, decode.Record{Principal: "jo"})
	require.Equal(t, first.Principal("jo"), ev.Subject)
	aliases := r.Aliases()
	require.Len(t, aliases, maxOverlapping)
	for i, a := range aliases {
		require.Equal(t, ev.Principal, a.New)
		require.True(t, strings.HasPrefix(a.Old, fmt.Sprintf("h1:k%d:", 3+i)), a.Old)
	}
}

func separateConfig() Config {
	cfg := DefaultConfig()
	cfg.Tenants = Separate
	return cfg
}

func TestTenantsAreSeparate(t *testing.T) {
	k := testKeys(t)
	r, err := New(separateConfig(), k)
	require.NoError(t, err)
	const key = "sk-" + "0123456789abcdefghijABCDEFGHIJ0123"
	seen := map[string]schemas.Event{}
	for range 3 {
		for _, tenant := range []string{"", "a", "b"} {
			ev := event(t, r, decode.Record{Tenant: tenant, Principal: "jo", EndUser: "jo", Credential: key})
			if was, ok := seen[tenant]; ok {
				require.Equal(t, was, ev, "a tenant's caller has one name")
			}
			seen[tenant] = ev
			require.Contains(t, k.Principals("jo", "a", "b"), ev.Principal, "who forgets finds it")
		}
	}
	for _, pair := range [][2]string{{"", "a"}, {"a", "b"}, {"", "b"}} {
		x, y := seen[pair[0]], seen[pair[1]]
		require.NotEqual(t, x.Principal, y.Principal)
		require.NotEqual(t, x.EndUser, y.EndUser)
		require.NotEqual(t, x.Credential, y.Credential)
	}
	one := with(t, k)
	require.Equal(t, seen[""].Principal, event(t, one, decode.Record{Principal: "jo"}).Principal, "no tenant is as if shared")
	require.Equal(t, event(t, one, decode.Record{Principal: "jo", Tenant: "a"}).Principal, event(t, one, decode.Record{Principal: "jo", Tenant: "b"}).Principal, "shared is shared")
}

func TestATenantsNameMakesNoOtherDomain(t *testing.T) {
	k := testKeys(t)
	seen := map[string]bool{}
	for _, tenant := range []string{"a", "b", "a/tenant/b", "tenant/a", "\x00", "a\x00"} {
		token := k.Principals("jo", tenant)[len(k.ring)]
		require.False(t, seen[token], "%q", tenant)
		seen[token] = true
	}
	r, err := New(separateConfig(), k)
	require.NoError(t, err)
	a := event(t, r, decode.Record{Tenant: "a", Principal: "xjo"}).Principal
	b := event(t, r, decode.Record{Tenant: "ax", Principal: "jo"}).Principal
	require.NotEqual(t, a, b)
}

func TestTenantsKeysAreBounded(t *testing.T) {
	r, err := New(separateConfig(), testKeys(t))
	require.NoError(t, err)
	first := event(t, r, decode.Record{Tenant: "t0", Principal: "jo"}).Principal
	for i := range 4 * maxTenants {
		event(t, r, decode.Record{Tenant: fmt.Sprint("t", i), Principal: "someone"})
	}
	require.LessOrEqual(t, len(r.tenants), maxTenants)
	require.Equal(t, first, event(t, r, decode.Record{Tenant: "t0", Principal: "jo"}).Principal)
}

func TestASubjectUnderSeparateTenants(t *testing.T) {
	before, after := rotated(t)
	old, err := New(separateConfig(), before)
	require.NoError(t, err)
	now, err := New(separateConfig(), after)
	require.NoError(t, err)
	for _, tenant := range []string{"a", "b"} {
		rec := decode.Record{Tenant: tenant, Principal: "jo"}
		require.Equal(t, event(t, old, rec).Principal, event(t, now, rec).Subject, tenant)
	}
	require.Len(t, now.Aliases(), 2, "each tenant's caller is joined by himself")
}

func TestReceiptsAreSigned(t *testing.T) {
	_, k := rotated(t)
	mac := k.Sign([]byte("text"))
	require.True(t, strings.HasPrefix(mac, "m1:k2:"))
	require.True(t, k.Signed([]byte("text"), mac))
	require.False(t, k.Signed([]byte("other"), mac))
	require.False(t, k.Signed([]byte("text"), strings.Replace(mac, "k2", "k1", 1)))
	other, err := NewKeys("k2", Key{"k2", bytes.Repeat([]byte{9}, 32)})
	require.NoError(t, err)
	require.False(t, other.Signed([]byte("text"), mac))
}

func BenchmarkEventAfterARotation(b *testing.B) {
	before, after := rotated(b)
	for name, k := range map[string]*Keys{"before": before, "after": after} {
		b.Run(name, func(b *testing.B) {
			r := with(b, k)
			rec := decode.Record{Format: "kong", Principal: "jane@example.org", RequestID: "5f2c1c7e", Path: "/v1/chat/completions", Method: "POST"}
			var arena schemas.Arena
			var ev schemas.Event
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Event(&rec, &ev, &arena); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
