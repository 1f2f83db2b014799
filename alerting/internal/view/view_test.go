package view

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const (
	stored = "100.64.7.7"
	other  = "100.64.7.77"
	true1  = "203.0.113.9"
	true2  = "100.64.7.7" // by chance the stored form of the first
	who    = "p1:k1:mallory"
)

// story is an alert about two addresses and a principal.
func story() *schemas.Alert {
	addr := schemas.Entity{Kind: schemas.EntityAddress, Name: stored}
	a := &schemas.Alert{
		ID: "0123456789abcdef", State: schemas.AlertResolved, Sequence: 3, Severity: schemas.SeverityHigh, Tenant: "acme",
		Title:   "Brute force from " + stored + ": 120 failures",
		Summary: "120 failures from " + stored + " and " + other + ", which is not " + stored + "1, by " + who + ".",
		Outcome: stored + " has sent nothing since 12:41.",
		Entity:  addr, Detector: "authfail.brute_force", FirstSeen: noon, LastSeen: noon.Add(time.Hour),
		Parts: []schemas.AlertPart{{Entity: addr, Title: "Brute force from " + stored},
			{Entity: schemas.Entity{Kind: schemas.EntityRoute, Name: "POST /v1/" + stored}, Title: "A route"}},
		History: []schemas.AlertEvent{{Number: 1, What: "opened"}},
	}
	a.Finding = schemas.Finding{
		Entity: addr, Title: a.Title, Summary: a.Summary, Tenant: "acme", Provider: "openai", Model: "gpt-5",
		Query: "SELECT * FROM events WHERE client_addr = '" + stored + "'", Samples: []string{"req-1"},
		Features:   []schemas.Feature{{Name: "failures", Text: "120 failures from " + stored}},
		Techniques: []schemas.Technique{{ID: "T1110"}}, Series: &schemas.Series{Step: 60, Counts: []int64{1, 2}},
		Related: []schemas.Entity{{Kind: schemas.EntityPrincipal, Name: who}, {Kind: schemas.EntityAddress, Name: other}}, RelatedAll: true,
		Campaign: &schemas.Campaign{ID: "c-1", Named: []string{who}, Links: []schemas.Link{{Text: "all use " + stored}}},
	}
	return a
}

func show(t *testing.T, s Settings, a *schemas.Alert) (schemas.Alert, error) {
	t.Helper()
	v, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(a)
	out, err := v.Show(t.Context(), a)
	if after, _ := json.Marshal(a); string(after) != string(before) {
		t.Error("the stored alert changed")
	}
	if out.History != nil {
		t.Error("the history is shown")
	}
	return out, err
}

func text1(a schemas.Alert) string {
	raw, _ := json.Marshal(a)
	return string(raw)
}

func TestPseudonymsAreTheDefault(t *testing.T) {
	asked := false
	a, err := show(t, Settings{Lookup: func(context.Context, string) (string, error) { asked = true; return true1, nil }}, story())
	want := story()
	want.History = nil
	if err != nil || asked || text1(a) != text1(*want) {
		t.Errorf("got %s, %v", text1(a), err)
	}
}

func TestAddressesAreRevealed(t *testing.T) {
	var asked []string
	a, err := show(t, Settings{Reveal: Addresses, Lookup: func(_ context.Context, s string) (string, error) {
		asked = append(asked, s)
		return map[string]string{stored: true1, other: true2}[s], nil
	}}, story())
	if err != nil || strings.Join(asked, " ") != stored+" "+other {
		t.Errorf("asked for %v, %v; want each address once", asked, err)
	}
	if a.Entity.Name != true1 || a.Finding.Entity.Name != true1 || a.Parts[0].Entity.Name != true1 || a.Finding.Related[1].Name != true2 {
		t.Errorf("entities are %v, %v, %v, %v", a.Entity, a.Finding.Entity, a.Parts[0].Entity, a.Finding.Related)
	}
	if a.Finding.Related[0].Name != who || a.Parts[1].Entity.Name != "POST /v1/"+stored {
		t.Errorf("what is no address changed: %v, %v", a.Finding.Related[0], a.Parts[1].Entity)
	}
	if want := "120 failures from 203.0.113.9 and 100.64.7.7, which is not 100.64.7.71, by " + who + "."; a.Summary != want || a.Finding.Summary != want {
		t.Errorf("the summary is %q, want %q", a.Summary, want)
	}
	for _, s := range []string{a.Title, a.Outcome, a.Parts[0].Title, a.Finding.Features[0].Text, a.Finding.Campaign.Links[0].Text} {
		if strings.Contains(s, stored) || !strings.Contains(s, true1) {
			t.Errorf("%q has not the true address", s)
		}
	}
	if a.Finding.Query != story().Finding.Query {
		t.Errorf("the query became %q", a.Finding.Query)
	}
}

func TestRevealThatFails(t *testing.T) {
	for name, lookup := range map[string]func(context.Context, string) (string, error){
		"fails":         func(context.Context, string) (string, error) { return "", errors.New("no key: " + stored) },
		"gives nothing": func(context.Context, string) (string, error) { return "", nil },
		"panics":        func(context.Context, string) (string, error) { panic(stored) },
		"hangs": func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		},
		"is not there": nil,
	} {
		t.Run(name, func(t *testing.T) {
			v, err := New(Settings{Reveal: Addresses, Lookup: lookup})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			a, err := v.Show(ctx, story())
			if err == nil || strings.Contains(err.Error(), stored) || err.Error() != "reveal: 2 of 2 addresses stay as they are stored" {
				t.Errorf("got %v", err)
			}
			if a.Entity.Name != stored || a.Title != story().Title {
				t.Errorf("shown %q of %q, want the pseudonym", a.Title, a.Entity.Name)
			}
		})
	}
}

func TestNothingIsRevealed(t *testing.T) {
	a, err := show(t, Settings{Reveal: Nothing, CaseURL: "https://cases.example/{id}"}, story())
	if err != nil {
		t.Fatal(err)
	}
	a.Parts[1].Entity.Name = "" // a route is no caller
	raw := strings.ReplaceAll(text1(a), stored+"1", "")
	for _, name := range []string{stored, other, "mallory", "req-1"} {
		if strings.Contains(raw, name) {
			t.Errorf("%q is shown in %s", name, raw)
		}
	}
	if a.Title != "Brute force from hidden: 120 failures" || a.Entity.Name != "hidden" || a.Entity.Kind != schemas.EntityAddress {
		t.Errorf("shown %q of %v", a.Title, a.Entity)
	}
	if a.URL != "https://cases.example/0123456789abcdef" {
		t.Errorf("the link is %q", a.URL)
	}
}

func TestOmit(t *testing.T) {
	for name, is := range map[string]func(*schemas.Alert) bool{
		"query":      func(a *schemas.Alert) bool { return a.Finding.Query == "" },
		"samples":    func(a *schemas.Alert) bool { return a.Finding.Samples == nil },
		"features":   func(a *schemas.Alert) bool { return len(a.Finding.Features) == 0 && a.Finding.Features != nil },
		"techniques": func(a *schemas.Alert) bool { return len(a.Finding.Techniques) == 0 && a.Finding.Techniques != nil },
		"series":     func(a *schemas.Alert) bool { return a.Finding.Series == nil },
		"related":    func(a *schemas.Alert) bool { return a.Finding.Related == nil && !a.Finding.RelatedAll },
		"tenant":     func(a *schemas.Alert) bool { return a.Tenant == "" && a.Finding.Tenant == "" },
		"model":      func(a *schemas.Alert) bool { return a.Finding.Model == "" && a.Finding.Provider == "" },
		"campaign":   func(a *schemas.Alert) bool { return a.Finding.Campaign == nil },
		"parts":      func(a *schemas.Alert) bool { return a.Parts == nil },
		"names":      func(a *schemas.Alert) bool { return a.Finding.Campaign != nil && a.Finding.Campaign.Named == nil },
	} {
		t.Run(name, func(t *testing.T) {
			a, err := show(t, Settings{Omit: []string{name}}, story())
			if err != nil || !is(&a) {
				t.Errorf("still there: %s, %v", text1(a), err)
			}
			bare := schemas.Alert{}
			if _, err := show(t, Settings{Omit: []string{name}}, &bare); err != nil {
				t.Errorf("of an alert without it: %v", err)
			}
		})
	}
	if len(parts) != 11 {
		t.Errorf("%d parts can be left out, the test knows 11", len(parts))
	}
}

func TestLinks(t *testing.T) {
	s := Settings{CaseURL: "https://cases.example/{id}?x={id}"}
	a := story()
	a.ID = "a/../b?c"
	if got, _ := show(t, s, a); got.URL != "https://cases.example/a%2F..%2Fb%3Fc?x=a%2F..%2Fb%3Fc" {
		t.Errorf("the link is %q", got.URL)
	}
	a.ID = "digest-00"
	if got, _ := show(t, s, a); got.URL != "" {
		t.Errorf("a digest has the link %q", got.URL)
	}
	a = story()
	a.Test = true
	if got, _ := show(t, s, a); got.URL != "" {
		t.Errorf("a test has the link %q", got.URL)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for want, s := range map[string]Settings{
		`reveal is "all"`:      {Reveal: "all"},
		`omit[1] is "title"`:   {Omit: []string{"query", "title"}},
		"title is no template": {Title: "{{"},
	} {
		if _, err := New(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestReplaceWholeNames(t *testing.T) {
	names := map[string]string{"1.2.3.4": "A", "1.2.3.40": "B", "2001:db8::/64": "C", "bob": "D"}
	old := []string{"2001:db8::/64", "1.2.3.40", "1.2.3.4", "bob"}
	for s, want := range map[string]string{
		"":                          "",
		"1.2.3.4":                   "A",
		"from 1.2.3.4.":             "from A.",
		"from 1.2.3.4: many":        "from A: many",
		"1.2.3.4,1.2.3.40":          "A,B",
		"11.2.3.4 and 1.2.3.4.5":    "11.2.3.4 and 1.2.3.4.5",
		"1.2.3.4:443":               "1.2.3.4:443",
		"1.2.3.4/24":                "1.2.3.4/24",
		"net 2001:db8::/64 (home)":  "net C (home)",
		"bobby, bob's, _bob and éb": "bobby, D's, _bob and éb",
		"\xff1.2.3.4\xff":           "\xffA\xff",
	} {
		if got := replace(s, old, names); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
}

// FuzzReplace: whatever the text, no whole name is left and nothing else goes.
func FuzzReplace(f *testing.F) {
	f.Add("from 1.2.3.4 and 1.2.3.4.", "1.2.3.4")
	f.Add("é\xff\xff", "\xff")
	f.Add("aaa", "a")
	f.Fuzz(func(t *testing.T, s, name string) {
		if name == "" || len(s) > 1000 {
			return
		}
		same := replace(s, []string{name}, map[string]string{name: name})
		if same != s {
			t.Errorf("%q became %q though nothing is renamed", s, same)
		}
		if gone := replace(s, []string{name}, map[string]string{name: ""}); len(gone) > len(s) {
			t.Errorf("%q grew to %q", s, gone)
		}
	})
}

func BenchmarkShow(b *testing.B) {
	v, err := New(Settings{Reveal: Addresses, Title: "{{upper .Severity}} {{.Title}}", Lookup: func(context.Context, string) (string, error) { return true1, nil }})
	if err != nil {
		b.Fatal(err)
	}
	a := story()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Show(b.Context(), a); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNothingIsRevealedInPassing has names that the alert does not list: in what
// people wrote, and in titles that a digest has cut.
func TestNothingIsRevealedInPassing(t *testing.T) {
	a := story()
	a.Acknowledged = &schemas.Mark{By: "jo", Comment: "it is h1:k1:AbCdEfGhIjKlMnOpQrStUv, not " + who}
	a.Resolution = &schemas.Mark{By: "jo", Comment: "blocked 198.51.100.7/32 and 2001:db8::7."}
	a.Outcome = "It lasted 1h 2m, from 12:05 to 13:07 UTC. Resolved by jo: blocked 198.51.100.7 at 10:00:00."
	a.Summary = "More alerts came: high: Break-in of h1:k1:AbCd; high: from ::ffff:198.51.100.7: much, 3.5 times 2026-11-20T12:00:00Z."
	out, err := show(t, Settings{Reveal: Nothing}, a)
	if err != nil {
		t.Fatal(err)
	}
	for have, want := range map[string]string{
		out.Acknowledged.Comment: "it is hidden, not hidden",
		out.Resolution.Comment:   "blocked hidden and hidden.",
		out.Outcome:              "It lasted 1h 2m, from 12:05 to 13:07 UTC. Resolved by jo: blocked hidden at 10:00:00.",
		out.Summary:              "More alerts came: high: Break-in of hidden; high: from hidden: much, 3.5 times 2026-11-20T12:00:00Z.",
	} {
		if have != want {
			t.Errorf("got  %q\nwant %q", have, want)
		}
	}
	// Who may see pseudonyms sees them there too.
	if out, _ = show(t, Settings{}, a); out.Resolution.Comment != a.Resolution.Comment || out.Summary != a.Summary {
		t.Errorf("got %q", out.Resolution.Comment)
	}
}
