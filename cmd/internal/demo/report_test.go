package demo

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

func principal(name string) schemas.Entity {
	return schemas.Entity{Kind: schemas.EntityPrincipal, Name: name}
}

func address(name string) schemas.Entity {
	return schemas.Entity{Kind: schemas.EntityAddress, Name: name}
}

// rows returns an Evidence that finds t.
func rows(t Table) func(context.Context, string) (Table, error) {
	return func(context.Context, string) (Table, error) { return t, nil }
}

// report has a found and a missed attack, two look-alikes, and false alerts.
func report() Report {
	other := alert()
	other.ID, other.Title, other.Detector, other.Entity = "a2", "A caller reads at an even pace", "extraction.principal", principal("h1:k1:4f2a")
	again := alert()
	again.State, again.Sequence = schemas.AlertUpdated, 2
	stray := alert()
	stray.ID, stray.Title, stray.Detector = "a3", "A caller calls much more than before", "rate.spike"
	stray.Entity = principal("h1:k1:99ff")
	r := Report{
		Alerts: told(alert(), again, other, stray), Events: 2_866_038, Elapsed: 61 * time.Second,
		Plants: []Plant{
			{Title: "one address guesses API keys", Expect: []string{"authfail"}, Entities: []schemas.Entity{address("71.4.9.12/32")},
				Start: noon.Add(5 * time.Second), End: noon.Add(29 * time.Second), Events: 246},
			{Title: "a route falls silent", Expect: []string{"rate"}, Entities: []schemas.Entity{{Kind: schemas.EntityRoute, Name: "GET /x"}},
				Start: noon, End: noon.Add(time.Minute), Events: 500},
			{Title: "the evaluation run at night", Benign: true, Entities: []schemas.Entity{principal("h1:k1:4f2a")},
				Start: noon, End: noon.Add(time.Minute), Events: 400},
			{Title: "a rotated key is refused for a minute", Benign: true, Entities: []schemas.Entity{principal("h1:k1:0000")},
				Start: noon, End: noon.Add(time.Minute), Events: 30},
			{Title: "the batch of embeddings at midnight", Benign: true},
		},
		Evidence: rows(Table{
			Columns: []string{"time", "status", "credential", "user_agent"},
			Rows: [][]string{
				{"2026-09-16 12:00:07", "401", "k1:9be00d41c2aa", "Go-http-client/1.1"},
				{"2026-09-16 12:00:08", "401", "k1:77c1d0e9a9f3", "Go-http-client/1.1"},
			},
			More: true,
		}),
	}
	r.Redacted[schemas.RedactedEmail], r.Redacted[schemas.RedactedPrompt] = 2011, 50210
	return r
}

func TestReport(t *testing.T) {
	for name, o := range map[string]Options{
		"report":          {Width: fixed(100)},
		"report_narrow":   {Width: fixed(48)},
		"report_terminal": {Width: fixed(100), TTY: true, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o.Out = &out
			s := New(o)
			require.NoError(t, s.Live(live()))
			out.Reset()
			score, err := s.Report(t.Context(), report())
			require.NoError(t, err)
			golden(t, name, out.Bytes())
			assert.Equal(t, 1, score.Found())
			assert.NotContains(t, out.String(), "01:12 live", "the live line goes")
		})
	}
}

func TestReportOfNothing(t *testing.T) {
	var out bytes.Buffer
	score, err := New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), Report{Events: 10, Elapsed: time.Second})
	require.NoError(t, err)
	assert.Zero(t, score.Found())
	golden(t, "report_nothing", out.Bytes())
}

func TestReportSaysThatTheQueryFailed(t *testing.T) {
	var out bytes.Buffer
	r := report()
	broken := errors.New("connection refused by 10.0.0.1")
	r.Evidence = func(context.Context, string) (Table, error) { return Table{}, broken }
	_, err := New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), r)
	require.ErrorIs(t, err, broken)
	assert.Contains(t, out.String(), "the query did not run")
	assert.NotContains(t, out.String(), "10.0.0.1")
}

func TestEvidenceIsThatOfTheFirstAlert(t *testing.T) {
	r := report()
	r.Alerts[2].Finding.Query = "SELECT 'another'"
	var asked []string
	r.Evidence = func(_ context.Context, q string) (Table, error) {
		asked = append(asked, q)
		return Table{Columns: []string{"n"}}, nil
	}
	var out bytes.Buffer
	_, err := New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, []string{alert().Finding.Query}, asked)
	assert.Contains(t, out.String(), "(no rows)")

	// An alert on a look-alike came before: the first on an attack it is.
	asked = nil
	r.Alerts[0], r.Alerts[2] = r.Alerts[2], r.Alerts[0]
	_, err = New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, []string{alert().Finding.Query}, asked)

	// No attack was found.
	asked, r.Plants = nil, nil
	_, err = New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, []string{"SELECT 'another'"}, asked)
}

func TestManyFalseAlertsAreCounted(t *testing.T) {
	r := Report{}
	for i := range 50 {
		a := alert()
		a.ID = strings.Repeat("x", i+1)
		r.Alerts = append(r.Alerts, told(a)...)
	}
	var out bytes.Buffer
	_, err := New(Options{Out: &out, Width: fixed(80)}).Report(t.Context(), r)
	require.NoError(t, err)
	assert.Contains(t, out.String(), "FALSE ALERTS: 50 of 50 statements in 50 alerts")
	assert.Contains(t, out.String(), "and 30 more")
	assert.Equal(t, 20, strings.Count(out.String(), "authfail.key_guessing"))
}

func TestJudge(t *testing.T) {
	plant := func(change func(p *Plant)) []Plant {
		p := Plant{Title: "p", Expect: []string{"authfail"}, Entities: []schemas.Entity{address("71.4.9.12/32")},
			Related: []schemas.Entity{{Kind: schemas.EntityGlobal}}, Start: noon, End: noon.Add(30 * time.Second), Events: 10}
		if change != nil {
			change(&p)
		}
		return []Plant{p}
	}
	changed := func(change func(a *schemas.Alert)) []schemas.Alert {
		a := alert()
		if change != nil {
			change(&a)
		}
		return told(a)
	}
	for _, tt := range []struct {
		name                       string
		plants                     []Plant
		alerts                     []schemas.Alert
		attacks, found, related, f int
	}{
		{"found", plant(nil), changed(nil), 1, 1, 0, 0},
		{"missed", plant(nil), nil, 1, 0, 0, 0},
		{"nobody planted", nil, changed(nil), 0, 0, 0, 1},
		{"did not take place", plant(func(p *Plant) { p.Events = 0 }), changed(nil), 0, 0, 0, 1},
		{"another entity", plant(nil), changed(func(a *schemas.Alert) { a.Entity.Name = "71.4.9.13/32" }), 1, 0, 0, 1},
		{"the name of another kind", plant(nil), changed(func(a *schemas.Alert) { a.Entity.Kind = schemas.EntityPrincipal }), 1, 0, 0, 1},
		{"another family", plant(nil), changed(func(a *schemas.Alert) { a.Detector = "rate.spike" }), 1, 0, 1, 0},
		{"a longer word", plant(nil), changed(func(a *schemas.Alert) { a.Detector = "authfailure.x" }), 1, 0, 1, 0},
		{"the family itself", plant(nil), changed(func(a *schemas.Alert) { a.Detector = "authfail" }), 1, 1, 0, 0},
		{"related", plant(nil), changed(func(a *schemas.Alert) { a.Entity = schemas.Entity{Kind: schemas.EntityGlobal, Name: "all"} }), 1, 0, 1, 0},
		{"long before", plant(nil), changed(func(a *schemas.Alert) { a.FirstSeen, a.LastSeen = noon.Add(-time.Hour), noon.Add(-50*time.Minute) }), 1, 0, 0, 1},
		{"long after", plant(nil), changed(func(a *schemas.Alert) { a.FirstSeen, a.LastSeen = noon.Add(time.Hour), noon.Add(2*time.Hour) }), 1, 0, 0, 1},
		{"a window that began before", plant(nil), changed(func(a *schemas.Alert) { a.FirstSeen, a.LastSeen = noon.Add(-4*time.Minute), noon.Add(-time.Second) }), 1, 1, 0, 0},
		{"updates count once", plant(nil), append(changed(nil), changed(nil)...), 1, 1, 0, 0},
		{"a false one counts once", nil, append(changed(nil), changed(nil)...), 0, 0, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := Judge(tt.plants, tt.alerts)
			assert.Len(t, s.Attacks, tt.attacks)
			assert.Equal(t, tt.found, s.Found())
			assert.Equal(t, tt.related, s.Related)
			assert.Len(t, s.False, tt.f)
		})
	}
}

func TestOneFurtherAlertIsOne(t *testing.T) {
	p := Plant{Title: "guessing", Expect: []string{"authfail"}, Entities: []schemas.Entity{alert().Entity}, Start: noon, End: noon.Add(time.Minute), Events: 3}
	r := Report{Plants: []Plant{p}, Alerts: told(alert())}
	for i, want := range []string{"1 further alert is about", "2 further alerts are about"} {
		related := alert()
		related.ID, related.Detector = string(rune('x'+i)), "rate.spike"
		r.Alerts = append(r.Alerts, told(related)...)
		var out bytes.Buffer
		score, err := New(Options{Out: &out, Width: fixed(100)}).Report(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, i+1, score.Related)
		assert.Contains(t, out.String(), want)
	}
}

func TestJudgeKnowsClientsByTheirNetwork(t *testing.T) {
	for _, tt := range []struct {
		plant, alert string
		want         bool
	}{
		{"2001:db8:1:2:3::9", "2001:db8:1:2::/64", true},
		{"2001:db8:1:3:3::9", "2001:db8:1:2::/64", false},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.7/32", true},
		{"192.0.2.7", "192.0.2.70", false},
		{"192.0.2.7", "~00ff00ff", false},
		{"not an address", "192.0.2.0/24", false},
	} {
		assert.Equal(t, tt.want, same(address(tt.plant), address(tt.alert)), "%s and %s", tt.plant, tt.alert)
	}
	assert.False(t, same(principal("192.0.2.7"), address("192.0.2.7")))
}

func TestJudgeTakesTheFirstAlert(t *testing.T) {
	plants := []Plant{
		{Expect: []string{"authfail"}, Entities: []schemas.Entity{address("71.4.9.12/32")}, Start: noon.Add(10 * time.Second), End: noon.Add(time.Minute), Events: 1},
		{Expect: []string{"authfail", "rate"}, Entities: []schemas.Entity{address("71.4.9.12/32")}, Start: noon.Add(50 * time.Second), End: noon.Add(time.Minute), Events: 1},
	}
	later := alert()
	later.ID, later.Finding.Detected = "a9", noon.Add(55*time.Second)
	s := Judge(plants, told(alert(), later))
	require.Len(t, s.Attacks, 2)
	assert.Equal(t, "a1", s.Attacks[0].Alert.ID)
	assert.Equal(t, 32*time.Second, s.Attacks[0].After)
	assert.Equal(t, "a1", s.Attacks[1].Alert.ID)
	assert.Zero(t, s.Attacks[1].After, "one alert may speak for two attacks of one entity, and time does not run backwards")
}

func TestJudgeTakesTheRightNameOfALookalike(t *testing.T) {
	p := Plant{Benign: true, Expect: []string{"authfail.broken_client"}, Entities: []schemas.Entity{address("71.4.9.12/32")},
		Start: noon, End: noon.Add(time.Minute), Events: 3}
	right, wrong := alert(), alert()
	right.ID, right.Detector = "a5", "authfail.broken_client"

	s := Judge([]Plant{p}, told(right))
	assert.Empty(t, s.False)
	assert.Equal(t, 1, s.Right)
	assert.True(t, s.Lookalikes[0].Right)
	var out bytes.Buffer
	_, err := New(Options{Out: &out, Width: fixed(100)}).Report(t.Context(), Report{Plants: []Plant{p}, Alerts: told(right)})
	require.NoError(t, err)
	assert.Contains(t, out.String(), "named rightly: authfail.broken_client")

	s = Judge([]Plant{p}, told(right, wrong))
	assert.Len(t, s.False, 1)
	assert.False(t, s.Lookalikes[0].Right, "a false alert is shown rather than a right one")
	assert.Equal(t, "a1", s.Lookalikes[0].Alert.ID)
}

func TestJudgeNamesTheLookalike(t *testing.T) {
	p := Plant{Benign: true, Entities: []schemas.Entity{address("71.4.9.12/32")}, Start: noon, End: noon.Add(time.Minute), Events: 3}
	s := Judge([]Plant{p}, told(alert()))
	require.Len(t, s.Lookalikes, 1)
	require.NotNil(t, s.Lookalikes[0].Alert)
	assert.Len(t, s.False, 1)
	assert.Empty(t, s.Attacks)
}
