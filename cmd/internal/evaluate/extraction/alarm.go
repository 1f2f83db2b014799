package extraction

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// alarm is one thing that is said of principals: a finding, or what a floor says.
type alarm struct {
	rule     string
	severity schemas.Severity
	// at is when it was said.
	at     time.Time
	entity schemas.Entity
	// names are the principals that it names, as findings name them: the entity,
	// the members of a campaign, the callers of a tenant.
	names []string
	// text has its words, and figures its features, for lists.
	text    string
	figures []schemas.Feature
}

// families are the detectors whose findings count as finding extraction.
var families = [...]string{"campaign.", "extraction."}

// accuses reports whether the alarm says that somebody extracts a model. Floors
// say nothing else.
func (a *alarm) accuses() bool {
	for _, f := range families {
		if strings.HasPrefix(a.rule, f) {
			return true
		}
	}
	return !strings.Contains(a.rule, ".")
}

// alarms returns what the findings say, in the order of their time; callers has
// the principals of each tenant.
func alarms(findings []schemas.Finding, callers map[string][]string) []alarm {
	out := make([]alarm, 0, len(findings))
	for i := range findings {
		f := &findings[i]
		a := alarm{rule: f.Detector, severity: f.Severity, at: f.Detected, entity: f.Entity, text: f.Title + ": " + f.Summary, figures: f.Features}
		switch {
		case f.Campaign != nil:
			for _, m := range f.Campaign.Members {
				a.names = append(a.names, m.Principal)
			}
		case f.Entity.Kind == schemas.EntityPrincipal:
			a.names = []string{f.Entity.Name}
		case f.Entity.Kind == schemas.EntityTenant:
			a.names = callers[f.Entity.Name]
		}
		out = append(out, a)
	}
	sortAlarms(out)
	return out
}
