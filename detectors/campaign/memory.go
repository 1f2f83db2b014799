package campaign

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// remembered is for how long a campaign is remembered after it was last seen,
	// in minutes: two weeks, so that one which pauses goes on under its name.
	remembered = 14 * 24 * 60
	// leaves is for how long a member that goes on calling is one after it was
	// last seen to act as the others, in minutes.
	leaves = 48 * 60
)

// memory has the campaigns that are known, in the order of their birth. No
// principal is a member of two.
type memory struct{ known []*known }

// known is a campaign that was found. Times are in minutes since the epoch.
type known struct {
	id uint64
	// born and found are when it was seen first and last, windows in how many it
	// was seen.
	born, found, windows uint32
	// members are in the order of their keys.
	members []member
	// told is when it was reported last, 0 is never, and with what.
	told         uint32
	toldSize     uint32
	toldCalls    float64
	toldSeverity schemas.Severity
}

// member is a principal of a campaign.
type member struct {
	key  uint64
	name string
	// first and last are its first and last known calls, joined and seen when it
	// was first and last seen to act as the others.
	first, last, joined, seen uint32
	// took is what its profile says that it took, had what it took before the
	// profile was begun anew, day and now are calls of the last day and hour.
	took, had amount
	day, now  float32
	likeness  float32
	linked    uint32
}

// amount is what was taken.
type amount struct{ calls, input, output float64 }

func (a *amount) add(b amount) {
	a.calls, a.input, a.output = a.calls+b.calls, a.input+b.input, a.output+b.output
}

// find returns the profile of a key; all is in the order of keys.
func find(all []profiled, key uint64) (*profiled, bool) {
	i, ok := slices.BinarySearchFunc(all, key, func(p profiled, key uint64) int { return cmp.Compare(p.Key, key) })
	if !ok {
		return nil, false
	}
	return &all[i], true
}

// refresh takes what the members took until now from their profiles.
func (m *memory) refresh(all []profiled) {
	for _, c := range m.known {
		for i := range c.members {
			b := &c.members[i]
			b.day, b.now = 0, 0
			if p, ok := find(all, b.key); ok {
				b.refresh(p)
			}
		}
	}
}

// refresh takes what the member took until now from its profile.
func (b *member) refresh(p *profiled) {
	took := amount{finite(p.Profile.Calls), finite(p.Profile.Input), finite(p.Profile.Output)}
	if took.calls < b.took.calls {
		// The state was lost and is a new one.
		b.had.add(b.took)
	}
	b.took, b.day, b.now = took, float32(finite(p.Profile.Day)), float32(finite(p.Profile.Now))
	if b.first == 0 || p.Profile.First < b.first {
		b.first = p.Profile.First
	}
	b.last = max(b.last, p.Profile.Last)
}

// finite returns v from 0 to 1e18; what is no number is 0.
func finite(v float32) float64 {
	if v > 0 {
		return min(float64(v), 1e18)
	}
	return 0
}

// sighting is a known campaign that was seen in a window, with the strongest of
// its clusters.
type sighting struct {
	*known
	cluster *correlate.Cluster
}

// take gives each cluster to the campaign that it belongs to, or to a new one, and
// returns the campaigns that were seen, in the order of their birth.
func (m *memory) take(x *detectors.Correlation, all []profiled, found []correlate.Cluster, end uint32) []sighting {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(found[b].Score, found[a].Score) })
	seen := make(map[*known]*correlate.Cluster)
	owner := m.owners()
	for _, i := range order {
		c := &found[i]
		if len(c.Members) == 0 {
			continue
		}
		home := m.home(c, all, owner, seen)
		if home == nil {
			home = m.begin(x, c, all)
		}
		m.join(home, c, all, owner, end)
		if seen[home] == nil {
			seen[home] = c
		}
	}
	m.bound(end)
	var out []sighting
	for _, k := range m.known {
		if c := seen[k]; c != nil {
			k.windows = min(k.windows, math.MaxUint32-1) + 1
			out = append(out, sighting{k, c})
		}
	}
	return out
}

// owners returns the campaign of each member.
func (m *memory) owners() map[uint64]*known {
	owner := make(map[uint64]*known)
	for _, k := range m.known {
		for i := range k.members {
			owner[k.members[i].key] = k
		}
	}
	return owner
}

// home returns the campaign that a cluster is: of those that have half of its
// members, or of which it has half, the oldest. The others of which it has half
// were parts of it. It is nil if there is none.
func (m *memory) home(c *correlate.Cluster, all []profiled, owner map[uint64]*known, seen map[*known]*correlate.Cluster) *known {
	common := make(map[*known]int)
	for _, i := range c.Members {
		if k := owner[all[i].Key]; k != nil {
			common[k]++
		}
	}
	var home *known
	for _, k := range slices.Clone(m.known) {
		if 2*common[k] < min(len(c.Members), len(k.members)) || common[k] == 0 {
			continue
		}
		if home == nil {
			home = k
			continue
		}
		if 2*common[k] < len(k.members) {
			continue // a few of two large campaigns make them not one
		}
		m.merge(home, k, owner)
		if was := seen[k]; was != nil && (seen[home] == nil || was.Score > seen[home].Score) {
			seen[home] = was
		}
		delete(seen, k)
	}
	return home
}

// merge makes the campaign k a part of home.
func (m *memory) merge(home, k *known, owner map[uint64]*known) {
	for i := range k.members {
		owner[k.members[i].key] = home
	}
	home.members = append(home.members, k.members...)
	home.sort()
	home.found, home.windows = max(home.found, k.found), max(home.windows, k.windows)
	if home.told == 0 {
		home.told, home.toldSize, home.toldCalls, home.toldSeverity = k.told, k.toldSize, k.toldCalls, k.toldSeverity
	}
	m.remove(k)
}

func (m *memory) remove(k *known) {
	m.known = slices.DeleteFunc(m.known, func(o *known) bool { return o == k })
}

func (k *known) sort() {
	slices.SortFunc(k.members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
}

// begin makes a new campaign of a cluster. Its name depends on the window and on
// one of its members alone, so that a replay gives the same.
func (m *memory) begin(x *detectors.Correlation, c *correlate.Cluster, all []profiled) *known {
	least := all[c.Members[0]].Key
	for _, i := range c.Members {
		least = min(least, all[i].Key)
	}
	k := &known{id: x.Key.Words(uint64(x.Start), least) >> 16, born: minutes(x.Start)}
	for slices.ContainsFunc(m.known, func(o *known) bool { return o.id == k.id }) {
		k.id = (k.id + 1) & (1<<48 - 1)
	}
	m.known = append(m.known, k)
	slices.SortFunc(m.known, older)
	return k
}

// older orders campaigns by birth, then by id.
func older(a, b *known) int {
	return cmp.Or(cmp.Compare(a.born, b.born), cmp.Compare(a.id, b.id))
}

// join makes the cluster's members members of the campaign, and of no other. Who
// goes on calling, but has not acted as they do for some time, is none any more.
func (m *memory) join(home *known, c *correlate.Cluster, all []profiled, owner map[uint64]*known, end uint32) {
	at := make(map[uint64]int, len(home.members))
	for i := range home.members {
		at[home.members[i].key] = i
	}
	var robbed []*known
	for n, i := range c.Members[:min(len(c.Members), maxMembers)] {
		p := &all[i]
		j, ok := at[p.Key]
		if !ok {
			b := member{key: p.Key}
			if from := owner[p.Key]; from != nil {
				b = from.member(p.Key)
				if !slices.Contains(robbed, from) {
					robbed = append(robbed, from)
				}
			}
			b.joined = end
			j = len(home.members)
			at[p.Key], owner[p.Key] = j, home
			home.members = append(home.members, b)
		}
		b := &home.members[j]
		b.refresh(p)
		b.seen = end
		// The name changes when the key of the pseudonyms does.
		if name := p.Name[:min(len(p.Name), maxName)]; b.name != name {
			b.name = strings.Clone(name)
		}
		if n < len(c.Likeness) {
			b.likeness = float32(min(finite(c.Likeness[n]), 1))
		}
		if n < len(c.Linked) {
			b.linked = c.Linked[n]
		}
	}
	for _, from := range robbed {
		from.members = slices.DeleteFunc(from.members, func(b member) bool { return owner[b.key] == home })
		if len(from.members) == 0 {
			m.remove(from)
		}
	}
	home.members = slices.DeleteFunc(home.members, func(b member) bool {
		left := b.last > b.seen && since(b.seen, end) > leaves
		if left {
			delete(owner, b.key)
		}
		return left
	})
	home.sort()
	home.found = end
}

// member returns the member with the key.
func (k *known) member(key uint64) member {
	i, _ := slices.BinarySearchFunc(k.members, key, func(b member, key uint64) int { return cmp.Compare(b.key, key) })
	return k.members[i]
}

// since returns how long a time is before the end; 0 if it is not.
func since(t, end uint32) uint32 { return max(end, t) - t }
