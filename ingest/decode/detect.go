package decode

import (
	"errors"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// maxKeys bounds the different names that all rules together look for.
const maxKeys = 128

// keySet is a set of the names that rules look for.
type keySet [maxKeys / 64]uint64

func (s *keySet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *keySet) empty() bool { return *s == keySet{} }

func (s *keySet) has(t *keySet) bool { return s[0]&t[0] == t[0] && s[1]&t[1] == t[1] }

func (s *keySet) meets(t *keySet) bool { return s[0]&t[0]|s[1]&t[1] != 0 }

// detector finds the format of an object in one pass over its members' names:
// the pass collects which of the names that rules look for are there, and the
// rules are then compared as bit sets.
type detector struct {
	keys  []string
	next  []uint8    // next key with the same slot, from 1
	slots [256]uint8 // first key of a slot, from 1
	rules []compiledRule
}

type compiledRule struct {
	all, any keySet
	weight   int
	format   *Format
}

var errTooManyKeys = errors.New("the rules of all formats look for more than 128 names")

func newDetector(formats []*Format) (*detector, error) {
	d := &detector{}
	for _, f := range formats {
		for _, rule := range f.Rules {
			c := compiledRule{format: f, weight: len(rule.All)}
			for _, k := range rule.All {
				c.all.add(d.key(k))
			}
			for _, k := range rule.Any {
				c.any.add(d.key(k))
			}
			if len(rule.Any) > 0 {
				c.weight++
			}
			if len(d.keys) > maxKeys {
				return nil, errTooManyKeys
			}
			d.rules = append(d.rules, c)
		}
	}
	return d, nil
}

// key returns the number of k, which it gives it at first. Numbers from
// maxKeys on share one bit: newDetector fails then.
func (d *detector) key(k string) int {
	for i, known := range d.keys {
		if known == k {
			return min(i, maxKeys-1)
		}
	}
	d.keys = append(d.keys, k)
	s := slot(k)
	d.next = append(d.next, d.slots[s])
	d.slots[s] = uint8(min(len(d.keys), 255))
	return min(len(d.keys), maxKeys) - 1
}

// slot spreads names over 256 slots by their length and two of their letters.
func slot(k string) uint8 {
	if k == "" {
		return 0
	}
	return uint8(len(k))*31 ^ k[0]*7 ^ k[len(k)-1]
}

// names returns which of the names that rules look for o has.
func (d *detector) names(o field.Value) (found keySet) {
	for it := o.Members(); it.Next(); {
		k := it.Key()
		for i := d.slots[slot(k)]; i > 0; i = d.next[i-1] {
			if d.keys[i-1] == k {
				found.add(int(i - 1))
				break
			}
		}
	}
	return found
}

// format returns the format with the longest rule that names satisfy, nil if
// there is none; envelopes tells whether envelopes are asked for, or others.
func (d *detector) format(names *keySet, envelopes bool) (best *Format) {
	weight := 0
	for i := range d.rules {
		r := &d.rules[i]
		if r.weight > weight && (r.format.Open != nil) == envelopes &&
			names.has(&r.all) && (r.any.empty() || names.meets(&r.any)) {
			best, weight = r.format, r.weight
		}
	}
	return best
}
