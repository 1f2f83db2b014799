package sentinel

import (
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// maxBody bounds a request, in bytes: the API takes 1 MB
// (https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api).
const maxBody = 1_000_000

// maxText bounds a column of type string, in characters: beyond 64 KB, of
// UTF-16 for that matter, the table cuts it by itself.
const maxText = 30_000

// row is a row of the table. Its fields are named like the columns, which are
// in columns.json.
type row struct {
	TimeGenerated  time.Time
	AlertId        string
	AlertKey       string
	Fingerprint    string
	State          string
	Sequence       int
	Severity       string
	SourceSeverity string
	Confidence     float64
	Title          string
	Summary        string
	Detector       string
	EntityKind     string
	EntityName     string
	Tenant         string
	FirstSeen      time.Time
	LastSeen       time.Time
	Findings       int
	Events         int64
	Outcome        string
	AcknowledgedBy string
	MergedInto     string
	Escalated      int
	Reopened       int
	Test           bool
	Url            string
	Query          string
	Provider       string
	Model          string
	Techniques     []schemas.Technique
	Features       []schemas.Feature
	Parts          []schemas.AlertPart
	Related        []schemas.Entity
	Campaign       *schemas.Campaign
}

// rows returns the body of a request with the one row of a.
func rows(a *schemas.Alert, key string) ([]byte, error) {
	text := func(s string) string { return neutral.Text(s, maxText) }
	f := &a.Finding
	r := row{
		TimeGenerated: neutral.Moment(a), AlertId: a.ID, AlertKey: key, Fingerprint: a.Fingerprint,
		State: a.State.String(), Sequence: a.Sequence, Severity: severity(a.Severity),
		SourceSeverity: a.Severity.String(), Confidence: a.Confidence,
		Title: neutral.Title(a, maxText), Summary: text(a.Summary), Detector: text(a.Detector),
		EntityKind: a.Entity.Kind.String(), EntityName: text(a.Entity.Name), Tenant: text(a.Tenant),
		FirstSeen: a.FirstSeen.UTC(), LastSeen: a.LastSeen.UTC(), Findings: a.Findings, Events: a.Events,
		Outcome: text(a.Outcome), MergedInto: a.MergedInto, Escalated: a.Escalated, Reopened: a.Reopened,
		Test: a.Test, Url: text(a.URL), Query: neutral.Lines(f.Query, maxText), Provider: text(f.Provider), Model: text(f.Model),
		Techniques: f.Techniques, Features: f.Features, Parts: a.Parts, Related: f.Related, Campaign: f.Campaign,
	}
	if a.Acknowledged != nil {
		r.AcknowledgedBy = text(a.Acknowledged.By)
	}
	return neutral.Within([]row{r}, maxBody)
}

// severity is one of the four that Sentinel's own alerts have; SourceSeverity
// tells critical from high.
func severity(s schemas.Severity) string {
	return [...]string{"Informational", "Low", "Medium", "High", "High"}[min(s, schemas.SeverityCritical)]
}
