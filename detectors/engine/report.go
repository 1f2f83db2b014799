package engine

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// report begins a finding of the engine's own about name, on the day of at.
func (e *Engine) report(rule, name string, at int64) schemas.Finding {
	end := time.Unix(0, endOfDay(at-1)).UTC()
	f := schemas.Finding{
		Detector: rule, Entity: schemas.Entity{Kind: schemas.EntityGlobal, Name: name}, Confidence: 1,
		WindowStart: end.Add(-day), WindowEnd: end, Detected: time.Unix(0, at).UTC(),
		Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1562", Name: "Impair Defenses"}},
	}
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}

// tell puts a finding of the engine's own behind the others.
func (e *Engine) tell(f schemas.Finding) {
	e.findings = append(e.findings, f)
	e.metrics.finding(f.Severity, "engine")
}

// database is that of the table of events, with a point, or empty.
func (e *Engine) database() string {
	if database, _, ok := strings.Cut(e.settings.Table, "."); ok {
		return database + "."
	}
	return ""
}
