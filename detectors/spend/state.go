package spend

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/spend/internal/chain"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a principal or a tenant, less than 1.2 KiB.
type State struct {
	open     [2]hour
	chains   chain.Set
	accounts [units][periods]account
	past     past
	// mark is the hour as it was at the time marked, when its last part ended;
	// at next calls a part may end again.
	mark   hour
	marked int64
	next   uint32
	// uncached is how many parts in a row were without the cache.
	uncached uint8
	// alias is the hash of the name that a principal goes by while it is not
	// the one that it is kept under; 0 if it is the same.
	alias uint64
	// first and last are the times of the first and the last call.
	first, last int64
	// pace is what an hour spends, of the last few hours.
	pace [units]float32
	// peer is what 999 of 1,000 others stay below in an hour; 0 is not known.
	peer [units]float32
	// watched is for how many hours the gateway was watched when the last window
	// closed.
	watched uint16
	// said is the hour, since the epoch, in which each rule spoke last.
	said   [rules]uint32
	severe [rules]schemas.Severity
}

// hour has the sums of one open window.
type hour struct {
	start int64
	// spent is the money and the tokens, work the tokens that are worth
	// something: those of embeddings cost a fiftieth or less of others.
	spent [units]uint64
	work  uint64
	// strange and fresh are the work from networks and of models that are new.
	strange, fresh uint64
	input          uint64
	// cachable is the input of calls that state what was cached of it.
	cachable, cached uint64
	// reasoning and output are those of calls that state both.
	reasoning, output uint64
	bigInput          uint64
	wasted            uint64 // tokens of aborted calls
	models, networks  uint64 // bitmaps of hashes
	// look and due are the spending at which surges and budgets are looked at.
	look, due [units]uint64
	// calls are all, priced those with money, thinking those with reasoning,
	// big those with stuffed input, aborted those that the client cut.
	calls, priced, thinking, big, aborted uint32
	// waitMean and waitM2 are the moments of the seconds until clients cut.
	waitMean, waitM2 float32
}

// past is what is usual for a principal.
type past struct {
	// usual is the typical spending of an active hour, top the highest one,
	// which fades by a fifth in ten days.
	usual, top [units]float32
	// days are the sums of the last active days, today the running one.
	days  [7][units]float32
	today [units]float32
	date  uint32
	// known is how many active hours there were, filled how many days.
	known  uint16
	filled uint8
	// calls is the typical number of calls of an hour, topCalls the highest,
	// input the typical tokens of one call's input.
	calls, topCalls, input float32
	// cached is the usual share of cached input, thought the usual reasoning of
	// a call, cut the usual share of aborted calls; with how many hours showed
	// them.
	cached, thought, cut  float32
	cachedFor, thoughtFor uint16
	// models and networks are bitmaps of those that are known. What an hour
	// of high spending shows is known at the end of the next day only: held
	// has that of today, kept that of yesterday.
	models, networks         uint64
	heldModels, heldNetworks uint64
	keptModels, keptNetworks uint64
}

// since returns the sums of the hour since m was copied from it, those of aborted
// calls apart.
func (h *hour) since(m *hour) hour {
	b := *h
	for u := range units {
		b.spent[u] -= m.spent[u]
	}
	for _, sum := range [...]struct{ of, before *uint64 }{
		{&b.work, &m.work}, {&b.strange, &m.strange}, {&b.fresh, &m.fresh}, {&b.input, &m.input},
		{&b.cachable, &m.cachable}, {&b.cached, &m.cached}, {&b.reasoning, &m.reasoning}, {&b.output, &m.output},
		{&b.bigInput, &m.bigInput},
	} {
		*sum.of -= *sum.before
	}
	b.calls, b.priced, b.thinking = b.calls-m.calls, b.priced-m.priced, b.thinking-m.thinking
	b.big -= m.big
	return b
}

// bit returns one bit of 64 for a value. It depends on the entity's keyed hash,
// so that nobody can choose a value whose bit is taken.
func bit(x *detectors.Context, v uint64) uint64 { return 1 << (sketch.Mix(v^x.Entity.ID) >> 58) }

// modelBit returns the bit of a model by the ends of its name.
func modelBit(x *detectors.Context, name string) uint64 {
	v := uint64(len(name)) << 56
	for i := range min(len(name), 8) {
		v ^= uint64(name[i])<<(8*i) ^ uint64(name[len(name)-1-i])<<(8*i+3)
	}
	return bit(x, v)
}

// networkBit returns the bit of the client's wider network: the operator if it
// is known, else the /16, or the /32 of an IPv6 address.
func networkBit(x *detectors.Context, ev *schemas.Event) (uint64, bool) {
	if ev.ASN != 0 {
		return bit(x, uint64(ev.ASN)), true
	}
	a := detectors.Client(ev)
	switch {
	case a.Is4():
		b := a.As4()
		return bit(x, 4<<32|uint64(b[0])<<8|uint64(b[1])), true
	case a.IsValid():
		b := a.As16()
		if a.Is4In6() {
			return bit(x, 4<<32|uint64(b[12])<<8|uint64(b[13])), true
		}
		return bit(x, 6<<32|uint64(binary.BigEndian.Uint32(b[:4]))), true
	}
	return 0, false
}

// most is the most tokens or dollars of a call that are believed.
const (
	mostTokens  = 1e9
	mostDollars = 1e5
)

// observe adds one call and returns what it spent.
func (h *hour) observe(x *detectors.Context, s *State, ev *schemas.Event) (total uint64) {
	in := uint64(min(max(ev.InputTokens, 0), mostTokens))
	out := uint64(min(max(ev.OutputTokens, 0), mostTokens))
	total = in + out
	h.calls++
	h.spent[tokens] += total
	if ev.Cost > 0 && ev.Cost <= mostDollars {
		h.spent[usd] += uint64(ev.Cost * nano)
		h.priced++
	}
	if ev.Operation == "embeddings" {
		return total
	}
	h.work += total
	h.input += in
	if ev.Has(schemas.HasCachedTokens) || ev.CachedTokens > 0 {
		h.cachable += in
		h.cached += min(uint64(max(ev.CachedTokens, 0)), in)
	}
	if ev.Has(schemas.HasReasoningTokens) || ev.ReasoningTokens > 0 {
		h.thinking++
		h.output += out
		h.reasoning += min(uint64(max(ev.ReasoningTokens, 0)), out)
	}
	if ev.Model != "" {
		b := modelBit(x, ev.Model)
		h.models |= b
		if s.past.models&b == 0 {
			h.fresh += total
		}
	}
	if b, ok := networkBit(x, ev); ok && x.Entity.Kind != schemas.EntityTenant {
		h.networks |= b
		if s.past.networks&b == 0 {
			h.strange += total
		}
	}
	if ev.Status == 499 && total > 0 {
		h.aborted++
		h.wasted += total
		if ev.Latency > 0 {
			diff := float32(ev.Latency.Seconds()) - h.waitMean
			h.waitMean += diff / float32(h.aborted)
			h.waitM2 += diff * (float32(ev.Latency.Seconds()) - h.waitMean)
		}
	}
	return total
}

// unit says in what the hour is judged: money if nearly all calls state it.
func (h *hour) unit() int {
	if h.priced > 0 && 10*uint64(h.priced) >= 9*uint64(h.calls) {
		return usd
	}
	return tokens
}

// amount returns what the hour is judged by, in dollars or tokens.
func (h *hour) amount(unit int) float64 {
	if unit == usd {
		return float64(h.spent[usd]) / nano
	}
	return float64(h.work)
}

// median returns the middle of the past days.
func (p *past) median(unit int) float64 {
	var v [7]float32
	n := int(p.filled)
	for i := range n {
		x := p.days[i][unit]
		j := i
		for ; j > 0 && v[j-1] > x; j-- {
			v[j] = v[j-1]
		}
		v[j] = x
	}
	if n == 0 {
		return 0
	}
	return float64(v[n/2])
}

// highest returns the highest of the past days.
func (p *past) highest(unit int) float64 {
	m := float32(0)
	for i := range int(p.filled) {
		m = max(m, p.days[i][unit])
	}
	return float64(m)
}

// settled tells that the principal calls from few networks, so that another one
// says something.
func (p *past) settled() bool { return p.networks != 0 && bits.OnesCount64(p.networks) <= 8 }

// learn takes in a closed hour; high tells that it spent much.
func (p *past) learn(h *hour, start int64, factor float64, high bool) {
	date := uint32(start / (24 * 3600e9))
	if p.date != date {
		p.turn(date, factor)
	}
	if h.calls == 0 {
		return
	}
	if p.known < math.MaxUint16 {
		p.known++
	}
	for u := range units {
		v := float32(h.amount(u))
		p.today[u] += v
		p.usual[u] = blend(p.usual[u], v, p.known, 32)
		p.top[u] = max(p.top[u], v)
	}
	p.calls, p.topCalls = blend(p.calls, float32(h.calls), p.known, 32), max(p.topCalls, float32(h.calls))
	if high {
		p.heldModels, p.heldNetworks = p.heldModels|h.models, p.heldNetworks|h.networks
	} else {
		p.models, p.networks = p.models|h.models, p.networks|h.networks
	}
	if h.calls >= 5 && h.input > 0 {
		p.input = blend(p.input, float32(float64(h.input)/float64(h.calls)), p.known, 32)
	}
	if h.calls >= 20 {
		p.cut += (float32(h.aborted)/float32(h.calls) - p.cut) / float32(min(p.known, 24))
	}
	if h.calls >= 20 && h.cachable > 0 {
		p.cachedFor = min(p.cachedFor+1, 1000)
		p.cached += (float32(float64(h.cached)/float64(h.cachable)) - p.cached) / float32(min(p.cachedFor, 24))
	}
	if h.thinking >= 20 {
		p.thoughtFor = min(p.thoughtFor+1, 1000)
		p.thought = blend(p.thought, float32(float64(h.reasoning)/float64(h.thinking)), p.thoughtFor, 24)
	}
}

// turn begins another day. A day teaches at most factor times the median, so
// that one attack does not raise the bound by more.
func (p *past) turn(date uint32, factor float64) {
	if p.date != 0 && (p.today[tokens] > 0 || p.today[usd] > 0) {
		v := p.today
		for u := range units {
			if m := p.median(u); p.filled >= 3 && m > 0 {
				v[u] = min(v[u], float32(factor*m))
			}
		}
		copy(p.days[1:], p.days[:])
		p.days[0] = v
		p.filled = min(p.filled+1, 7)
	}
	p.today = [units]float32{}
	if days := date - p.date; p.date != 0 && days < 400 {
		for u := range units {
			p.top[u] *= float32(math.Pow(0.978, float64(days)))
		}
		p.topCalls *= float32(math.Pow(0.978, float64(days)))
	}
	p.date = date
	p.models, p.networks = p.models|p.keptModels, p.networks|p.keptNetworks
	p.keptModels, p.keptNetworks = p.heldModels, p.heldNetworks
	p.heldModels, p.heldNetworks = 0, 0
}

// blend moves a typical value towards v by their logarithms, as far as the
// n-th value may; a value of more than four times counts as four times.
func blend(was, v float32, n uint16, memory uint16) float32 {
	if was <= 0 || n <= 1 {
		return v
	}
	v = min(max(v, was/4, 1e-6), 4*was)
	return was * float32(math.Pow(float64(v/was), 1/float64(min(n, memory))))
}
