package population

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// beats returns the times of a rhythm over some days.
func beats(r rhythm, days int64) []int64 {
	d := gateway.Dice(11)
	var out []int64
	for at := r.next(&d, 4*day); at < (4+days)*day; at = r.next(&d, at) {
		out = append(out, at)
	}
	return out
}

// dispersion is the variance of the calls in ten minutes over their mean.
func dispersion(times []int64) float64 {
	counts := map[int64]float64{}
	for _, at := range times {
		counts[at/(10*minute)]++
	}
	n := float64(times[len(times)-1]/(10*minute) - times[0]/(10*minute) + 1)
	mean := float64(len(times)) / n
	var sum float64
	for _, x := range counts {
		sum += (x - mean) * (x - mean)
	}
	sum += (n - float64(len(counts))) * mean * mean
	return sum / n / mean
}

// during returns the share of the times whose hour is from one to another.
func during(times []int64, from, to int64) float64 {
	n := 0
	for _, at := range times {
		if h := at % day / hour; h >= from && h < to {
			n++
		}
	}
	return float64(n) / float64(len(times))
}

func TestShapes(t *testing.T) {
	for _, s := range []*shape{office, leisure, backend, global, flat, only(21, 3)} {
		sum, top := 0., 0.
		for at := int64(0); at < 7*day; at += minute {
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
	times := beats(perDay(1000), 14)
	assert.InEpsilon(t, 14_000, len(times), .05)
	assert.InDelta(t, 1, dispersion(times), .15)
	assert.InDelta(t, 1./3, during(times, 0, 8), .03)
}

func TestAClock(t *testing.T) {
	times := beats(clock(1440, .1), 7)
	assert.InEpsilon(t, 7*1440, len(times), .02)
	assert.Less(t, dispersion(times), .2)
}

func TestPeopleKeepHoursAndBurst(t *testing.T) {
	d := gateway.Dice(1)
	times := beats(sessions(&d, 300, office, 0), 28)
	assert.InEpsilon(t, 28*300, len(times), .3)
	assert.Greater(t, during(times, 8, 18), .75, "office hours")
	assert.Less(t, during(times, 0, 6), .05)
	assert.Greater(t, dispersion(times), 3.)
	shifted := sessions(&d, 300, office, -8*hour)
	assert.Greater(t, during(beats(shifted, 28), 16, 24), .6, "eight hours behind")
}

func TestAJobRunsOnItsDays(t *testing.T) {
	r := rhythm{at: 2 * hour, mask: 0x3e, size: 1000, swing: .1, gap: 1, spread: .3, zone: hour}
	times := beats(r, 14)
	assert.InEpsilon(t, 10_000, len(times), .1, "ten working days")
	assert.Greater(t, during(times, 1, 2), .95, "two o'clock in its zone")
}

func TestOnAndOff(t *testing.T) {
	r := perDay(4800)
	r.on, r.off = 3*hour, 9*hour
	times := beats(r, 10)
	assert.InEpsilon(t, 12_000, len(times), .1)
	longest := int64(0)
	for i := 1; i < len(times); i++ {
		longest = max(longest, times[i]-times[i-1])
	}
	assert.InDelta(t, 9, float64(longest)/float64(hour), .2)
}

func TestAQuotaIsKept(t *testing.T) {
	r := perDay(400)
	r.quota = 100
	perDay := map[int64]int{}
	for _, at := range beats(r, 10) {
		perDay[at/day]++
	}
	assert.Len(t, perDay, 10)
	for d, n := range perDay {
		assert.Equal(t, 100, n, d)
	}
}

func TestDaysDiffer(t *testing.T) {
	r := rhythm{visits: 500, shape: flat, swing: .6, salt: 9}
	perDay := map[int64]int{}
	times := beats(r, 60)
	for _, at := range times {
		perDay[at/day]++
	}
	assert.InEpsilon(t, 60*500, len(times), .2)
	low, high := 1<<30, 0
	for _, n := range perDay {
		low, high = min(low, n), max(high, n)
	}
	assert.Greater(t, high, 3*low)
}
