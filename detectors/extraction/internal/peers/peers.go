// Package peers sums up what all principals of a gateway do, to which each is held.
package peers

import (
	"math"

	"github.com/gatehound/gatehound/detectors/sketch"
)

// Peers is what all principals did in an hour, and what it leaves.
type Peers struct {
	// takes has the principals by what they took in the hour, yields those with
	// enough calls in the last day by 1,000 times what a call of theirs gives.
	takes, yields sketch.Hist64
	// recent and older are those of up to three and a half days each.
	recentTakes, olderTakes, recentYields, olderYields sketch.Hist64

	// Windows is how many hours there were.
	Windows uint32
	// price is the sum of 64 times the logarithms of the prices of priced principals
	// in the hour, in whole numbers so that their order does not matter; writers are those with long answers, young how many of
	// them are new.
	price                   int32
	priced, writers, young  uint32
	prices, payers, of, new float32
	Figures
}

// Figures are those that one principal is held against.
type Figures struct {
	// Take and Most are the 95th and the 99.5th percentile of what was taken in an
	// hour of the past, Yield is the upper quartile of the logarithms of the yields
	// and High their 97th percentile; 0 is not known.
	Take, Most, Yield, High float32
	// Price is the geometric mean of what principals pay for a million tokens, Young
	// the share of new ones among those with long answers; 0 is not known.
	Price, Young float32
}

const (
	// generation is how many windows a generation has.
	generation = 84
	// mostYield is the highest yield that peers make usual: what thieves among
	// them make must not excuse the others.
	mostYield = 1.2
	// enough is how many hours of principals make peers.
	enough = 50
	// day is over how many hours prices are averaged, shift over how many newcomers
	// are: they come in crowds.
	day, shift = 24, 8
)

// One is an hour of one principal.
type One struct {
	// Take is what it took in the hour, Yield the logarithm of what a call of the
	// last day gave, if Metered.
	Take, Yield float64
	Metered     bool
	// Price is what a million tokens cost it in dollars, 0 if that is not known.
	Price float64
	// Writer tells that its answers are long, Young that it is new.
	Writer, Young bool
}

// Add takes in a principal.
func (p *Peers) Add(o One) {
	p.takes.Add(o.Take)
	if o.Metered {
		p.yields.Add(1000 * math.Exp(o.Yield))
	}
	if o.Price > 0 {
		p.price += int32(64 * min(max(math.Log(o.Price), -8), 8))
		p.priced++
	}
	if o.Writer {
		p.writers++
		if o.Young {
			p.young++
		}
	}
}

// Merge adds the hour of others.
func (p *Peers) Merge(src *Peers) {
	p.takes.Merge(&src.takes)
	p.yields.Merge(&src.yields)
	p.price += src.price
	p.priced += src.priced
	p.writers += src.writers
	p.young += src.young
}

// Conclude makes the figures out of what prev left, and takes the hour in: they are
// those of the past, so that who is judged does not move them.
func (p *Peers) Conclude(prev *Peers) {
	p.recentTakes, p.olderTakes, p.Windows = prev.recentTakes, prev.olderTakes, prev.Windows
	p.recentYields, p.olderYields = prev.recentYields, prev.olderYields
	past := p.recentTakes
	past.Merge(&p.olderTakes)
	if past.Total() >= enough {
		p.Take, p.Most = float32(past.Quantile(0.95)), float32(past.Quantile(0.995))
	}
	past = p.recentYields
	past.Merge(&p.olderYields)
	if past.Total() >= enough {
		p.Yield = float32(min(math.Log(max(past.Quantile(0.75)/1000, 0.001)), mostYield))
		p.High = float32(math.Log(max(past.Quantile(0.97)/1000, 0.001)))
	}
	if prev.payers >= enough {
		p.Price = float32(math.Exp(float64(prev.prices / prev.payers)))
	}
	// As if half of one in five were new: a newcomer by himself is no crowd.
	if prev.of > 0 {
		p.Young = (prev.new/shift + 0.5) / (prev.of/shift + 5)
	}
	p.recentTakes.Merge(&p.takes)
	p.recentYields.Merge(&p.yields)
	fade := func(before, hour, over float32) float32 { return before - before/over + hour }
	p.prices, p.payers = fade(prev.prices, float32(p.price)/64, day), fade(prev.payers, float32(p.priced), day)
	p.of, p.new = fade(prev.of, float32(p.writers), shift), fade(prev.new, float32(p.young), shift)
	if p.Windows < math.MaxUint32 {
		p.Windows++
	}
	if p.Windows%generation == 0 {
		p.olderTakes, p.olderYields = p.recentTakes, p.recentYields
		p.recentTakes.Reset()
		p.recentYields.Reset()
	}
}
