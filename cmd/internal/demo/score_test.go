package demo

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// keys are n principals from the number first on.
func keys(first, n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("h1:k1:%04d", first+i))
	}
	return out
}

func TestJudgeKnowsACampaignByItsMembers(t *testing.T) {
	campaign := Plant{Title: "many keys", Expect: []string{"campaign"}, Start: noon, End: noon.Add(time.Hour), Events: 900}
	for _, name := range keys(0, 30) {
		campaign.Entities = append(campaign.Entities, principal(name))
	}
	other := Plant{Title: "a product's keys", Benign: true, Entities: []schemas.Entity{principal("h1:k1:0100"), principal("h1:k1:0101")},
		Start: noon, End: noon.Add(time.Hour), Events: 9}
	for _, tt := range []struct {
		name                  string
		named                 []string
		found, related, wrong int
	}{
		{"all of them", keys(0, 20), 1, 0, 0},
		{"most of them", append(keys(0, 11), keys(200, 9)...), 1, 0, 0},
		{"half of them", append(keys(0, 10), keys(200, 10)...), 0, 0, 1},
		{"others", keys(200, 20), 0, 0, 1},
		{"a look-alike's", keys(100, 2), 0, 0, 1},
		{"nobody", nil, 0, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := schemas.Alert{ID: "a1", State: schemas.AlertOpen, Detector: "campaign.extraction", Title: "Campaign",
				Entity:    schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-3f9a0c11d2e4"},
				FirstSeen: noon.Add(time.Minute), LastSeen: noon.Add(30 * time.Minute)}
			a.Finding.Detected = noon.Add(30 * time.Minute)
			a.Finding.Campaign = &schemas.Campaign{ID: a.Entity.Name, Named: tt.named}
			s := Judge([]Plant{campaign, other}, told(a))
			assert.Equal(t, tt.found, s.Found())
			assert.Equal(t, tt.related, s.Related)
			assert.Len(t, s.False, tt.wrong)
			if tt.found > 0 {
				assert.Equal(t, 30*time.Minute, s.Attacks[0].After)
			}
			require.Len(t, s.Lookalikes, 1)
			assert.Equal(t, tt.name == "a look-alike's", s.Lookalikes[0].Alert != nil)
		})
	}
}

// told returns alerts of one part each: what they say themselves.
func told(as ...schemas.Alert) []schemas.Alert {
	for i := range as {
		a := &as[i]
		a.Finding.Detector, a.Finding.Entity = a.Detector, a.Entity
		a.Parts = []schemas.AlertPart{{Detector: a.Detector, Entity: a.Entity, Severity: a.Severity, Title: a.Title,
			FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, Findings: a.Findings, Events: a.Events}}
	}
	return as
}

// TestJudgeHoldsEachPartOfAStory: an alert that tells the attack and then something
// that nothing explains has found the one, and is false about the other.
func TestJudgeHoldsEachPartOfAStory(t *testing.T) {
	attack := Plant{Title: "stuffing", Expect: []string{"authfail"}, Entities: []schemas.Entity{principal("h1:k1:0001")},
		Start: noon, End: noon.Add(time.Hour), Events: 900}
	first := schemas.Alert{ID: "a1", Detector: "authfail.stuffing", Entity: principal("h1:k1:0001"),
		FirstSeen: noon, LastSeen: noon.Add(5 * time.Minute)}
	first.Finding.Detected = first.LastSeen
	first = told(first)[0]
	grown := first
	grown.State = schemas.AlertUpdated
	grown.Parts = append(grown.Parts, schemas.AlertPart{Detector: "rate.spike", Entity: principal("h1:k1:0002"), Title: "odd",
		FirstSeen: noon.Add(10 * time.Minute), LastSeen: noon.Add(15 * time.Minute)})
	s := Judge([]Plant{attack}, []schemas.Alert{first, grown, grown})
	require.Equal(t, 1, s.Found())
	assert.Equal(t, 5*time.Minute, s.Attacks[0].After)
	assert.Equal(t, 2, s.Told, "an update tells nothing again")
	require.Len(t, s.False, 1)
	assert.Equal(t, "rate.spike", s.False[0].Detector)
	assert.Equal(t, "odd", s.False[0].Title)
}
