package words

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func alert(state schemas.AlertState) *schemas.Alert {
	who := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83v"}
	return &schemas.Alert{
		ID: "fedcba98", State: state, Severity: schemas.SeverityCritical, Confidence: 0.875, Title: "Key guessing", Summary: "2,300 keys were tried.",
		Detector: "authfail.key_guessing", Entity: who, Tenant: "acme", FirstSeen: noon, LastSeen: noon.Add(42 * time.Minute),
		Findings: 3, Events: 2400, URL: "https://cases.example/fedcba98?x=1",
		Parts: []schemas.AlertPart{
			{Detector: "authfail.stuffing", Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "198.51.100.7"}, Title: "Stuffing",
				FirstSeen: noon.Add(5 * time.Minute), Findings: 2, Events: 2399, Ended: noon.Add(20 * time.Minute)},
			{Detector: "authfail.success", Entity: who, Title: "Success after failures", FirstSeen: noon.Add(9 * time.Minute), Findings: 1, Events: 1},
		},
		Finding: schemas.Finding{
			Query: "SELECT 1\nFROM events", Samples: []string{"r1", "r2"}, Provider: "openai", Model: "gpt-4o",
			Features:   []schemas.Feature{{Observed: 2300, Expected: 3, Unit: "keys", Text: "distinct keys."}, {Observed: 0.99741, Expected: 0.4, Text: "share"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.003", Name: "Password Spraying"}},
			Series:     &schemas.Series{Start: noon, Step: 300, Counts: []int64{1, 1204}},
			Related:    []schemas.Entity{{Kind: schemas.EntityAddress, Name: "198.51.100.7"}},
		},
	}
}

func TestLabels(t *testing.T) {
	mark := &schemas.Mark{At: noon, By: "alice\n<!here>"}
	for _, c := range []struct {
		name  string
		state schemas.AlertState
		edit  func(*schemas.Alert)
		want  string
	}{
		{"open", schemas.AlertOpen, nil, "🔴 CRITICAL"},
		{"info", schemas.AlertUpdated, func(a *schemas.Alert) { a.Severity = schemas.SeverityInfo }, "⚪ INFO"},
		{"taken", schemas.AlertAcknowledged, func(a *schemas.Alert) { a.Acknowledged = mark }, "🔴 CRITICAL · 👀 taken by alice <!here>"},
		{"taken and goes on", schemas.AlertUpdated, func(a *schemas.Alert) { a.Acknowledged, a.Escalated = mark, 1 }, "🔴 CRITICAL · 👀 taken by alice <!here>"},
		{"taken on Slack", schemas.AlertUpdated, func(a *schemas.Alert) { a.Acknowledged = &schemas.Mark{By: "slack:U1 ana.k"} }, "🔴 CRITICAL · 👀 taken by ana.k (Slack)"},
		{"taken by an id", schemas.AlertUpdated, func(a *schemas.Alert) { a.Acknowledged = &schemas.Mark{By: "slack:U1"} }, "🔴 CRITICAL · 👀 taken by slack:U1"},
		{"taken by nobody known", schemas.AlertUpdated, func(a *schemas.Alert) { a.Acknowledged = &schemas.Mark{} }, "🔴 CRITICAL · 👀 taken"},
		{"escalated", schemas.AlertEscalated, nil, "🔴 CRITICAL · ⏫ ESCALATED"},
		{"escalated before", schemas.AlertUpdated, func(a *schemas.Alert) { a.Escalated = 2 }, "🔴 CRITICAL · ⏫ ESCALATED"},
		{"reopened", schemas.AlertReopened, func(a *schemas.Alert) { a.Acknowledged = mark }, "🔴 CRITICAL · ↩ REOPENED"},
		{"resolved", schemas.AlertResolved, nil, "✅ RESOLVED after 42 min"},
		{"resolved at once", schemas.AlertResolved, func(a *schemas.Alert) { a.LastSeen = a.FirstSeen }, "✅ RESOLVED"},
		{"a test", schemas.AlertOpen, func(a *schemas.Alert) { a.Test = true }, "🔴 TEST · CRITICAL"},
		{"a test resolved", schemas.AlertResolved, func(a *schemas.Alert) { a.Test = true }, "✅ TEST · RESOLVED after 42 min"},
		{"a digest", schemas.AlertOpen, func(a *schemas.Alert) { a.Detector = schemas.DigestDetector }, "🔴 CRITICAL · DIGEST"},
		{"a severity that there is not", schemas.AlertOpen, func(a *schemas.Alert) { a.Severity = 200 }, "🔴"},
	} {
		a := alert(c.state)
		if c.edit != nil {
			c.edit(a)
		}
		m := Of(a, "k")
		if got := m.Lamp + " " + m.Label; got != c.want && !(a.Severity == 200 && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if m.Headline() != m.Lamp+" "+m.Label+" · Key guessing" {
			t.Errorf("%s: the headline is %q", c.name, m.Headline())
		}
	}
}

func TestStatus(t *testing.T) {
	a := alert(schemas.AlertResolved)
	a.Outcome, a.MergedInto, a.Muted, a.Test, a.Reopened = "Two keys were found.", "abcdef01", "silence 01ab", true, 2
	a.Resolution = &schemas.Mark{At: noon.Add(time.Hour), Comment: "the cause\nhas ended"}
	a.Acknowledged = &schemas.Mark{At: noon, By: "ana.k"}
	want := []string{"This is a test: nothing has happened.", "Two keys were found.", "Resolved at 2026-11-20 13:00:00 UTC: the cause has ended",
		"It became part of alert abcdef01.", "Taken by ana.k at 2026-11-20 12:00:00 UTC", "It came back twice after it was resolved.", "Muted: silence 01ab."}
	if got := Of(a, "k").Status; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Of(a, "k").MergedURL; got != "https://cases.example/abcdef01?x=1" {
		t.Errorf("the other alert is at %q", got)
	}
	a = alert(schemas.AlertEscalated)
	a.Escalated = 3
	if got := Of(a, "k").Status; !slices.Equal(got, []string{"Nobody has taken it: it was escalated 3 times."}) {
		t.Errorf("got %q", got)
	}
	if got := Of(alert(schemas.AlertOpen), "k").Status; got != nil {
		t.Errorf("a new alert has the status %q", got)
	}
}

func TestMessage(t *testing.T) {
	m := Of(alert(schemas.AlertOpen), "k-1")
	want := Message{
		Lamp: "🔴", Label: "CRITICAL", Title: "Key guessing", Summary: "2,300 keys were tried.",
		Fields: []Field{{"First seen", "2026-11-20 12:00:00 UTC"}, {"Last seen", "2026-11-20 12:42:00 UTC"}, {"So far", "3 findings, 2,400 events"},
			{"Who: principal", "h1:k1:q83v"}, {"Detector", "authfail.key_guessing"}, {"Confidence", "88 %"}, {"Tenant", "acme"},
			{"Model", "openai gpt-4o"}, {"Seen with", "address 198.51.100.7, and others"}},
		Chart: "▁█ peak 1,204 in 5 min, 12:00 to 12:10 UTC",
		Story: []string{"12:05 authfail.stuffing: Stuffing (2 findings, 2,399 events), address 198.51.100.7, ended 12:20",
			"12:09 authfail.success: Success after failures (1 finding, 1 event)"},
		Figures:    []string{"distinct keys: 2300 against 3 keys", "share: 0.9974 against 0.4"},
		Samples:    []string{"r1", "r2"},
		Techniques: []Technique{{"T1110.003 Password Spraying", "https://attack.mitre.org/techniques/T1110/003/"}},
		Query:      "SELECT 1\nFROM events", URL: "https://cases.example/fedcba98?x=1", Foot: "alert fedcba98 · notification k-1",
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("got\n%#v\nwant\n%#v", m, want)
	}
	a := alert(schemas.AlertOpen)
	a.LastSeen, a.Parts = a.LastSeen.AddDate(0, 0, 1), append(a.Parts, make([]schemas.AlertPart, 20)...)
	story := Of(a, "k").Story
	if len(story) != maxParts+1 || !strings.HasPrefix(story[0], "2026-11-20 12:05 ") || story[maxParts] != "and 14 more parts" {
		t.Errorf("the story is %q", story)
	}
}

// What a sink is not shown leaves no trace.
func TestWhatIsLeftOut(t *testing.T) {
	a := alert(schemas.AlertOpen)
	a.Entity.Name, a.Tenant, a.URL, a.Parts, a.Finding = "", "", "", nil, schemas.Finding{Related: make([]schemas.Entity, 2)}
	m := Of(a, "k")
	names := []string{}
	for _, f := range m.Fields {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"First seen", "Last seen", "So far", "Detector", "Confidence"}) {
		t.Errorf("the fields are %q", names)
	}
	if m.Chart+m.URL+m.Query+m.MergedURL != "" || len(m.Story)+len(m.Figures)+len(m.Samples)+len(m.Techniques)+len(m.Links)+len(m.Commands) != 0 {
		t.Errorf("got %+v", m)
	}
	a = alert(schemas.AlertOpen)
	a.Parts[0].Entity.Name = ""
	if story := Of(a, "k").Story; strings.Contains(story[0], "address") {
		t.Errorf("the story is %q", story)
	}
}

func TestLists(t *testing.T) {
	m := Message{Story: []string{"1"}, Links: []string{"2"}, Named: []string{"3"}, Commands: []string{"4"}, Figures: []string{"5"}, Samples: []string{"6"}}
	var got string
	for _, l := range m.Lists() {
		got += l.Lines[0]
	}
	if got != "123456" {
		t.Errorf("the lists are in the order %s", got)
	}
}

func TestCampaign(t *testing.T) {
	a := alert(schemas.AlertOpen)
	c := &schemas.Campaign{ID: "c-3f9a0c11d2e4", First: noon, Size: 1203, Joined: 1, Exchanges: 812_000, Today: 31_278, OutputTokens: 9,
		Links: make([]schemas.Link, 8), Named: []string{"a", "b", "c", "d", "e", "f"}}
	c.Links[0] = schemas.Link{Text: "one network", Others: 1}
	a.Finding.Campaign = c
	m := Of(a, "k")
	if len(m.Fields) != 10 || m.Fields[3] != (Field{"Growth", "+1 key since the last finding, 31,278 exchanges in 24 h"}) || m.Fields[4].Value != "0 in, 9 out" {
		t.Errorf("the fields are %v", m.Fields)
	}
	if len(m.Links) != 7 || m.Links[0] != "one network (1 other caller)" || m.Links[1] != " (no other caller)" || m.Links[6] != "and 2 more links" {
		t.Errorf("the links are %q", m.Links)
	}
	if !slices.Equal(m.Named, []string{"a", "b", "c", "d", "e", "and 1,198 more"}) {
		t.Errorf("the names are %q", m.Named)
	}
	if Took(c) != "1,203 keys, 812,000 exchanges since 2026-11-20 12:00:00 UTC; +1 key since the last finding, 31,278 exchanges in 24 h" {
		t.Errorf("took %q", Took(c))
	}
	for id, n := range map[string]int{"c-3f9a0c11d2e4": 3, "c-$(reboot)": 0, "c-12; rm -rf /": 0, "": 0, "c-": 0, "3f9a": 0, "c-" + strings.Repeat("a", 100): 0} {
		c.ID = id
		if got := Of(a, "k").Commands; len(got) != n {
			t.Errorf("%q has the commands %q", id, got)
		}
	}
}

func TestActionable(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*schemas.Alert)
		want bool
	}{
		"open":     {func(*schemas.Alert) {}, true},
		"taken":    {func(a *schemas.Alert) { a.State = schemas.AlertAcknowledged }, true},
		"resolved": {func(a *schemas.Alert) { a.State = schemas.AlertResolved }, false},
		"a test":   {func(a *schemas.Alert) { a.Test = true }, false},
		"merged":   {func(a *schemas.Alert) { a.MergedInto = "x" }, false},
		"a digest": {func(a *schemas.Alert) { a.Detector = schemas.DigestDetector }, false},
	} {
		a := alert(schemas.AlertOpen)
		c.edit(a)
		if got := Actionable(a); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestSafeURL(t *testing.T) {
	for s, ok := range map[string]bool{
		"https://cases.example/a?b=c&d=%20#x": true, "http://10.0.0.1:8080/x": true,
		"": false, "javascript:alert(1)": false, "//cases.example/x": false, "https:///x": false, "https://u:p@cases.example/": false,
		"https://x.example/|your bank": false, "https://x.example/>": false, "https://x.example/\"": false, "https://x.example/a b": false,
		"https://x.example/\nX: y": false, "https://x.example/)": false, "data:text/html,x": false, "https://x.example/" + strings.Repeat("a", 2000): false,
		"https://пример.example/": false, "<https://x.example/|y>": false,
	} {
		if got := safeURL(s); (got != "") != ok || ok && got != s {
			t.Errorf("%.80q gives %.80q", s, got)
		}
	}
}

func TestFigure(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 3: "3", -7: "-7", 999999: "999999", 1234567: "1.235e+06",
		0.99741: "0.9974", 1.7976931348623157e308: "1.798e+308", math.Inf(1): "+Inf", math.Inf(-1): "-Inf"} {
		if got := Figure(x); got != want {
			t.Errorf("%v is written %s, want %s", x, got, want)
		}
	}
	if got := Figure(math.NaN()); got != "NaN" {
		t.Errorf("got %s", got)
	}
}

// Map reaches every text but the addresses.
func TestMap(t *testing.T) {
	a := alert(schemas.AlertResolved)
	a.Finding.Campaign = &schemas.Campaign{ID: "c-3f9a0c11d2e4", Size: 1, Links: make([]schemas.Link, 1), Named: []string{"x"}}
	a.Outcome = "x"
	m := Of(a, "k")
	got := m.Map(func(string) string { return "!" })
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if s := v.String(); strings.Contains(path, "URL") != (s != "!") {
				t.Errorf("%s is %q", path, s)
			}
		case reflect.Slice:
			if v.Len() == 0 {
				t.Errorf("%s is empty", path)
			}
			for i := range v.Len() {
				walk(path, v.Index(i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		}
	}
	walk("", reflect.ValueOf(got))
	if m.Title != "Key guessing" || m.Fields[0].Value == "!" {
		t.Error("the message itself was changed")
	}
}

// FuzzOf holds that every text is one line, visible and bounded.
func FuzzOf(f *testing.F) {
	f.Add("a\u202eb\nc", uint8(0), int64(0), 0.5)
	f.Add(strings.Repeat("x", 5000), uint8(200), int64(math.MinInt64), math.NaN())
	f.Fuzz(func(t *testing.T, s string, state uint8, n int64, x float64) {
		a := alert(schemas.AlertState(state))
		a.ID, a.Title, a.Summary, a.Outcome, a.Tenant, a.URL, a.MergedInto, a.Muted = s, s, s, s, s, s, s, s
		a.Severity, a.Confidence, a.Events, a.FirstSeen = schemas.Severity(state), x, n, time.Unix(n, 0)
		a.Resolution = &schemas.Mark{By: s, Comment: s}
		a.Parts[0].Title, a.Parts[0].Entity.Name, a.Finding.Query = s, s, s
		a.Finding.Features[0] = schemas.Feature{Text: s, Unit: s, Observed: x}
		a.Finding.Series.Step = n
		m := Of(a, s)
		size := 0
		m.Map(func(text string) string {
			size += len(text)
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00\u202e") || strings.Contains(text, "\n") && text != m.Query {
				t.Errorf("got %q", text)
			}
			return text
		})
		if size > 100_000 {
			t.Errorf("the message has %d bytes", size)
		}
	})
}
