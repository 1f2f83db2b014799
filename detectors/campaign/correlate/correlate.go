// Package correlate finds principals that one hand leads: those alike beyond what
// chance among this gateway's own users gives, who together do what a campaign of
// extraction does and none of them does alone.
//
// It is a pure function of a window's profiles. What is rare is learnt from the
// same profiles, so that a trait of many (a popular kit, the default settings, a
// large network, a public template) links nobody. Nothing compares all pairs: the
// profiles are put into buckets by conjunctions of traits and by hashes of their
// lengths, each bucket's likeness is estimated from a sample, and only those that
// promise most are grown over all profiles and judged as one.
package correlate

import (
	"context"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Options are what the judgement depends on.
type Options struct {
	// Least is how many members a cluster has at least; 0 is 8.
	Least int
	// Score is the least sum of evidence, in natural logarithms; 0 is DefaultScore.
	Score float64
	// Since and End are since when the gateway is watched, and the window's end, in
	// minutes since the epoch.
	Since, End uint32
	// Key makes the order of work and all hashes unknown to callers.
	Key sketch.Key
}

// DefaultScore is the sum of evidence from which a cluster is reported: one in
// e^12, some 160,000, by chance, which leaves room for as many groups to be
// looked at.
const DefaultScore = 12

// defaultLeast is the least size: fewer give no distribution to judge.
const defaultLeast = 8

// watch is what the profiles are seen by.
func (o *Options) watch() crowd.Watch { return crowd.Watch{Since: o.Since, End: o.End, Key: o.Key} }

// population is everybody, with what is asked.
type population struct {
	*crowd.Population
	o *Options
}

// Cluster is a group of principals that acts as one.
type Cluster struct {
	// Members are indexes of the profiles, by falling calls.
	Members []int
	// Likeness is how alike each member is to the cluster, from 0 to 1.
	Likeness []float32
	// Linked has of each member a bit for each kind of link that it shares, by the
	// order of KindNames.
	Linked []uint32
	// Links are what the members share, the strongest first, Features what spoke
	// for the cluster; the weights of each sum to 1.
	Links    []schemas.Link
	Features []schemas.Feature
	// Score is the sum of evidence, in natural logarithms, Groups how many
	// independent groups of evidence speak clearly.
	Score  float64
	Groups int
	// Innocent is the likeliest innocent explanation, a clause without a point.
	Innocent string
}

// Clusters returns the groups of principals that act as one, the strongest
// first; no principal is in two of them. It does not depend on the order of all
// but for the indexes. When ctx is done it returns what it has.
func Clusters(ctx context.Context, all []detectors.Profiled[profile.Profile], o Options) []Cluster {
	if o.Least <= 0 {
		o.Least = defaultLeast
	}
	if !(o.Score > 0) {
		o.Score = DefaultScore
	}
	p := &population{crowd.New(all, o.watch()), &o}
	if len(p.At) < o.Least {
		return nil
	}
	return p.clusters(ctx)
}
