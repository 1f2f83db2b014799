package rhythm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// beats returns the times of a rhythm over some days.
func beats(r Rhythm, days int64) []int64 {
	d := gateway.Dice(11)
	var out []int64
	for at := r.Next(&d, 4*Day); at < (4+days)*Day; at = r.Next(&d, at) {
		out = append(out, at)
	}
	return out
}

// dispersion is the variance of the calls in ten minutes over their mean.
func dispersion(times []int64) float64 {
	counts := map[int64]float64{}
	for _, at := range times {
		counts[at/(10*Minute)]++
	}
	n := float64(times[len(times)-1]/(10*Minute) - times[0]/(10*Minute) + 1)
	mean := float64(len(times)) / n
	var sum float64
	for _, x := range counts {
		sum += (x - mean) * (x - mean)
	}
	sum += (n - float64(len(counts))) * mean * mean
	return sum / n / mean
}

// during returns the share of the times whose Hour is from one to another.
func during(times []int64, from, to int64) float64 {
	n := 0
	for _, at := range times {
		if h := at % Day / Hour; h >= from && h < to {
			n++
		}
	}
	return float64(n) / float64(len(times))
}

func TestShapes(t *testing.T) {
	for _, s := range []*Shape{Office, Leisure, Backend, Global, Flat, Only(21, 3)} {
		sum, top := 0., 0.
		for at := int64(0); at < 7*Day; at += Minute {
			x := s.at(at)
			sum += x / 7 / 1440
			top = max(top, x)
		}
		assert.InDelta(t, 1, sum, .01)
		assert.LessOrEqual(t, top, s.peak*1.000001)
		assert.Greater(t, top, s.peak*.97)
	}
}

func TestAPoissonProcess(t *testing.T) {
	times := beats(PerDay(1000), 14)
	assert.InEpsilon(t, 14_000, len(times), .05)
	assert.InDelta(t, 1, dispersion(times), .15)
	assert.InDelta(t, 1./3, during(times, 0, 8), .03)
}

func TestAClock(t *testing.T) {
	times := beats(Clock(1440, .1), 7)
	assert.InEpsilon(t, 7*1440, len(times), .02)
	assert.Less(t, dispersion(times), .2)
}

func TestPeopleKeepHoursAndBurst(t *testing.T) {
	d := gateway.Dice(1)
	times := beats(Sessions(&d, 300, Office, 0), 28)
	assert.InEpsilon(t, 28*300, len(times), .3)
	assert.Greater(t, during(times, 8, 18), .75, "office hours")
	assert.Less(t, during(times, 0, 6), .05)
	assert.Greater(t, dispersion(times), 3.)
	shifted := Sessions(&d, 300, Office, -8*Hour)
	assert.Greater(t, during(beats(shifted, 28), 16, 24), .6, "eight hours behind")
}

func TestAJobRunsOnItsDays(t *testing.T) {
	r := Rhythm{At: 2 * Hour, Mask: 0x3e, Size: 1000, Swing: .1, Gap: 1, Spread: .3, Zone: Hour}
	times := beats(r, 14)
	assert.InEpsilon(t, 10_000, len(times), .1, "ten working days")
	assert.Greater(t, during(times, 1, 2), .95, "two o'clock in its zone")
}

func TestOnAndOff(t *testing.T) {
	r := PerDay(4800)
	r.On, r.Off = 3*Hour, 9*Hour
	times := beats(r, 10)
	assert.InEpsilon(t, 12_000, len(times), .1)
	longest := int64(0)
	for i := 1; i < len(times); i++ {
		longest = max(longest, times[i]-times[i-1])
	}
	assert.InDelta(t, 9, float64(longest)/float64(Hour), .2)
}

func TestAQuotaIsKept(t *testing.T) {
	r := PerDay(400)
	r.Quota = 100
	byDay := map[int64]int{}
	for _, at := range beats(r, 10) {
		byDay[at/Day]++
	}
	assert.Len(t, byDay, 10)
	for d, n := range byDay {
		assert.Equal(t, 100, n, d)
	}
}

func TestDaysDiffer(t *testing.T) {
	r := Rhythm{Visits: 500, Shape: Flat, Swing: .6, Salt: 9}
	byDay := map[int64]int{}
	times := beats(r, 60)
	for _, at := range times {
		byDay[at/Day]++
	}
	assert.InEpsilon(t, 60*500, len(times), .2)
	low, high := 1<<30, 0
	for _, n := range byDay {
		low, high = min(low, n), max(high, n)
	}
	assert.Greater(t, high, 3*low)
}
