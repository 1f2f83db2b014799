package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

func plot() *schemas.Alert {
	a := alert(schemas.AlertUpdated, 2)
	a.Entity = schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-3f9a0c11d2e4"}
	a.Finding.Model, a.Finding.Provider = "gpt-4o", "openai"
	a.Finding.Campaign = &schemas.Campaign{ID: "c-3f9a0c11d2e4", First: a.FirstSeen, Last: a.FirstSeen.Add(50 * time.Hour), Size: 1203, Joined: 37,
		Exchanges: 812_000, Today: 31_278, InputTokens: 5, OutputTokens: 1_000_000,
		Links: []schemas.Link{{Kind: "network", Members: 1200, Others: 2, Text: "four networks"}, {Kind: "client", Members: 7, Text: "one client"}}, Named: []string{"a", "b", "c", "d", "e", "<!here>"}}
	return a
}

// texts are those of blocks, in the order in which they are read.
func texts(t *testing.T, blocks any) string {
	t.Helper()
	doc, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				out = append(out, s)
			}
			for _, key := range []string{"text", "fields", "elements"} {
				if _, ok := v[key].(string); !ok {
					walk(v[key])
				}
			}
		}
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	walk(v)
	return strings.Join(out, "\n")
}

// shown are the texts of the message about a.
func shown(t *testing.T, a *schemas.Alert) string {
	t.Helper()
	m := words.Of(a, "k")
	return texts(t, message(a, &m, true))
}

func threaded(a *schemas.Alert) []slackapi.Block {
	m := words.Of(a, "k")
	return reply(a, &m)
}

func TestACampaignLeadsWithWhatItTook(t *testing.T) {
	a := plot()
	got := shown(t, a)
	at := -1
	for _, want := range []string{a.Title, a.Summary, "Keys\n1,203", "Exchanges\n812,000", "Since\n2026-11-20 12:00:00 UTC",
		"Growth\n+37 keys since the last finding, 31,278 exchanges in 24 h", "Tokens\n5 in, 1,000,000 out", "Who: campaign\nc-3f9a0c11d2e4",
		"• four networks (2 other callers)", "• one client (no other caller)", "Keys that took most\na\nb\nc\nd\ne\nand 1,198 more",
		"gatehound investigate c-3f9a0c11d2e4 --keys csv", "Observed against expected"} {
		i := strings.Index(got, want)
		if i <= at {
			t.Errorf("%q is at %d, want it after %d, in\n%s", want, i, at, got)
		}
		at = i
	}
	if n := len(words.Of(a, "k").Fields); n > maxFields {
		t.Errorf("%d fields, and Slack takes 10", n)
	}
	if got = texts(t, threaded(a)); !strings.Contains(got, "1,203 keys, 812,000 exchanges since 2026-11-20 12:00:00 UTC; +37 keys") {
		t.Errorf("the thread says\n%s", got)
	}
	a.Finding.Campaign.Joined, a.Finding.Campaign.InputTokens, a.Finding.Campaign.OutputTokens, a.Finding.Campaign.Named = 0, 0, 0, nil
	if got = shown(t, a); strings.Contains(got, "Tokens") || strings.Contains(got, "+0") || strings.Contains(got, "took most") {
		t.Errorf("what is not known is shown:\n%s", got)
	}
}

// TestCommandsNameOnlyCampaigns holds that what is pasted into a shell is an id.
func TestCommandsNameOnlyCampaigns(t *testing.T) {
	for id, ok := range map[string]bool{"c-3f9a0c11d2e4": true, "c-$(reboot)": false, "c-12; rm -rf /": false, "": false, "3f9a": false,
		"c-" + strings.Repeat("a", 100): false} {
		a := plot()
		a.Finding.Campaign.ID = id
		if got := strings.Contains(shown(t, a), "gatehound investigate"); got != ok {
			t.Errorf("%q: a command is shown: %v", id, got)
		}
	}
}
