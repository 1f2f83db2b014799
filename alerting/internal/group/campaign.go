package group

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// patience is how much longer than another alert one about a campaign waits for
// its next finding: a week and a day. A campaign is told of as it grows, once a
// week if it goes on as before, and it rests over weekends.
const patience = 8 * 24 * time.Hour

// longer is what the group window and the time until an alert is resolved are
// longer by.
func longer(e schemas.Entity) time.Duration {
	if e.Kind == schemas.EntityCampaign {
		return patience
	}
	return 0
}

// place is the time that an alert has in the indices: its last seen time, put off
// by as long as it waits longer than others.
func place(a *schemas.Alert) time.Time { return a.LastSeen.Add(longer(a.Entity)) }

// story is what tells the findings of one alert from others with the same entity:
// the rule; of campaigns the family, for all rules tell of one.
func story(f *schemas.Finding) string {
	if f.Entity.Kind == schemas.EntityCampaign {
		family, _, _ := strings.Cut(f.Detector, ".")
		return family
	}
	return f.Detector
}

// maxLinks bounds the links of a campaign in an alert.
const maxLinks = 16

// boundedCampaign returns a copy of c within the bounds and without the members,
// whom the store has.
func boundedCampaign(c schemas.Campaign) *schemas.Campaign {
	c.ID, c.Score = cut(c.ID, maxLine), finite(c.Score)
	c.First, c.Last = sane(c.First), sane(c.Last)
	for _, n := range []*int{&c.Size, &c.Joined} {
		*n = max(*n, 0)
	}
	for _, n := range []*int64{&c.Exchanges, &c.Today, &c.InputTokens, &c.OutputTokens} {
		*n = max(*n, 0)
	}
	c.Members = nil
	c.Links = append([]schemas.Link{}, c.Links[:min(len(c.Links), maxLinks)]...)
	for i := range c.Links {
		l := &c.Links[i]
		l.Kind, l.Text, l.Weight = cut(l.Kind, maxLine), cut(l.Text, maxText), finite(l.Weight)
		l.Members, l.Others = max(l.Members, 0), max(l.Others, 0)
	}
	c.Named = append([]string{}, c.Named[:min(len(c.Named), schemas.MaxNamed)]...)
	for i := range c.Named {
		c.Named[i] = cut(c.Named[i], maxLine)
	}
	return &c
}
