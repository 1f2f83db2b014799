package feed

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// source is what is known of one source. Its exported fields are the snapshot.
type source struct {
	format string

	// All is how many events came ever, First when the first one arrived,
	// Arrived when the last one did; Unix nanoseconds by our clock.
	All            int64
	First, Arrived int64
	rest
	// Silent is set while the source is silent, Jumped while many of its records
	// are late: each is told once.
	Silent, Jumped bool

	// Latest is the latest event time of each partition.
	Latest map[int32]int64

	// Of the window and of the last windows together: events and rejects, and
	// of the latter their reasons.
	Events, Rejects         int64
	LongEvents, LongRejects int64
	Reasons                 map[string]int64
	// Looked at events, of one window or of as many as it takes: those of them
	// that are late, by how much at most, from and to which time they are, and
	// that have each field. Waited is how many windows it took.
	Looked, Late             int64
	LateBy, LateFrom, LateTo int64
	Has                      [len(fieldNames)]int64
	Waited                   int

	// Windows is how many windows were long enough to learn from, Usual the
	// share of events that have each field.
	Windows int
	Usual   [len(fieldNames)]float64
	// ToldLost and ToldGained have a bit for each field of which it was told in
	// this and in the last fortnight, number Fortnight the first of them.
	ToldLost, ToldGained [2]uint32
	Fortnight            int64
}

func newSource(format string) *source {
	return &source{format: format, Latest: map[int32]int64{}, Reasons: map[string]int64{}}
}

// maxPartitions bounds the partitions whose times are kept.
const maxPartitions = 4096

// lookBits makes the share of events that are looked at closely, 1 in 2^lookBits.
// Which ones follows from their positions, so that it does not depend on how they were
// cut in batches.
const lookBits = 3

// event counts an event.
func (s *source) event(e *schemas.Event, jump int64) {
	s.All++
	s.Events++
	p := e.Position
	if uint64(p.Offset*31+int64(p.Index))*0x9e3779b97f4a7c15>>(64-lookBits) != 0 {
		return
	}
	latest, known := s.Latest[p.Partition]
	if e.Time > latest && (known || len(s.Latest) < maxPartitions) {
		s.Latest[p.Partition] = e.Time
	}
	if e.Status >= 400 {
		return // refusals lack fields by nature, and an attack is mostly refused
	}
	s.Looked++
	if late := latest - e.Time; known && late > jump {
		if s.Late++; s.Late == 1 {
			s.LateFrom, s.LateTo = e.Time, e.Time
		}
		s.LateBy, s.LateFrom, s.LateTo = max(s.LateBy, late), min(s.LateFrom, e.Time), max(s.LateTo, e.Time)
	}
	for i := range s.Has {
		if has(e, i) {
			s.Has[i]++
		}
	}
}

// maxReasons bounds the reasons that are told apart; they are constants.
const maxReasons = 64

func (s *source) reason(r string) {
	if _, ok := s.Reasons[r]; ok || len(s.Reasons) < maxReasons {
		s.Reasons[r]++
	}
}

// arrive notes that records arrived.
func (s *source) arrive(at int64) {
	if s.First == 0 {
		s.First = at
		s.Hour = at / int64(time.Hour)
	}
	if s.Arrived != 0 && at > s.Arrived {
		s.pause(s.Arrived, at, s.First)
	}
	s.Arrived = max(s.Arrived, at)
	s.Silent = false
}

const (
	// maxWaited bounds the windows whose looked-at events are counted together:
	// an hour by default.
	maxWaited = 12
	// longWindows is for how many windows rejects are counted besides, for
	// sources that have too few in one: six hours by default.
	longWindows = 72
)

// next begins a window. What was too little to be judged is counted on.
func (s *source) next(long bool) {
	s.Events, s.Rejects = 0, 0
	if long {
		s.LongEvents, s.LongRejects = 0, 0
		clear(s.Reasons)
	}
	if s.Waited++; s.Looked >= leastLooked || s.Waited >= maxWaited {
		s.Looked, s.Late, s.LateBy, s.Waited = 0, 0, 0, 0
		s.Has = [len(fieldNames)]int64{}
	}
}

// fieldNames are the fields whose presence is watched, in the words of the
// events table.
var fieldNames = [...]string{"principal", "credential", "client", "user_agent", "request_id", "method", "path", "status",
	"latency", "request_bytes", "response_bytes", "model", "input_tokens", "output_tokens", "tenant", "prompt"}

// has reports whether e has the field of a number.
func has(e *schemas.Event, field int) bool {
	switch field {
	case 0:
		return e.Principal != ""
	case 1:
		return e.Credential != ""
	case 2:
		return e.ClientAddr.IsValid()
	case 3:
		return e.UserAgent != ""
	case 4:
		return e.RequestID != ""
	case 5:
		return e.Method != ""
	case 6:
		return e.Path != ""
	case 7:
		return e.Has(schemas.HasStatus)
	case 8:
		return e.Has(schemas.HasLatency)
	case 9:
		return e.Has(schemas.HasRequestBytes)
	case 10:
		return e.Has(schemas.HasResponseBytes)
	case 11:
		return e.Model != ""
	case 12:
		return e.Has(schemas.HasInputTokens)
	case 13:
		return e.Has(schemas.HasOutputTokens)
	case 14:
		return e.Tenant != ""
	default:
		return e.Has(schemas.HasPrompt)
	}
}
