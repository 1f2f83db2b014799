package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// plot is an alert about a campaign of n keys.
func plot(state schemas.AlertState, n int) schemas.Alert {
	a := sample(state)
	a.Entity = schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-3f9a0c11d2e4"}
	a.Title, a.Summary = "1,203 keys took 812,000 exchanges together", "1,203 keys act as one. Of unrelated callers two would share this much."
	c := &schemas.Campaign{
		ID: a.Entity.Name, Score: 41, First: a.FirstSeen.Add(-50 * time.Hour), Last: a.LastSeen, Size: n, Joined: 37,
		Exchanges: 812_000, Today: 31_278, InputTokens: 1_000_000, OutputTokens: 2_000_000,
		Links: []schemas.Link{{Kind: "network", Members: n - 1, Others: 2, Weight: 0.6, Text: "four networks of one host"}},
	}
	for i := range min(n, 20) {
		c.Named = append(c.Named, fmt.Sprintf("h1:k1:member-%02d", i))
	}
	for i := range 7 {
		c.Links = append(c.Links, schemas.Link{Kind: "more", Members: i, Weight: 0.04, Text: fmt.Sprint("link ", i)})
	}
	a.Finding.Entity, a.Finding.Campaign = a.Entity, c
	return a
}

// conformCampaign sends alerts about campaigns, hostile ones too.
func conformCampaign(t *testing.T, m *member) {
	if slices.Contains(m.lacks, "campaign") {
		return
	}
	a := plot(schemas.AlertUpdated, 1203)
	got := deliver(t, m, &a, "key-1", "")
	body := strings.ReplaceAll(bodies(got), ",", "") // of numbers, for people
	for _, want := range []string{"c-3f9a0c11d2e4", "1203", "812000", "act as one", "h1:k1:member-00", "four networks of one host"} {
		if !strings.Contains(body, want) {
			t.Errorf("the message does not have %q:\n%s", want, body)
		}
	}
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			a := plot(schemas.AlertOpen, 3) // with more links than are shown
			fill(&a, text)
			for _, got := range deliver(t, m, &a, "key-1", m.ref) {
				m.harmless(t, got)
			}
		})
	}
}
