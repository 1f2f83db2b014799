package notify_test

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// sample is an alert as detectors make them, in one of the states.
func sample(state schemas.AlertState) schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f := schemas.Finding{
		ID: "0123456789abcdef0123456789abcdef", Detector: "extraction.harvest",
		Entity:   schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"},
		Severity: schemas.SeverityHigh, Confidence: 0.87, Title: "Model extraction", Summary: "One caller asks like a machine.",
		WindowStart: at, WindowEnd: at.Add(time.Hour), Detected: at.Add(time.Hour), Events: 5021,
		Features: []schemas.Feature{
			{Name: "requests", Observed: 5021, Expected: 240, Unit: "requests/h", Weight: 0.6, Text: "requests in an hour"},
			{Name: "distinct_prompts", Observed: 0.997, Expected: 0.4, Weight: 0.4, Text: "share of distinct prompts"},
		},
		Techniques: []schemas.Technique{
			{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
			{Framework: "MITRE ATT&CK", ID: "T1110", Name: "Brute Force"},
			{Framework: "OWASP LLM 2025", ID: "LLM10", Name: "Unbounded Consumption"},
		},
		Query:    "SELECT time, route FROM events WHERE principal = 'h1:k1:q83vEjRWeJA' AND status < 500",
		Provider: "openai", Model: "gpt-4o", Samples: []string{"req-1", "req-2"},
		Series:  &schemas.Series{Start: at.Add(-time.Hour), Step: 600, Counts: []int64{3, 2, 4, 0, 5, 3, 410, 890, 1204, 1100, 990, 417}},
		Related: []schemas.Entity{{Kind: schemas.EntityAddress, Name: "198.51.100.7"}}, RelatedAll: true,
	}
	a := schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", Fingerprint: "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb", State: state, Sequence: 1 + int(state),
		Severity: f.Severity, Confidence: f.Confidence, Title: f.Title, Summary: f.Summary, Detector: f.Detector, Entity: f.Entity,
		Tenant: "acme", FirstSeen: at, LastSeen: f.WindowEnd, Findings: 3, Events: 12000, Finding: f,
		URL: "https://gatehound.example/cases/fedcba9876543210fedcba9876543210",
		Parts: []schemas.AlertPart{
			{Detector: f.Detector, Entity: f.Entity, Severity: f.Severity, Title: f.Title, FirstSeen: at, LastSeen: f.WindowEnd, Findings: 2, Events: 11_000},
			{Detector: "rate.spike", Entity: f.Entity, Severity: schemas.SeverityMedium, Title: "Many more requests than ever", FirstSeen: at,
				LastSeen: f.WindowEnd, Findings: 1, Events: 1000, Ended: f.WindowEnd.Add(time.Hour)},
		},
	}
	switch state {
	case schemas.AlertAcknowledged:
		a.Acknowledged = &schemas.Mark{At: f.WindowEnd.Add(5 * time.Minute), By: "ana.k", Comment: "looking into the key"}
	case schemas.AlertResolved:
		a.Resolution = &schemas.Mark{At: f.WindowEnd.Add(time.Hour), Comment: "the cause has ended"}
		a.Outcome = "One caller asked 12000 questions in an hour. It stopped by itself at two in the afternoon."
	case schemas.AlertEscalated:
		a.Escalated = 2
	case schemas.AlertReopened:
		a.Reopened = 1
	}
	return a
}

// digest is an alert that stands for twelve others.
func digest() schemas.Alert {
	a := sample(schemas.AlertOpen)
	a.ID, a.Detector, a.Entity, a.Parts = "digest-0123456789abcdef0123456789abcdef", "alerting.digest",
		schemas.Entity{Kind: schemas.EntityGlobal, Name: "all"}, nil
	a.Title = "12 alerts in one message"
	a.Summary = "More alerts came than per_minute allows: 2 high, 10 low; 3 of them are resolved."
	a.Finding = schemas.Finding{
		ID: a.ID, Detector: a.Detector, Entity: a.Entity, Severity: a.Severity, Confidence: a.Confidence,
		Title: a.Title, Summary: a.Summary, WindowStart: a.FirstSeen, WindowEnd: a.LastSeen, Detected: a.LastSeen, Events: a.Events,
		Features: []schemas.Feature{{Name: "alerts", Observed: 12, Unit: "alerts", Weight: 1, Text: "12 alerts of rate.spike"}},
		Query:    "SELECT * FROM alerts FINAL WHERE id IN ('fedcba9876543210fedcba9876543210')",
	}
	return a
}
