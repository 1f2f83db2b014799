package words

import (
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/chart"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// campaignFields are the figures of a campaign: what was taken, by how many, since
// when, and how it grows.
func campaignFields(c *schemas.Campaign) []Field {
	out := []Field{
		{"Keys", chart.Grouped(int64(c.Size))},
		{"Exchanges", chart.Grouped(c.Exchanges)},
		{"Since", When(c.First)},
		{"Growth", growth(c)},
	}
	if c.InputTokens > 0 || c.OutputTokens > 0 {
		out = append(out, Field{"Tokens", chart.Grouped(c.InputTokens) + " in, " + chart.Grouped(c.OutputTokens) + " out"})
	}
	return out
}

// growth says what is new.
func growth(c *schemas.Campaign) string {
	today := chart.Grouped(c.Today) + " exchanges in 24 h"
	if c.Joined > 0 {
		return "+" + Count(int64(c.Joined), "key") + " since the last finding, " + today
	}
	return today
}

// Took says in a line what the keys of a campaign took.
func Took(c *schemas.Campaign) string {
	return fmt.Sprintf("%s, %s exchanges since %s; %s", Count(int64(c.Size), "key"), chart.Grouped(c.Exchanges), When(c.First), growth(c))
}

// campaignLinks say what holds the keys together.
func campaignLinks(c *schemas.Campaign) []string {
	var out []string
	for _, l := range c.Links[:min(len(c.Links), maxLinks)] {
		others := "no other caller"
		if l.Others > 0 {
			others = Count(int64(l.Others), "other caller")
		}
		out = append(out, fmt.Sprintf("%s (%s)", neutral.Text(l.Text, 220), others))
	}
	if n := len(c.Links) - maxLinks; n > 0 {
		out = append(out, "and "+Count(int64(n), "more link"))
	}
	return out
}

// campaignNames are the keys that took most.
func campaignNames(c *schemas.Campaign) []string {
	var out []string
	for _, name := range c.Named[:min(len(c.Named), maxNamed)] {
		out = append(out, neutral.Text(name, 120))
	}
	if n := c.Size - len(out); n > 0 && len(out) > 0 {
		out = append(out, "and "+chart.Grouped(int64(n))+" more")
	}
	return out
}

// campaignCommands are what to type for the rest. They are pasted into shells, so
// there are none unless the id is one.
func campaignCommands(c *schemas.Campaign) []string {
	id := c.ID
	if !strings.HasPrefix(id, "c-") || len(id) < 8 || len(id) > 40 || strings.Trim(id[2:], "0123456789abcdef") != "" {
		return nil
	}
	investigate := "gatehound investigate " + id
	return []string{investigate, investigate + " --dry-run", investigate + " --keys csv"}
}
