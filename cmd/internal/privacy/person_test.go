package privacy

import (
	"encoding/json"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

func personOf(t *testing.T, cfg *app.Config, o ForgetOptions) (*person, *redact.Keys) {
	t.Helper()
	keys, _, err := redact.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	require.NoError(t, err)
	p, err := who(t.Context(), &o, cfg, keys, nil)
	require.NoError(t, err)
	return p, keys
}

func TestWhoIsMeant(t *testing.T) {
	cfg := app.DefaultConfig()
	p, keys := personOf(t, cfg, ForgetOptions{Principal: "jane.doe"})
	require.Equal(t, []string{keys.Principal("jane.doe"), "jane.doe"}, p.Names)
	require.Equal(t, "jane.doe", p.Text)
	require.Len(t, p.hashes(), 1, "of the name itself there is no hash: it could be guessed")
	p, _ = personOf(t, cfg, ForgetOptions{EndUser: "jo"})
	require.Empty(t, p.Text, "too short to be looked for in texts")
	a := netip.MustParseAddr("203.0.113.9")
	p, keys = personOf(t, cfg, ForgetOptions{Address: a.String()})
	require.Equal(t, []netip.Addr{keys.Address(a)}, p.Clients, "a stored address that equals the true one is another's")
	cfg.Redact.ClientAddress = redact.Keep
	p, keys = personOf(t, cfg, ForgetOptions{Address: "::ffff:203.0.113.9"})
	require.Equal(t, []netip.Addr{keys.Address(a), a}, p.Clients)
	cfg.Redact.Tenants = redact.Separate
	_, err := who(t.Context(), &ForgetOptions{Principal: "jane.doe"}, cfg, keys, nil)
	require.ErrorContains(t, err, "--token", "without the store nobody knows the tenants")
	p, _ = personOf(t, cfg, ForgetOptions{Token: "h1:k7:pW9xO8sQv0mZr3tYk2uLbA"})
	require.Equal(t, []string{"h1:k7:pW9xO8sQv0mZr3tYk2uLbA"}, p.Names)
}

func TestMentions(t *testing.T) {
	p, keys := personOf(t, app.DefaultConfig(), ForgetOptions{Principal: "jane.doe"})
	short, _ := personOf(t, app.DefaultConfig(), ForgetOptions{Principal: "jo"})
	token := keys.Principal("jane.doe")
	for text, want := range map[string]bool{
		"about " + token + ".": true, `{"name":"jane.doe"}`: true, "jane.doe": true, "for jane.doe.": true, "/u/jane.doe/x": true,
		"jane.doe@example.org": false, "jane.doe2": false, "mary-jane.doe": false, "jane.doe.x": false, "jane": false, "": false,
	} {
		require.Equal(t, want, p.mentions([]byte(text)), text)
	}
	require.False(t, short.mentions([]byte("major jo")))
	require.True(t, short.mentions([]byte(`{"entity":"jo"}`)), "a value of its own")
	at, keys := personOf(t, app.DefaultConfig(), ForgetOptions{Address: "2001:db8::7"})
	stored := keys.Address(netip.MustParseAddr("2001:db8::7"))
	require.True(t, at.mentions([]byte(`{"name":"`+netip.PrefixFrom(stored, 64).Masked().String()+`"}`)))
	require.True(t, at.mentions([]byte(`{"client":"`+stored.String()+`"}`)))
}

func TestWhatIsTakenOutOfASpooledBatch(t *testing.T) {
	p, keys := personOf(t, app.DefaultConfig(), ForgetOptions{Principal: "jane.doe"})
	jane, other := keys.Principal("jane.doe"), keys.Principal("other")
	about := func(name string) schemas.Finding {
		return schemas.Finding{ID: name, Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: name}}
	}
	b := &schemas.Batch{
		Parts: []*schemas.Part{{
			Events:  []schemas.Event{{Principal: jane}, {Principal: other}, {Principal: other, EndUser: jane}, {}},
			Sealed:  []schemas.Sealed{{Principal: jane}, {Principal: other}},
			Aliases: []schemas.Alias{{Old: "h1:k0:x", New: jane}, {Old: other, New: "y"}},
			Rejects: []schemas.Reject{{Excerpt: "user jane.doe"}, {Excerpt: "x"}},
		}},
		Findings: []schemas.Finding{about(jane), about(other)},
		Alerts:   []schemas.Alert{{ID: "1", Finding: about(jane)}, {ID: "2", Finding: about(other)}},
	}
	require.True(t, p.take(b))
	text, err := json.Marshal(b)
	require.NoError(t, err)
	require.NotContains(t, string(text), jane)
	require.NotContains(t, string(text), "jane")
	part := b.Parts[0]
	require.Equal(t, []int{2, 1, 1, 1, 1, 1}, []int{len(part.Events), len(part.Sealed), len(part.Aliases), len(part.Rejects), len(b.Findings), len(b.Alerts)})
	require.False(t, p.take(b), "there is nothing more")
}

// TestAMemberLeavesASpooledCampaign holds that a campaign is stored without the
// person, and with the others.
func TestAMemberLeavesASpooledCampaign(t *testing.T) {
	p, keys := personOf(t, app.DefaultConfig(), ForgetOptions{Principal: "jane.doe"})
	jane, other := keys.Principal("jane.doe"), keys.Principal("other")
	about := func() schemas.Finding {
		return schemas.Finding{ID: "f", Entity: schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-3f9a0c11d2e4"}, Campaign: &schemas.Campaign{
			Size: 3, Members: []schemas.Member{{Principal: jane}, {Principal: other}, {Principal: "jane.doe"}}, Named: []string{other, jane}}}
	}
	b := &schemas.Batch{Findings: []schemas.Finding{about()}, Alerts: []schemas.Alert{{ID: "a", Finding: about()}}}
	require.True(t, p.take(b))
	require.Len(t, b.Findings, 1)
	require.Len(t, b.Alerts, 1)
	for _, c := range []*schemas.Campaign{b.Findings[0].Campaign, b.Alerts[0].Finding.Campaign} {
		require.Equal(t, []schemas.Member{{Principal: other}}, c.Members)
		require.Equal(t, []string{other}, c.Named)
	}
	require.False(t, p.take(b), "there is nothing more")
}

func TestReasons(t *testing.T) {
	require.NoError(t, checkReason("DSR-12", "jane"))
	for _, reason := range []string{"", "  ", "ab", "\xff\xff\xff", "for JANE", string(make([]byte, maxReason+1))} {
		require.Error(t, checkReason(reason, "jane"), "%q", reason)
	}
}

func TestPositionsOfPrompts(t *testing.T) {
	for text, want := range map[string]schemas.Position{
		"logs/3/18007":     {Topic: "logs", Partition: 3, Offset: 18007},
		"logs/3/18007/2":   {Topic: "logs", Partition: 3, Offset: 18007, Index: 2},
		"/var/log/x/0/7/1": {Topic: "/var/log/x", Offset: 7, Index: 1},
	} {
		got, ok := position(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "logs", "logs/3", "3/4", "a/b/c", "logs/-1/x"} {
		_, ok := position(text)
		require.False(t, ok, text)
	}
}
