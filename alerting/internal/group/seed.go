package group

import (
	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Know notes a finding of the store that the alert tells of, or that an allowlist
// covered.
func (b *Book) Know(f *schemas.Finding, alert string) error {
	if known, err := journal.Get(b.tx.Bucket(journal.Seen), []byte(f.ID), &sighting{}); err != nil || known {
		return err
	}
	return b.remember(f, sighting{Severity: f.Severity, Events: f.Events, Alert: alert, Excepted: f.Exception != nil}, nil)
}

// Seed puts an alert of the store into the log, as one that people were told of.
// It is no longer than an alert of the log.
func (b *Book) Seed(a schemas.Alert) error {
	if len(a.ID) != idLength || b.changed[a.ID] != nil {
		return nil
	}
	c := &change{touched: true, shown: true}
	f := bound.Finding(a.Finding)
	a.Finding = f
	a.Severity = min(a.Severity, schemas.SeverityCritical)
	a.FirstSeen, a.LastSeen = bound.Sane(a.FirstSeen), bound.Sane(a.LastSeen)
	a.Sequence = max(a.Sequence, 1)
	a.History = ends(a.History, schemas.MaxHistory)
	a.Parts = append([]schemas.AlertPart{}, a.Parts[:min(len(a.Parts), schemas.MaxParts)]...)
	a.Muted = ""
	c.rec = record{Alert: a, Told: a.Severity, Notified: a.LastSeen, Since: b.now, Until: later(a.LastSeen, f.WindowEnd),
		Lapsed: a.State == schemas.AlertResolved && (a.Resolution == nil || a.Resolution.By == "")}
	c.rec.modern()
	c.rec.All = false
	b.add(c)
	b.Total++
	if a.State != schemas.AlertResolved {
		b.Open++
		d := b.decide(&c.rec.Alert)
		for _, t := range d.Targets {
			if least, ok := b.rules.Sinks[t.Sink]; ok && a.Severity >= least {
				c.rec.Sinks = append(c.rec.Sinks, t.Sink)
			}
		}
		b.schedule(c, d.Steps)
	} else {
		c.rec.All = true // asked for only if it comes back
	}
	if f.ID != "" {
		if err := b.remember(&f, sighting{Severity: f.Severity, Events: f.Events, Alert: a.ID}, nil); err != nil {
			return err
		}
	}
	if a.MergedInto != "" {
		return nil
	}
	for i := range a.Parts {
		if abuse(&schemas.Finding{Detector: a.Parts[i].Detector, Entity: a.Parts[i].Entity}) {
			c.rec.Actors++
		}
	}
	if err := b.seedTies(&c.rec); err != nil {
		return err
	}
	current := b.tx.Bucket(journal.Current)
	if old := current.Get([]byte(a.Fingerprint)); old != nil {
		if other, err := b.find(string(old)); err != nil || other != nil && other.rec.until().After(a.LastSeen) {
			return err
		}
	}
	return current.Put([]byte(a.Fingerprint), []byte(a.ID))
}
