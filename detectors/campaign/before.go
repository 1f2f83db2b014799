package campaign

import (
	"math"
	"slices"
)

// began returns since when there are keys of the campaign, 0 if that is not known:
// where the shortest stretch of time begins in which half of the members that it
// was first seen with called first, less a day or the length of that stretch,
// whatever is more. Who called before is rather a customer whom the keys imitate,
// or whose own was stolen. Those who join later do not change it, or a campaign
// that grows could make its first keys look like customers.
func (k *known) began() uint32 {
	founded := uint32(math.MaxUint32)
	for i := range k.members {
		founded = min(founded, k.members[i].joined)
	}
	var first []uint32
	for i := range k.members {
		if b := &k.members[i]; b.joined == founded && b.first > 0 {
			first = append(first, b.first)
		}
	}
	if len(first) == 0 {
		return 0
	}
	slices.Sort(first)
	half := (len(first) + 1) / 2
	from, long := first[0], first[len(first)-1]-first[0]
	for i := 0; i+half <= len(first); i++ {
		if d := first[i+half-1] - first[i]; d < long {
			from, long = first[i], d
		}
	}
	return from - min(from, max(long, 24*60))
}

// before tells that somebody called before there were keys of the campaign.
func (b *member) before(began uint32) bool { return b.first > 0 && b.first < began }
