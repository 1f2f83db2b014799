package campaign

import (
	"cmp"
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// The bounds of what is remembered, in all some 15 MiB.
const (
	maxCampaigns = 256
	maxMembers   = schemas.MaxMembers
	// maxName is the longest name that is kept, in bytes.
	maxName = 255
)

// bound forgets campaigns that were not seen for long, and those that matter least
// if there are too many. Those of this window are never among them (correlate
// finds fewer than there is room for), so that no flood hides a campaign before it
// is told. Then those go first that nobody was told of, as they cost an attacker
// least, and next the less severe: a flood that is told makes none forgotten that
// is worse.
func (m *memory) bound(end uint32) {
	m.known = slices.DeleteFunc(m.known, func(k *known) bool { return since(k.found, end) > remembered })
	for len(m.known) > maxCampaigns {
		m.remove(slices.MinFunc(m.known, func(a, b *known) int {
			return cmp.Or(flag(a.found == end)-flag(b.found == end), flag(a.told > 0)-flag(b.told > 0),
				cmp.Compare(a.toldSeverity, b.toldSeverity), cmp.Compare(a.found, b.found),
				cmp.Compare(len(a.members), len(b.members)), older(b, a))
		}))
	}
	level := m.level()
	for _, k := range m.known {
		k.trim(level)
	}
}

func flag(is bool) int {
	if is {
		return 1
	}
	return 0
}

// level is the most members that each campaign may keep for all to have room:
// large ones lose members before a small one loses any.
func (m *memory) level() int {
	sizes := make([]int, len(m.known))
	for i, k := range m.known {
		sizes[i] = len(k.members)
	}
	slices.Sort(sizes)
	room := maxMembers
	for i, n := range sizes {
		if share := room / (len(sizes) - i); n > share {
			return share
		}
		room -= n
	}
	return maxMembers
}

// trim lets go of those who took least if there are more members than that. What
// they took is counted no more: were it kept, those who come again would be counted
// twice.
func (k *known) trim(most int) {
	if len(k.members) <= most {
		return
	}
	slices.SortFunc(k.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(b.had.calls+b.took.calls, a.had.calls+a.took.calls), cmp.Compare(a.key, b.key))
	})
	clear(k.members[most:])
	k.members = k.members[:most]
	k.sort()
}

// drop forgets members by their keys, and returns how many there were.
func (m *memory) drop(drop func(key uint64) bool) int {
	n := 0
	for _, k := range m.known {
		before := len(k.members)
		k.members = slices.DeleteFunc(k.members, func(b member) bool { return drop(b.key) })
		n += before - len(k.members)
	}
	m.known = slices.DeleteFunc(m.known, func(k *known) bool { return len(k.members) == 0 })
	return n
}
