package group

import (
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/story"
	"github.com/gatehound/gatehound/schemas"
)

// take adds the finding to the parts and figures of the alert and reports
// whether it is a part that was not there, and whether the alert lists it.
func (c *change) take(f *schemas.Finding, findings int, events int64) (grew, listed bool) {
	a := &c.rec.Alert
	a.Findings += findings
	a.Events += max(events, 0)
	if f.WindowStart.Before(a.FirstSeen) {
		a.FirstSeen = f.WindowStart
	}
	a.LastSeen, c.rec.Until = later(a.LastSeen, seen(f)), later(c.rec.Until, f.WindowEnd)

	lead := leader(a)
	i := partOf(a, f.Detector, f.Entity)
	if i < 0 {
		if i = c.room(f); i < 0 {
			c.rec.More = true
			return false, false
		}
		grew = true
		a.Parts[i] = schemas.AlertPart{Detector: f.Detector, Entity: f.Entity, Severity: f.Severity, Title: f.Title,
			FirstSeen: f.WindowStart, LastSeen: seen(f)}
		c.rec.Marks[i] = mark{}
	}
	p, m := &a.Parts[i], &c.rec.Marks[i]
	worse := f.Severity > p.Severity
	latest := !f.Detected.Before(m.Made)
	p.Severity = max(p.Severity, f.Severity)
	p.Findings += findings
	p.Events += max(events, 0)
	if f.WindowStart.Before(p.FirstSeen) {
		p.FirstSeen = f.WindowStart
	}
	p.LastSeen = later(p.LastSeen, seen(f))
	m.Confidence = max(m.Confidence, f.Confidence)
	// What is said of a part is as bad as it was: of the latest that is no milder. Of a
	// campaign it is what was said last, as it goes on.
	says := latest && (f.Severity == p.Severity || f.Entity.Kind == schemas.EntityCampaign)
	if latest {
		m.Made, p.Ended, m.Last = f.Detected, time.Time{}, time.Time{}
	}
	if says || worse {
		p.Title = f.Title
	}
	if now := leader(a); now == i && (now != lead || says || worse || a.Finding.ID == "") {
		a.Finding, a.Detector, a.Entity, a.Tenant = *f, f.Detector, f.Entity, f.Tenant
	}
	return grew, true
}

// full reports whether the alert lists as many parts as it can. It is tied to no
// more actors then: what they do would be counted, and hardly be told.
func (c *change) full() bool { return c.rec.More || len(c.rec.Alert.Parts) >= schemas.MaxParts }

// seen is when the finding's events were last seen, as far as it knows: a window may
// not be over when a finding about it is made.
func seen(f *schemas.Finding) time.Time {
	if f.Detected.Before(f.WindowStart) || f.Detected.After(f.WindowEnd) {
		return f.WindowEnd
	}
	return f.Detected
}

// room makes room for a part that is not there yet, and returns its index; -1 if
// the list is full of what is as severe. A worse one takes the place of the last of the
// least severe ones, so that nobody can hide it behind others.
func (c *change) room(f *schemas.Finding) int {
	a := &c.rec.Alert
	if len(a.Parts) < schemas.MaxParts {
		a.Parts, c.rec.Marks = append(a.Parts, schemas.AlertPart{}), append(c.rec.Marks, mark{})
		return len(a.Parts) - 1
	}
	least := -1
	for i, p := range a.Parts {
		if i > 0 && p.Severity < f.Severity && (least < 0 || p.Severity <= a.Parts[least].Severity) {
			least = i
		}
	}
	if least < 0 {
		return -1
	}
	c.rec.More = true
	copy(a.Parts[least:], a.Parts[least+1:])
	copy(c.rec.Marks[least:], c.rec.Marks[least+1:])
	return len(a.Parts) - 1
}

func partOf(a *schemas.Alert, rule string, e schemas.Entity) int {
	for i := range a.Parts {
		if a.Parts[i].Detector == rule && a.Parts[i].Entity == e {
			return i
		}
	}
	return -1
}

// leader returns the part that an alert's title is about: what was last said of
// the campaign if it is about one, else the worst, and of equals the first; -1 if
// there is none.
func leader(a *schemas.Alert) int {
	lead := -1
	for i, p := range a.Parts {
		switch {
		case lead < 0:
			lead = i
		case a.Parts[lead].Entity.Kind == schemas.EntityCampaign:
			if p.Entity.Kind == schemas.EntityCampaign && p.LastSeen.After(a.Parts[lead].LastSeen) {
				lead = i
			}
		case p.Severity > a.Parts[lead].Severity:
			lead = i
		}
	}
	return lead
}

// likely is the confidence from which an alert is as severe as its worst part says.
// What is rather not so than so wakes nobody: high and critical are a step less
// until another part speaks for it.
const likely = 0.5

// weigh sets what follows from the parts: severity, confidence and words.
func (b *Book) weigh(c *change) {
	a := &c.rec.Alert
	worst, doubt, sure := schemas.SeverityInfo, 1.0, 0.0
	for i, p := range a.Parts {
		worst = max(worst, p.Severity)
		doubt *= 1 - c.rec.Marks[i].Confidence
		sure = max(sure, c.rec.Marks[i].Confidence)
	}
	c.rec.Raised = c.rec.Raised || a.Entity.Kind != schemas.EntityCampaign && escalating(a.Parts)
	if a.Confidence = sure; len(a.Parts) > 1 { // independent witnesses: a noisy or
		a.Confidence = max(sure, min(1-doubt, 0.99))
	}
	switch {
	case c.rec.Raised && worst < schemas.SeverityCritical:
		worst++
	case !c.rec.Raised && worst >= schemas.SeverityHigh && a.Confidence < likely:
		worst--
	}
	a.Severity = worst
	if b.rules.Severity != nil {
		probe := *a // routing goes by the parts
		probe.Parts = slices.Clone(a.Parts)
		for i := range probe.Parts {
			probe.Parts[i].Severity = min(probe.Parts[i].Severity, worst)
		}
		probe.Finding.Severity = min(probe.Finding.Severity, worst)
		probe.Parts[leader(a)].Severity = worst
		a.Severity = min(b.rules.Severity(&probe), schemas.SeverityCritical)
	}
	a.Title, a.Summary = a.Finding.Title, a.Finding.Summary
	if s := story.Before(a, leader(a)); s != "" {
		a.Summary = strings.TrimSpace(a.Summary + " " + s)
	}
}

// escalating reports whether the parts are worse together than the worst of
// them: three families of detectors speak of one actor, or a credential was guessed
// and what came after it was abuse. Parts that are merely informative do not count.
func escalating(parts []schemas.AlertPart) bool {
	families := make(map[string]bool)
	for _, p := range parts {
		if p.Severity == schemas.SeverityInfo {
			continue
		}
		families[family(p.Detector)] = true
		if p.Detector != breakIn {
			continue
		}
		for _, q := range parts {
			if q.Severity > schemas.SeverityInfo && family(q.Detector) != family(breakIn) && !q.LastSeen.Before(p.FirstSeen) {
				return true
			}
		}
	}
	return len(families) >= 3
}
