package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

const alertID = "fedcba9876543210fedcba9876543210"

// lived is an alert to which everything has happened that can.
func lived(state schemas.AlertState) *schemas.Alert {
	a := alert(state, 2)
	a.ID, a.URL = alertID, "https://cases.example/"+alertID+"?a=1&b=2"
	a.Finding.Series = &schemas.Series{Start: a.FirstSeen, Step: 300, Counts: []int64{3, 0, 410, 1204}}
	a.Parts = []schemas.AlertPart{
		{Detector: "authfail.stuffing", Entity: a.Entity, Title: "Stuffing", FirstSeen: a.FirstSeen.Add(5 * time.Minute), Findings: 2, Events: 2399},
		{Detector: "authfail.success", Entity: a.Entity, Title: "Success after <!here> failures", FirstSeen: a.FirstSeen.Add(9 * time.Minute), Findings: 1, Events: 1},
	}
	switch state {
	case schemas.AlertAcknowledged:
		a.Acknowledged = &schemas.Mark{At: a.LastSeen, By: "slack:U1 ana.k", Comment: "on it"}
	case schemas.AlertEscalated:
		a.Escalated = 1
	case schemas.AlertReopened:
		a.Reopened = 1
	case schemas.AlertResolved:
		a.Resolution, a.Outcome = &schemas.Mark{At: a.LastSeen, By: "bob"}, "Nothing was taken."
	}
	return a
}

func blocksOf(a *schemas.Alert, buttons bool) []slackapi.Block {
	m := words.Of(a, "k")
	return message(a, &m, buttons)
}

// What the first message and the thread say in each state.
func TestStates(t *testing.T) {
	for state, want := range map[schemas.AlertState]struct{ head, first, thread []string }{
		schemas.AlertOpen:         {[]string{"🟠 HIGH · Key guessing"}, []string{"12:09 authfail.success: Success after &lt;!here&gt; failures (1 finding, 1 event)"}, []string{"it is back"}},
		schemas.AlertUpdated:      {[]string{"🟠 HIGH · Key guessing"}, []string{"▁·▂█ peak 1,204 in 5 min, 12:00 to 12:20 UTC"}, []string{"it goes on", "3 findings, 2,400 events in all", "distinct keys"}},
		schemas.AlertAcknowledged: {[]string{"🟠 HIGH · 👀 taken by ana.k (Slack) · Key"}, []string{"Taken by slack:U1 ana.k at 2026-11-20 13:00:00 UTC: on it"}, []string{"somebody looks at it", "Taken by slack:U1"}},
		schemas.AlertEscalated:    {[]string{"🟠 HIGH · ⏫ ESCALATED"}, []string{"Nobody has taken it: it was escalated once."}, []string{"nobody has taken it"}},
		schemas.AlertReopened:     {[]string{"🟠 HIGH · ↩ REOPENED"}, []string{"It came back once after it was resolved."}, []string{"it is back"}},
		schemas.AlertResolved:     {[]string{"✅ RESOLVED after 1 h · Key"}, []string{"Nothing was taken.", "Resolved by bob at 2026-11-20 13:00:00 UTC"}, []string{"nothing more since 2026-11-20 13:00:00 UTC", "How it went", "Nothing was taken."}},
	} {
		a := lived(state)
		m := words.Of(a, "k")
		first, thread := texts(t, message(a, &m, true)), texts(t, reply(a, &m))
		if !strings.HasPrefix(first, want.head[0]) || !strings.HasPrefix(fallback(&m), strings.ReplaceAll(want.head[0], "_", "＿")) {
			t.Errorf("%s: the message begins with %.100q, the notification says %q", state, first, fallback(&m))
		}
		for _, s := range want.first {
			if !strings.Contains(first, s) {
				t.Errorf("%s: the message lacks %q:\n%s", state, s, first)
			}
		}
		for _, s := range want.thread {
			if !strings.Contains(thread, s) {
				t.Errorf("%s: the thread lacks %q:\n%s", state, s, thread)
			}
		}
	}
}

// Buttons are where something is left to do, and a link to the case is anywhere.
func TestButtons(t *testing.T) {
	for name, c := range map[string]struct {
		edit    func(*schemas.Alert)
		buttons bool
		want    []string
	}{
		"open":           {func(*schemas.Alert) {}, true, []string{"gatehound.ack", "gatehound.silence", "gatehound.resolve", "gatehound.open"}},
		"no case":        {func(a *schemas.Alert) { a.URL = "" }, true, []string{"gatehound.ack", "gatehound.silence", "gatehound.resolve"}},
		"a bad case":     {func(a *schemas.Alert) { a.URL = "javascript:alert(1)" }, true, []string{"gatehound.ack", "gatehound.silence", "gatehound.resolve"}},
		"taken":          {func(a *schemas.Alert) { a.Acknowledged = &schemas.Mark{} }, true, []string{"gatehound.silence", "gatehound.resolve", "gatehound.open"}},
		"not wanted":     {func(*schemas.Alert) {}, false, []string{"link"}},
		"resolved":       {func(a *schemas.Alert) { a.State = schemas.AlertResolved }, true, []string{"link"}},
		"a test":         {func(a *schemas.Alert) { a.Test = true }, true, []string{"link"}},
		"a digest":       {func(a *schemas.Alert) { a.Detector = schemas.DigestDetector }, true, []string{"link"}},
		"another id":     {func(a *schemas.Alert) { a.ID = "a1" }, true, []string{"link"}},
		"nothing at all": {func(a *schemas.Alert) { a.URL = "" }, false, nil},
	} {
		a := lived(schemas.AlertOpen)
		c.edit(a)
		doc, err := json.Marshal(blocksOf(a, c.buttons))
		if err != nil {
			t.Fatal(err)
		}
		var blocks slackapi.Blocks
		if err := json.Unmarshal(doc, &blocks); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, b := range blocks.BlockSet {
			if b, ok := b.(*slackapi.ActionBlock); ok {
				for _, el := range b.Elements.ElementSet {
					switch el := el.(type) {
					case *slackapi.ButtonBlockElement:
						got = append(got, el.ActionID)
					case *slackapi.SelectBlockElement:
						got = append(got, el.ActionID)
					}
				}
			}
		}
		if strings.Contains(string(doc), `?a=1\u0026amp;b=2|Open the case\u003e`) {
			got = append(got, "link")
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	a := lived(schemas.AlertResolved)
	a.MergedInto = "0123456789abcdef0123456789abcdef"
	if got := texts(t, blocksOf(a, true)); !strings.Contains(got, "<https://cases.example/"+a.MergedInto+"?a=1&amp;b=2|Open the alert that it became part of>") {
		t.Errorf("there is no link to the other alert:\n%s", got)
	}
}

// TestLimits fills everything to its end.
func TestLimits(t *testing.T) {
	long := strings.Repeat("<&😀", 4000)
	a := lived(schemas.AlertResolved)
	a.Title, a.Summary, a.Outcome, a.Tenant, a.Detector, a.Muted, a.MergedInto = long, long, long, long, long, long, long
	a.Resolution, a.Acknowledged = &schemas.Mark{By: long, Comment: long}, &schemas.Mark{By: long, Comment: long}
	a.Entity.Name, a.Finding.Model, a.Finding.Query = long, long, long
	for range schemas.MaxParts {
		a.Parts = append(a.Parts, schemas.AlertPart{Detector: long, Title: long, Entity: schemas.Entity{Name: long}})
		a.Finding.Features = append(a.Finding.Features, schemas.Feature{Text: long, Unit: long})
		a.Finding.Samples = append(a.Finding.Samples, long)
		a.Finding.Techniques = append(a.Finding.Techniques, schemas.Technique{ID: long, Name: long})
		a.Finding.Related = append(a.Finding.Related, schemas.Entity{Name: long})
	}
	m := words.Of(a, long)
	for _, blocks := range [][]slackapi.Block{message(a, &m, true), reply(a, &m)} {
		if len(blocks) > 50 {
			t.Errorf("%d blocks", len(blocks))
		}
		size := func(what string, o *slackapi.TextBlockObject, limit int) {
			t.Helper()
			if n := len(utf16.Encode([]rune(o.Text))); n > limit {
				t.Errorf("%s has %d units, want at most %d", what, n, limit)
			}
		}
		for _, b := range blocks {
			switch b := b.(type) {
			case *slackapi.HeaderBlock:
				size("the header", b.Text, 150)
			case *slackapi.SectionBlock:
				if b.Text != nil {
					size("a section", b.Text, 3000)
				}
				if len(b.Fields) > 10 {
					t.Errorf("%d fields", len(b.Fields))
				}
				for _, f := range b.Fields {
					size("a field", f, 2000)
				}
			case *slackapi.ContextBlock:
				for _, el := range b.ContextElements.Elements {
					size("a context", el.(*slackapi.TextBlockObject), 2000)
				}
			}
		}
	}
}
