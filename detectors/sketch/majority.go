package sketch

import "math"

// Majority finds the value that more than half of what is voted for has (Boyer,
// Moore: MJRTY, a fast majority vote algorithm, 1981). If none has, Value is any
// of them. It has no Merge.
type Majority[V uint16 | uint32] struct {
	Value V
	// Votes is by how many more votes than all others together Value leads at
	// least; it stops at 65,535.
	Votes uint16
}

// Vote adds a vote for v, and tells whether that gave it the lead.
func (m *Majority[V]) Vote(v V) bool {
	switch {
	case m.Votes == 0:
		*m = Majority[V]{v, 1}
		return true
	case m.Value != v:
		m.Votes--
	case m.Votes < math.MaxUint16:
		m.Votes++
	}
	return false
}

// CountedMajority is a Majority that counts what the leader has.
type CountedMajority[V uint16 | uint32] struct {
	Majority[V]
	// Count is how many votes Value got since it last took the lead; it stops at
	// 65,535.
	Count uint16
}

// Vote adds a vote for v.
func (m *CountedMajority[V]) Vote(v V) {
	switch {
	case m.Majority.Vote(v):
		m.Count = 1
	case m.Value == v && m.Count < math.MaxUint16:
		m.Count++
	}
}
