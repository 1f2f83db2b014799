// Package report writes the engine's own findings.
package report

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

const day = 24 * time.Hour

// EndOfDay returns the end of the day that the time at is in, UTC.
func EndOfDay(at int64) int64 {
	at = max(at, 0)
	return at - at%int64(day) + int64(day)
}

// New begins a finding of the engine's own about name, on the day of at.
func New(rule, name string, at int64) *schemas.Finding {
	end := time.Unix(0, EndOfDay(at-1)).UTC()
	f := &schemas.Finding{
		Detector: rule, Entity: schemas.Entity{Kind: schemas.EntityGlobal, Name: name}, Confidence: 1,
		WindowStart: end.Add(-day), WindowEnd: end, Detected: time.Unix(0, at).UTC(),
		Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1562", Name: "Impair Defenses"}},
	}
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}
