// Package bound keeps what the room is given within bounds: findings are made of
// logs that attackers write.
package bound

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Bounds of what an alert carries. Findings are made of logs that attackers
// write; the bounds keep one finding from filling the log or a message.
const (
	MaxLine    = 512      // ids, names, titles, units; bytes
	MaxText    = 2 << 10  // summaries and explanations; bytes
	maxQuery   = 16 << 10 // the evidence query; bytes
	maxEntries = 32       // features and techniques
	maxSamples = 4        // request ids
	// maxMembers is how many members of a campaign are tied to its alert.
	maxMembers = 10_000
)

// Input is a finding within the bounds.
type Input struct {
	schemas.Finding
	members []schemas.Member // the caller's
}

// Members returns the members of the campaign that the log looks at.
func (in *Input) Members() []schemas.Member { return in.members[:min(len(in.members), maxMembers)] }

// Prepare returns copies of findings in the order in which they were made in event
// time, which no cut into batches changes, as their windows may be of any length,
// within the bounds
// and without figures that JSON cannot hold.
func Prepare(findings []schemas.Finding) []Input {
	fs := make([]Input, len(findings))
	for i := range findings {
		fs[i].Finding = Finding(findings[i])
		if c := findings[i].Campaign; c != nil && findings[i].Entity.Kind == schemas.EntityCampaign {
			fs[i].members = c.Members
		}
	}
	slices.SortStableFunc(fs, func(a, b Input) int {
		return cmp.Or(a.Detected.Compare(b.Detected), a.WindowStart.Compare(b.WindowStart), cmp.Compare(a.ID, b.ID))
	})
	return fs
}

// Finding returns a copy of f within the bounds.
func Finding(f schemas.Finding) schemas.Finding {
	f.Detector, f.Tenant = Cut(f.Detector, MaxLine), Cut(f.Tenant, MaxLine)
	f.Entity.Name = Cut(f.Entity.Name, MaxLine)
	f.Title, f.Summary, f.Query = Cut(f.Title, MaxLine), Cut(f.Summary, MaxText), Cut(f.Query, maxQuery)
	f.Provider, f.Model = Cut(f.Provider, MaxLine), Cut(f.Model, MaxLine)
	f.Confidence = min(max(finite(f.Confidence), 0), 1)
	f.Severity = min(f.Severity, schemas.SeverityCritical)
	f.Events = max(f.Events, 0)
	f.WindowStart, f.WindowEnd, f.Detected = Sane(f.WindowStart), Sane(f.WindowEnd), Sane(f.Detected)
	if f.WindowEnd.Before(f.WindowStart) {
		f.WindowEnd = f.WindowStart
	}
	if f.Detected.Before(f.WindowStart) {
		f.Detected = f.WindowEnd
	}
	if f.ID = Cut(f.ID, MaxLine); f.ID == "" {
		f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	}
	// Never nil: JSON has an empty list then, as the schema wants.
	f.Features = append([]schemas.Feature{}, f.Features[:min(len(f.Features), maxEntries)]...)
	for i := range f.Features {
		t := &f.Features[i]
		t.Name, t.Unit, t.Text = Cut(t.Name, MaxLine), Cut(t.Unit, MaxLine), Cut(t.Text, MaxText)
		t.Observed, t.Expected, t.Weight = finite(t.Observed), finite(t.Expected), finite(t.Weight)
	}
	f.Techniques = append([]schemas.Technique{}, f.Techniques[:min(len(f.Techniques), maxEntries)]...)
	for i := range f.Techniques {
		t := &f.Techniques[i]
		t.Framework, t.ID, t.Name = Cut(t.Framework, MaxLine), Cut(t.ID, MaxLine), Cut(t.Name, MaxLine)
	}
	if f.Samples != nil {
		f.Samples = append([]string{}, f.Samples[:min(len(f.Samples), maxSamples)]...)
		for i := range f.Samples {
			f.Samples[i] = Cut(f.Samples[i], MaxLine)
		}
	}
	if f.Series != nil {
		f.Series = boundedSeries(*f.Series)
	}
	f.RelatedAll = f.RelatedAll && len(f.Related) <= schemas.MaxRelated
	if f.Related != nil {
		f.Related = append([]schemas.Entity{}, f.Related[:min(len(f.Related), schemas.MaxRelated)]...)
		for i := range f.Related {
			f.Related[i].Name = Cut(f.Related[i].Name, MaxLine)
		}
	}
	if f.Campaign != nil {
		f.Campaign = boundedCampaign(*f.Campaign)
	}
	if f.Exception != nil {
		f.Exception = &schemas.Exception{Owner: Cut(f.Exception.Owner, MaxLine), Reason: Cut(f.Exception.Reason, MaxText)}
	}
	return f
}

func boundedSeries(s schemas.Series) *schemas.Series {
	s.Start, s.Step = Sane(s.Start), max(s.Step, 0)
	s.Counts = append([]int64{}, s.Counts[:min(len(s.Counts), schemas.MaxBins)]...)
	return &s
}

// Cut returns s as valid UTF-8 of at most n bytes.
func Cut(s string, n int) string {
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

// Sane keeps t within what RFC 3339 can say, in UTC.
func Sane(t time.Time) time.Time {
	t = t.UTC()
	if y := t.Year(); y < 1970 || y > 9000 {
		return time.Unix(0, 0).UTC()
	}
	return t
}

// maxLinks bounds the links of a campaign in an alert.
const maxLinks = 16

// boundedCampaign returns a copy of c within the bounds and without the members,
// whom the store has.
func boundedCampaign(c schemas.Campaign) *schemas.Campaign {
	c.ID, c.Score = Cut(c.ID, MaxLine), finite(c.Score)
	c.First, c.Last = Sane(c.First), Sane(c.Last)
	for _, n := range []*int{&c.Size, &c.Joined} {
		*n = max(*n, 0)
	}
	for _, n := range []*int64{&c.Exchanges, &c.Today, &c.InputTokens, &c.OutputTokens} {
		*n = max(*n, 0)
	}
	c.Members = nil
	c.Links = append([]schemas.Link{}, c.Links[:min(len(c.Links), maxLinks)]...)
	for i := range c.Links {
		l := &c.Links[i]
		l.Kind, l.Text, l.Weight = Cut(l.Kind, MaxLine), Cut(l.Text, MaxText), finite(l.Weight)
		l.Members, l.Others = max(l.Members, 0), max(l.Others, 0)
	}
	c.Named = append([]string{}, c.Named[:min(len(c.Named), schemas.MaxNamed)]...)
	for i := range c.Named {
		c.Named[i] = Cut(c.Named[i], MaxLine)
	}
	return &c
}
