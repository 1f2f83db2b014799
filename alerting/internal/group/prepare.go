package group

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Bounds of what an alert carries. Findings are made of logs that attackers
// write; the bounds keep one finding from filling the log or a message.
const (
	maxLine    = 512      // ids, names, titles, units; bytes
	maxText    = 2 << 10  // summaries and explanations; bytes
	maxQuery   = 16 << 10 // the evidence query; bytes
	maxEntries = 32       // features and techniques
	maxSamples = 4        // request ids
)

// Input is a finding within the bounds.
type Input struct {
	schemas.Finding
	members []schemas.Member // the caller's
}

// Members returns the members of the campaign that the log looks at.
func (in *Input) Members() []schemas.Member { return in.members[:min(len(in.members), maxMembers)] }

// Prepare returns copies of findings in event-time order, within the bounds
// and without figures that JSON cannot hold.
func Prepare(findings []schemas.Finding) []Input {
	fs := make([]Input, len(findings))
	for i := range findings {
		fs[i].Finding = bounded(findings[i])
		if c := findings[i].Campaign; c != nil && findings[i].Entity.Kind == schemas.EntityCampaign {
			fs[i].members = c.Members
		}
	}
	slices.SortStableFunc(fs, func(a, b Input) int {
		return cmp.Or(a.WindowStart.Compare(b.WindowStart), a.Detected.Compare(b.Detected), cmp.Compare(a.ID, b.ID))
	})
	return fs
}

func bounded(f schemas.Finding) schemas.Finding {
	f.Detector, f.Tenant = cut(f.Detector, maxLine), cut(f.Tenant, maxLine)
	f.Entity.Name = cut(f.Entity.Name, maxLine)
	f.Title, f.Summary, f.Query = cut(f.Title, maxLine), cut(f.Summary, maxText), cut(f.Query, maxQuery)
	f.Provider, f.Model = cut(f.Provider, maxLine), cut(f.Model, maxLine)
	f.Confidence = min(max(finite(f.Confidence), 0), 1)
	f.Severity = min(f.Severity, schemas.SeverityCritical)
	f.Events = max(f.Events, 0)
	f.WindowStart, f.WindowEnd, f.Detected = sane(f.WindowStart), sane(f.WindowEnd), sane(f.Detected)
	if f.WindowEnd.Before(f.WindowStart) {
		f.WindowEnd = f.WindowStart
	}
	if f.Detected.Before(f.WindowStart) {
		f.Detected = f.WindowEnd
	}
	if f.ID = cut(f.ID, maxLine); f.ID == "" {
		f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	}
	// Never nil: JSON has an empty list then, as the schema wants.
	f.Features = append([]schemas.Feature{}, f.Features[:min(len(f.Features), maxEntries)]...)
	for i := range f.Features {
		t := &f.Features[i]
		t.Name, t.Unit, t.Text = cut(t.Name, maxLine), cut(t.Unit, maxLine), cut(t.Text, maxText)
		t.Observed, t.Expected, t.Weight = finite(t.Observed), finite(t.Expected), finite(t.Weight)
	}
	f.Techniques = append([]schemas.Technique{}, f.Techniques[:min(len(f.Techniques), maxEntries)]...)
	for i := range f.Techniques {
		t := &f.Techniques[i]
		t.Framework, t.ID, t.Name = cut(t.Framework, maxLine), cut(t.ID, maxLine), cut(t.Name, maxLine)
	}
	if f.Samples != nil {
		f.Samples = append([]string{}, f.Samples[:min(len(f.Samples), maxSamples)]...)
		for i := range f.Samples {
			f.Samples[i] = cut(f.Samples[i], maxLine)
		}
	}
	if f.Series != nil {
		f.Series = boundedSeries(*f.Series)
	}
	f.RelatedAll = f.RelatedAll && len(f.Related) <= schemas.MaxRelated
	if f.Related != nil {
		f.Related = append([]schemas.Entity{}, f.Related[:min(len(f.Related), schemas.MaxRelated)]...)
		for i := range f.Related {
			f.Related[i].Name = cut(f.Related[i].Name, maxLine)
		}
	}
	if f.Campaign != nil {
		f.Campaign = boundedCampaign(*f.Campaign)
	}
	if f.Exception != nil {
		f.Exception = &schemas.Exception{Owner: cut(f.Exception.Owner, maxLine), Reason: cut(f.Exception.Reason, maxText)}
	}
	return f
}

func boundedSeries(s schemas.Series) *schemas.Series {
	s.Start, s.Step = sane(s.Start), max(s.Step, 0)
	s.Counts = append([]int64{}, s.Counts[:min(len(s.Counts), schemas.MaxBins)]...)
	return &s
}

// cut returns s as valid UTF-8 of at most n bytes.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// finite replaces what JSON cannot hold.
func finite(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return 0
	case math.IsInf(x, 1):
		return math.MaxFloat64
	case math.IsInf(x, -1):
		return -math.MaxFloat64
	}
	return x
}

// sane keeps t within what RFC 3339 can say, in UTC.
func sane(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 1970 || y > 9000 {
		return time.Unix(0, 0).UTC()
	}
	return t
}

// fingerprint names the story of a finding that is the first of an alert: 32
// hexadecimal digits of a SHA-256 over the actor, or over the rule and the entity.
func fingerprint(f *schemas.Finding) string {
	if abuse(f) {
		return journal.Hash("actor", f.Entity.Kind.String(), f.Entity.Name)
	}
	return journal.Hash("fingerprint", story(f), f.Entity.Kind.String(), f.Entity.Name)
}
