package group

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/journal"
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

// place is the time that an alert has in the indices: the end of its latest window,
// put off by as long as it waits longer than others.
func place(r *record) time.Time { return r.until().Add(longer(r.Alert.Entity)) }

// tale is what tells the findings of one alert from others with the same entity:
// the rule; of campaigns the family, for all rules tell of one.
func tale(f *schemas.Finding) string {
	if f.Entity.Kind == schemas.EntityCampaign {
		family, _, _ := strings.Cut(f.Detector, ".")
		return family
	}
	return f.Detector
}

// fingerprint names the story of a finding that is the first of an alert: 32
// hexadecimal digits of a SHA-256 over the actor, or over the rule and the entity.
func fingerprint(f *schemas.Finding) string {
	if abuse(f) {
		return journal.Hash("actor", f.Entity.Kind.String(), f.Entity.Name)
	}
	return journal.Hash("fingerprint", tale(f), f.Entity.Kind.String(), f.Entity.Name)
}
