package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/demo"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

func TestCampaignsNeedTime(t *testing.T) {
	assert.Empty(t, Campaigns(2*time.Hour, 20*time.Minute))
	assert.Equal(t, []Plant{{Kind: Hydra, After: -3 * time.Hour, For: 3*time.Hour + time.Minute}}, Campaigns(3*time.Hour, time.Minute))
	assert.Equal(t, []Plant{{Kind: Hydra, For: lasting}}, Campaigns(0, 0), "without an end there is time")
}

// TestNoKeyOfACampaignStandsOut: none of them alone does what somebody would be
// told of.
func TestNoKeyOfACampaignStandsOut(t *testing.T) {
	f := fleet(t, Config{Start: start, Live: 3 * time.Hour, Rate: 1, Plants: Campaigns(0, 3*time.Hour)})
	calls, places, clients, teams := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	each(t, f, func(r *gateway.Record) {
		if r.Truth < 0 {
			return
		}
		calls[string(r.Principal)]++
		places[r.Client.String()], clients[string(r.UserAgent)], teams[r.Team] = true, true, true
		assert.Equal(t, 200, r.Status)
	})
	members := map[string]bool{}
	for _, e := range f.Truths()[0].Entities {
		members[e.Raw] = true
	}
	require.Len(t, calls, hydraKeys)
	for key, n := range calls {
		assert.True(t, members[key], "the truth names it")
		assert.InDelta(t, 3*hydraRate, n, 60)
	}
	assert.Greater(t, len(places), hydraKeys)
	assert.Greater(t, len(clients), 5)
	assert.Len(t, teams, hydraKeys)
}

// TestTheDetectorsFindTheCampaign is the demo's backlog at a lower rate: the
// campaign is told as one, and of its keys nothing else.
func TestTheDetectorsFindTheCampaign(t *testing.T) {
	c := Default(1, start.Add(5*time.Minute), 3*time.Hour, time.Minute)
	c.Rate, c.Plants = 8, Campaigns(c.Backlog, c.Live)
	f, h := fleet(t, c), newHunt(t, start.Add(24*time.Hour))
	var line []byte
	each(t, f, func(r *gateway.Record) {
		line = r.AppendTo(line[:0])
		h.take(line)
	})
	h.flush()
	h.findings = append(h.findings, h.engine.Flush()...)

	plants := h.plants(f)
	score := demo.Judge(plants, h.alerts())
	assert.Empty(t, score.False)
	assert.Zero(t, score.Related, "nobody is told of a single key")
	require.Equal(t, 1, score.Found())
	found := score.Attacks[0].Alert.Finding
	t.Log(score.Attacks[0].After, found.Title)
	assert.InDelta(t, hydraKeys, found.Campaign.Size, 2)
	members := map[string]bool{}
	for _, e := range plants[0].Entities {
		members[e.Name] = true
	}
	for _, m := range found.Campaign.Members {
		assert.True(t, members[m.Principal], "only its keys")
	}
}
