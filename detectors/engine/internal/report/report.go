// Package report writes the engine's own findings.
package report

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
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

// Facts are what the engine knows of a detector's finding: whom it is about, the
// event at hand or nil, the table of events, and the detector's own.
type Facts struct {
	Who        *entities.Subject
	Event      *schemas.Event
	Table      string
	Techniques []schemas.Technique
	// Among is the detector's condition on events, if all are meant.
	Among string
	// Start is that of the window, Now the event time.
	Start, Now int64
	Window     time.Duration
}

// Complete fills in what a detector leaves to the engine.
func Complete(f *schemas.Finding, x Facts) {
	f.Entity = schemas.Entity{Kind: x.Who.Kind, Name: x.Who.Name}
	f.WindowStart = time.Unix(0, x.Start).UTC()
	f.WindowEnd = f.WindowStart.Add(x.Window)
	f.Detected = time.Unix(0, x.Now).UTC()
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	if f.Tenant == "" && x.Event != nil {
		f.Tenant = strings.Clone(x.Event.Tenant)
	}
	if f.Techniques == nil {
		f.Techniques = x.Techniques
	}
	if f.Query == "" {
		f.Query = entities.Evidence(x.Table, x.Who, x.Among, x.Start, x.Start+int64(x.Window))
	}
}
