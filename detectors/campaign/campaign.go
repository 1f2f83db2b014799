// Package campaign finds campaigns: principals that copy a model together, each
// of them too little to be seen.
//
// It has one detector, campaign.principal, with the rule campaign.extraction. It
// keeps a small state of every principal (package profile), lets package correlate
// hold the profiles of all of them against one another when an hour is over, and
// remembers the campaigns that were found: under which name, with which members,
// what they took, and what was said of them.
package campaign

import (
	"context"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/schemas"
)

// techniques are the catalogues' names of what a campaign does.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
	{Framework: "MITRE ATLAS", ID: "AML.T0021", Name: "Establish Accounts"},
	{Framework: "MITRE ATLAS", ID: "AML.T0008.005", Name: "AI Service Proxies"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
}

// profiled is the profile of a principal with its key and name.
type profiled = detectors.Profiled[profile.Profile]

// watch is the detector. What it keeps outside of states and cohorts is the
// memory of campaigns; the engine never lets two of its methods that touch it run
// at the same time.
type watch struct {
	config Config
	memory memory
	// clusters is correlate.Clusters, or what a test gives in its place.
	clusters func(context.Context, []profiled, correlate.Options) []correlate.Cluster
}

var _ detectors.Correlator[profile.State, Cohort, profile.Profile] = (*watch)(nil)

func newWatch(c Config) *watch { return &watch{config: c, clusters: correlate.Clusters} }

// Cohort carries since when the gateway is watched: the start of the first window
// that was closed, in minutes since the epoch; 0 is never.
type Cohort struct{ since uint32 }

// Spec implements detectors.Detector. Of a campaign with 26 calls a day each key
// has a state within hours. With the default memory of the engine the share gives
// room for 46,000 principals, twice the keys of the largest campaigns known, and
// takes a fourteenth from each other detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "campaign.principal", Entity: schemas.EntityPrincipal, Window: time.Hour,
		MinEvents: 5, Share: 4, Wants: profile.Wants, Techniques: techniques,
	}
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *profile.State, ev *schemas.Event) { s.Observe(x, ev) }

// Gather implements detectors.Detector.
func (d *watch) Gather(*detectors.Context, *profile.State, *Cohort) {}

// Merge implements detectors.Detector.
func (d *watch) Merge(_, _ *Cohort) {}

// Conclude implements detectors.Detector.
func (d *watch) Conclude(x *detectors.Context, prev, c *Cohort) {
	if c.since = prev.since; c.since == 0 {
		c.since = max(minutes(x.WindowStart), 1)
	}
}

// Profile implements detectors.Correlator.
func (d *watch) Profile(x *detectors.Context, s *profile.State, _ *Cohort, p *profile.Profile) bool {
	return s.Profile(x, p)
}

// Close implements detectors.Detector.
func (d *watch) Close(x *detectors.Context, s *profile.State, _ *Cohort) bool { return s.Close(x) }

// Correlate implements detectors.Correlator.
func (d *watch) Correlate(x *detectors.Correlation, c *Cohort, all []profiled) {
	end := minutes(x.End)
	found := d.clusters(x, all, correlate.Options{
		Least: d.config.Members, Score: d.config.Score, Since: c.since, End: end, Key: x.Key,
	})
	// Half of the clusters would make campaigns lose their members.
	if x.Err() != nil {
		return
	}
	d.memory.refresh(all)
	for _, s := range d.memory.take(x, all, found, end) {
		d.say(x, s, all, end)
	}
}

// Save implements detectors.Correlator.
func (d *watch) Save() []byte { return d.memory.encode() }

// Load implements detectors.Correlator.
func (d *watch) Load(state []byte) error {
	m, err := decode(state)
	d.memory = m
	return err
}

// Forget implements detectors.Correlator.
func (d *watch) Forget(drop func(key uint64) bool) int { return d.memory.drop(drop) }

// minutes returns a time in minutes since the epoch.
func minutes(t int64) uint32 { return uint32(max(t, 0) / int64(time.Minute)) }

// at returns the time of minutes since the epoch.
func at(minutes uint32) time.Time { return time.Unix(int64(minutes)*60, 0).UTC() }
