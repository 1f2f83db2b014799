package profile

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// few is how many calls a share rests on at least, in counters.
const few = 4 * unit

// Profile writes the profile as of the end of the window that closes into p,
// which is zero, and tells whether it is worth comparing: it has four calls, and
// one in the last eight days.
func (s *State) Profile(x *detectors.Context, p *Profile) bool {
	s.fold(x)
	end := seconds(x.WindowStart + int64(x.Window))
	if s.calls < 4 || end > s.last && end-s.last > uint32(len(s.days))*24*3600 {
		return false
	}
	c := &s.counts
	p.First, p.Last = s.first/60, min(s.last, end)/60
	p.Calls, p.Input, p.Output = float32(s.calls), float32(s.input), float32(s.output)
	for _, n := range s.recent {
		p.Day += float32(n)
	}
	p.Now = float32(s.recent[s.hour%24])
	p.Bytes = s.bytes
	in, out := shares(p.Inputs[:], c[inputs:outputs]), shares(p.Outputs[:], c[outputs:traits])
	if in == 0 {
		in = out
	}
	p.Measured = float32(in) / unit
	shares(p.Hours[:], s.hours[:])
	p.Days = s.days
	s.common(p)
	p.Prompts, p.Prompted, p.Different = s.prompts, float32(s.prompted), float32(s.different())
	p.Scatter = -1
	if s.mean >= 4 { // 24 calls
		p.Scatter = s.variance / s.mean
	}
	p.Sessions = share(c[sessions], c[all])
	p.Single, p.Pinned, p.One = share(c[single], c[messaged]), share(c[pinned], c[finished]), share(c[one], c[metered])
	p.Tooled, p.Probed = share(c[tooled], c[asked]), share(c[probed], c[asked])
	p.Reasoned, p.Embedded, p.Failed = share(c[reasoned], c[prompted]), share(c[embedded], c[all]), share(c[failed], c[requests])
	p.Users = uint8(min(math.Round(sketch.Distinct64(s.users)), 64))
	return true
}

// common adds what its calls have in common.
func (s *State) common(p *Profile) {
	c := &s.counts
	for i := range p.Traits {
		p.Traits[i] = trait(s.values[i][0], c[traits+2*i], c[voted])
	}
	if at, earlier := s.model.pivot(); at > 0 {
		p.Pivot, p.Earlier = at, earlier
		p.Traits[Model] = trait(s.model.now, s.model.calls, s.model.of)
	}
	var order [places]int
	for i, at := range ranked(&order, s.networks, c[networked:templated]) {
		p.Networks[i] = s.networks[at]
	}
	p.Places = uint8(min(math.Round(sketch.Distinct64(s.nets)), 255))
	for i, at := range ranked(&order, s.templates, c[templated:phrased]) {
		p.Templates[i] = trait(s.templates[at], c[templated+at], c[prompted])
	}
	if at := ranked(&order, s.phrases, c[phrased:]); len(at) > 0 {
		p.Phrase = trait(s.phrases[at[0]], c[phrased+at[0]], c[prompted])
	}
}

// ranked returns the places of the values that were counted, by falling count,
// then by value.
func ranked(order *[places]int, values [places]uint32, counts []uint16) []int {
	n := 0
	for i := range values {
		if values[i] == 0 || counts[i] == 0 {
			continue
		}
		at := n
		for at > 0 && (counts[order[at-1]] < counts[i] || counts[order[at-1]] == counts[i] && values[order[at-1]] > values[i]) {
			order[at] = order[at-1]
			at--
		}
		order[at] = i
		n++
	}
	return order[:n]
}

// trait returns a value with the share of the calls that have it.
func trait(v uint32, n, of uint16) Trait {
	if v == 0 || n == 0 || of == 0 {
		return Trait{}
	}
	// Whatever is there has a share.
	return Trait{Value: v, Share: max(part(uint32(n), uint32(of)), 1)}
}

// share returns n of of, or NotKnown if that is too few.
func share(n, of uint16) uint8 {
	if of < few {
		return NotKnown
	}
	return part(uint32(n), uint32(of))
}

// part returns n of of, in 1/254.
func part(n, of uint32) uint8 {
	return uint8((min(n, of)*254*2 + of) / (2 * of))
}

// shares writes the shares of the counts and returns their sum.
func shares(into []uint8, counts []uint16) uint32 {
	var sum uint32
	for _, n := range counts {
		sum += uint32(n)
	}
	if sum > 0 {
		for i, n := range counts {
			into[i] = part(uint32(n), sum)
		}
	}
	return sum
}

// Close ends the window, and tells whether the state is worth keeping.
func (s *State) Close(x *detectors.Context) bool {
	s.fold(x)
	// A clock that was wrong must not make the last call one of the future.
	end := seconds(x.WindowStart + int64(x.Window))
	s.last = min(s.last, end+uint32(x.Window/time.Second))
	return s.calls > 0 && (s.last >= end || end-s.last < keep)
}

// fold adds the window that closes to what is kept over windows, once.
func (s *State) fold(x *detectors.Context) {
	hour := uint32(min(max(x.WindowStart/int64(time.Hour), 1), math.MaxUint32))
	s.advance(hour)
	var calls, squares float32
	for _, n := range s.tens[x.Slot&1] {
		calls += float32(n)
		squares += float32(n) * float32(n)
	}
	s.tens[x.Slot&1] = [6]uint16{}
	if calls == 0 {
		return
	}
	n := uint32(calls)
	s.recent[hour%24] = sum16(s.recent[hour%24], n)
	s.days[0] = sum16(s.days[0], n)
	s.addHour(hour%24, n*unit)
	// Of independent calls the variance within the hour is the mean, however many
	// fell into the hour; a single call tells nothing. The hour in which it began is
	// cut short: what is missing there is nobody's pause.
	if n >= 2 && s.first/3600 != hour {
		s.variance += (squares - calls*calls/6) / 5
		s.mean += calls / 6
	}
}

// sum16 adds without passing the end.
func sum16(a uint16, b uint32) uint16 {
	return uint16(min(uint32(a)+min(b, math.MaxUint16), math.MaxUint16))
}

// addHour adds to the calls of an hour of the day; all are halved until there is
// room.
func (s *State) addHour(hour, n uint32) {
	for uint32(s.hours[hour])+n > math.MaxUint16 {
		for i := range s.hours {
			s.hours[i] /= 2
		}
		n /= 2
	}
	s.hours[hour] += uint16(n)
}

// advance passes time on to the hour: what is older than a day leaves recent,
// and each day that is over lets everything fade.
func (s *State) advance(hour uint32) {
	if s.hour == 0 || hour < s.hour { // the clock was set back
		s.hour = hour
		return
	}
	for h := max(s.hour+1, hour-min(hour, 23)); h <= hour; h++ {
		s.recent[h%24] = 0
	}
	days := int(hour/24 - s.hour/24)
	s.hour = hour
	if days == 0 {
		return
	}
	shift := min(days, len(s.days))
	copy(s.days[shift:], s.days[:len(s.days)-shift])
	clear(s.days[:shift])
	// After that many days nothing is left of the fullest counter.
	for range min(days, 50) {
		s.fade()
	}
}

// fade takes a day's part, so that half is left after three days.
func (s *State) fade() {
	for i, n := range s.counts {
		s.counts[i] = uint16(uint32(n) * left >> 16)
	}
	for i, n := range s.hours {
		s.hours[i] = uint16(uint32(n) * left >> 16)
	}
	s.variance *= left / 65536.
	s.mean *= left / 65536.
}

// left is what a day leaves, 2^(-1/3), in 1/65,536.
const left = 52_016
