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
			s := Judge([]Plant{campaign, other}, []schemas.Alert{a})
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
