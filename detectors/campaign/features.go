package campaign

import (
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// What is told beside the cluster's own features weighs little: it does not decide.
const (
	weightVolume = 0.1
	weightJoined = 0.05
	weightBefore = 0.05
	weightPause  = 0.05
	weightPivot  = 0.1
)

// features returns what spoke for the cluster, and what else is known of the
// campaign: its volume, growth, pauses, and whether it moved to another model.
func (d *watch) features(s sighting, total sum, all []profiled) []schemas.Feature {
	out := []schemas.Feature{evidence.Feature("exchanges", total.calls, float64(d.config.Exchanges), "calls", weightVolume,
		fmt.Sprintf("The members made %s together; fewer than %s are not reported.",
			words.Count(total.calls, "successful call"), words.Number(float64(d.config.Exchanges))))}
	if total.joined > 0 {
		out = append(out, evidence.Feature("growth", float64(total.joined), 0, "keys", weightJoined,
			fmt.Sprintf("%s joined within %s.", words.Count(float64(total.joined), "key"), duration(s.told, s.found))))
	}
	if total.before > 0 {
		out = append(out, evidence.Feature("known_before", float64(total.before), 0, "keys", weightBefore,
			fmt.Sprintf("%s called before %s UTC: somebody imitates them or stole their keys; ask them before you block them.",
				words.Count(float64(total.before), "member"), at(total.began).Format("2 January"))))
	}
	members := s.profiles(all)
	if n := pauses(members); n > 0 {
		out = append(out, evidence.Feature("pauses", float64(n), 0, "days", weightPause,
			fmt.Sprintf("All members together paused for %s and went on.", words.Count(float64(n), "day"))))
	}
	if moved, others := pivot(members, all); moved > 0 {
		out = append(out, evidence.Feature("model_pivot", moved, others, "share", weightPivot,
			fmt.Sprintf("%s of the members moved to another model within a day of one another, %s of all callers moved to it.",
				upper(words.Percent(moved)), words.Percent(others))))
	}
	for _, f := range s.cluster.Features {
		if f.Weight > 0 {
			f.Text = sentence(f.Text)
			out = append(out, f)
		}
	}
	return slices.Clip(evidence.Weigh(out...))
}

func upper(s string) string { return sentence(s)[:len(s)] }

// profiles returns the profiles of the members that have one.
func (k *known) profiles(all []profiled) []*profile.Profile {
	var out []*profile.Profile
	for i := range k.members {
		if p, ok := find(all, k.members[i].key); ok {
			out = append(out, &p.Profile)
		}
	}
	return out
}

// pauses returns on how many of the last days nobody called, between days on which
// somebody did.
func pauses(members []*profile.Profile) int {
	var days [len(profile.Profile{}.Days)]bool
	first, last := len(days), -1
	for _, p := range members {
		for i, n := range p.Days {
			if n > 0 {
				days[i] = true
				first, last = min(first, i), max(last, i)
			}
		}
	}
	n := 0
	for i := first; i < last; i++ {
		if !days[i] {
			n++
		}
	}
	return n
}

// pivot returns which share of the members moved to one model within a day, and
// which share of all callers moved to it in that time; 0 if it is less than half
// of the members.
func pivot(members []*profile.Profile, all []profiled) (moved, others float64) {
	var times []uint64 // the model and the time, so that they sort by both
	for _, p := range members {
		if p.Pivot > 0 {
			times = append(times, uint64(p.Traits[profile.Model].Value)<<32|uint64(p.Pivot))
		}
	}
	slices.Sort(times)
	most, from := 0, uint64(0)
	for i, j := 0, 0; j < len(times); j++ {
		for times[j]-times[i] > 24*60 {
			i++
		}
		if n := j - i + 1; n > most {
			most, from = n, times[i]
		}
	}
	if 2*most < len(members) || most < 3 {
		return 0, 0
	}
	n := 0
	for i := range all {
		p := &all[i].Profile
		if t := uint64(p.Traits[profile.Model].Value)<<32 | uint64(p.Pivot); p.Pivot > 0 && t-from <= 24*60 {
			n++
		}
	}
	return float64(most) / float64(len(members)), float64(n) / float64(len(all))
}
