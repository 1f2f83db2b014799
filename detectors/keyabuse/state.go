package keyabuse

import (
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a key, less than 1.1 KiB.
type State struct {
	open [2]hour
	// first and last are the times of the first and the last request, Unix
	// nanoseconds; count is how many there were.
	first, last int64
	count       uint32
	// day and fortnight are those of the last request, since the epoch.
	day, fortnight uint16

	networks, countries, models, clients, credentials known
	// active has a bit for each hour of the week in which there were requests:
	// of this fortnight and of the one before.
	active [2][3]uint64
	// most are the highest figures of an hour, a fiftieth forgotten a day, of
	// hours without strangers.
	most figures

	journey journey
	replays memory
	probe   probe
	// said is the hour in which each rule spoke last, severe how severe it was.
	said   [rules]uint16
	severe [rules]schemas.Severity
}

// figures are those of an hour.
type figures struct{ calls, tokens, networks, users float32 }

// hour has the counts of one open window. Strangers are requests from networks
// that are new to the key.
type hour struct {
	// networks, users and countries are bitmaps of hashes.
	networks, users, countries uint64
	tokens, strangeTokens      uint64
	calls, strange             uint32
	// repeats and turns count request ids and tokens that come from elsewhere.
	repeats, turns uint16
	signs          signs
	// numbered tells that networks were told apart by their number, looked that
	// the hour of the week was looked at.
	numbered, looked bool
}

// The rules.
const (
	ruleNetworks = iota
	ruleTravel
	ruleJacking
	ruleReplay
	ruleFanout
	ruleHours
	ruleEnumeration
	rules
)

// signs is a set of what strangers did that the key never did before.
type signs uint8

const (
	newModel signs = 1 << iota
	newClient
	offHours
	probing
	newClass
	newCountry
)

// strayed counts the signs besides the model.
func (s signs) strayed() int { return bits.OnesCount8(uint8(s &^ newModel)) }

// hourOf returns the hour since the epoch, modulo 2^16.
func hourOf(at int64) uint16 { return uint16(at / int64(time.Hour)) }

// turnDay moves what is forgotten by the day.
func (s *State) turnDay(at int64) {
	today := uint16(at / int64(24*time.Hour))
	if today == s.day {
		return
	}
	// A key that was away for months has forgotten all that a month forgets.
	for range min(today-s.day, 30) {
		for _, k := range []*known{&s.networks, &s.countries, &s.models, &s.clients, &s.credentials} {
			k.nextDay()
		}
		for _, f := range []*float32{&s.most.calls, &s.most.tokens, &s.most.networks, &s.most.users} {
			*f *= 0.98
		}
	}
	s.day = today
	if now := today / 14; now != s.fortnight {
		s.active[1] = s.active[0]
		if now != s.fortnight+1 {
			s.active[1] = [3]uint64{}
		}
		s.active[0], s.fortnight = [3]uint64{}, now
	}
}

// slot returns the hour of the week.
func slot(at int64) int { return int(at / int64(time.Hour) % 168) }

// worked tells whether there were requests in an hour of the week.
func (s *State) worked(slot int) bool {
	return (s.active[0][slot/64]|s.active[1][slot/64])>>(slot%64)&1 == 1
}

// unusual tells that a time is two hours and more from any in which the key was
// used, if it rests for half of the time: from such hours of the week, or, in the
// first two weeks, of any day.
func (s *State) unusual(at int64) bool {
	known := at - s.first
	if known < 3*day {
		return false
	}
	step, days := 168, 1
	if known < 14*day {
		step, days = 24, 7
	}
	busy := 0
	for i := range step {
		if s.workedOn(i, days) {
			busy++
		}
	}
	if 2*busy > step {
		return false
	}
	for off := -2; off <= 2; off++ {
		if s.workedOn((slot(at)+off+168)%step, days) {
			return false
		}
	}
	return true
}

// workedOn tells whether there were requests in an hour of the week, or, of seven
// days, in that hour of any.
func (s *State) workedOn(slot, days int) bool {
	for d := range days {
		if s.worked(slot + 24*d) {
			return true
		}
	}
	return false
}

const day = int64(24 * time.Hour)

// saturate adds without wrapping around; no model takes a billion tokens.
func saturate(sum uint64, tokens int64) uint64 {
	return sum + uint64(min(max(tokens, 0), 1e9))
}

func bit(hash uint64) uint64 { return 1 << (hash >> 58) }
