package silence

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

// person returns a speaker who comes on most working days at about his time, has
// breaks, leaves early on some days, and sometimes works on a weekend.
func person(seed uint64, name, route string, address, zone int) speaker {
	r := rand.New(rand.NewPCG(seed, 77))
	begins, keen, days := 8*hour+r.IntN(3*hour), 0.1+2*r.Float64(), uint64(r.Uint32())
	return speaker{name: name, route: route, address: address, much: func(r *rand.Rand, m int) int {
		m += zone * hour
		if m < 0 {
			return 0
		}
		today := rand.New(rand.NewPCG(days, uint64(m/oneDay)))
		away, from, lasts := today.IntN(12) == 0, begins+today.IntN(60)-30, 7*hour+today.IntN(3*hour)
		if today.IntN(6) == 0 {
			lasts /= 2
		}
		if m/oneDay%7 >= 5 {
			away = today.IntN(10) > 0
		}
		at := m%oneDay - from
		if away || at < 0 || at > lasts || at/45%4 == 3 && today.IntN(2) == 0 {
			return 0
		}
		return poisson(r, keen)
	}}
}

// unkind returns a population that falls silent in every honest way.
func unkind(seed uint64) []speaker {
	r := rand.New(rand.NewPCG(seed, 9))
	var all []speaker
	add := func(name, route string, much func(*rand.Rand, int) int) {
		all = append(all, speaker{name: "h1:k1:" + name, route: route, address: 300 + len(all), much: much})
	}
	// People in five time zones, half of them behind the addresses of offices.
	for i := range 40 {
		address := 1000 + i
		if i%2 == 0 {
			address = 10 + i%6
		}
		all = append(all, person(seed*100+uint64(i), fmt.Sprintf("h1:k1:person%d", i), fmt.Sprintf("/v1/r%d", i%4), address, r.IntN(18)-8))
	}
	// Machines round the clock, each of which is restarted now and then.
	for i := range 12 {
		n := []float64{0.05, 0.2, 1, 3}[i%4]
		much := every(n)
		for range 4 {
			at := r.IntN(2 * oneWeek)
			much = but(much, at, at+3+r.IntN(9))
		}
		add(fmt.Sprintf("machine%d", i), fmt.Sprintf("/v1/r%d", i%4), much)
	}
	jobs := []func(m int) bool{
		func(m int) bool { return m%hour == 0 },
		func(m int) bool { return m%15 == 5 },
		func(m int) bool { return m%hour == 30 && m%oneDay >= 8*hour && m%oneDay < 20*hour },
		func(m int) bool { return m%hour == 12 && m/oneDay%7 < 5 },
		func(m int) bool { return m%(6*hour) == 3 },
		func(m int) bool { return m%oneDay == 0 },
		func(m int) bool { return m%oneDay == 9*hour && m/oneDay%7 < 5 },
		func(m int) bool { return m%oneWeek == 2*oneDay },
		func(m int) bool { return m == oneDay || m == 4*oneDay },
	}
	for i, begin := range jobs {
		add(fmt.Sprintf("job%d", i), "/v1/jobs", job(3+r.IntN(20), begin))
	}
	// A job that begins within half an hour, and stays away now and then.
	add("sloppy", "/v1/jobs", func(_ *rand.Rand, m int) int {
		today := rand.New(rand.NewPCG(seed, uint64(m/oneDay)))
		if at := 2*hour + today.IntN(30); m%oneDay == at && today.IntN(8) > 0 {
			return 20
		}
		return 0
	})
	// A batch over a weekend and an evaluation of two days, by keys that were
	// tried out before, a load test, students on two afternoons of the first week,
	// a customer who leaves.
	add("batch", "/v1/r1", but(but(every(4), 5, 4*oneDay+18*hour), oneWeek+6*hour, 1e9))
	add("evaluation", "/v1/r2", but(but(every(3), 9, 8*oneDay), 10*oneDay, 1e9))
	add("loadtest", "/v1/r3", but(but(every(30), 0, 9*oneDay+10*hour), 9*oneDay+12*hour, 1e9))
	for i := range 25 {
		add(fmt.Sprintf("student%d", i), "/v1/course", func(r *rand.Rand, m int) int {
			if d := m / oneDay; (d == 1 || d == 3) && m%oneDay >= 14*hour && m%oneDay < 17*hour {
				return poisson(r, 0.5)
			}
			return 0
		})
	}
	add("leaver", "/v1/r0", but(office(0.5), 9*oneDay, 1e9))
	// A machine whose key is rotated.
	for i := range 2 {
		s := speaker{name: fmt.Sprintf("h1:k1:rotated%d", i), route: "/v1/r2", address: 290, much: but(every(1), 8*oneDay+hour, 1e9)}
		if i == 1 {
			s.much = but(every(1), 0, 8*oneDay+hour)
		}
		all = append(all, s)
	}
	// On the second Wednesday most of the people have a holiday.
	for i := range all[:32] {
		all[i].much = but(all[i].much, oneWeek+2*oneDay-8*hour, oneWeek+3*oneDay-8*hour)
	}
	return all
}

var (
	first = flag.Uint64("seed", 711, "first of the seeds of the honest population")
	seeds = flag.Uint64("seeds", 1, "how many there are")
)

// TestHush is about a holiday on which all keys round the clock make a fifth of
// what they do.
func TestHush(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var all []speaker
	for i := range 60 {
		n := 0.05 + 0.3*r.Float64()
		all = append(all, speaker{name: fmt.Sprintf("h1:k1:key%d", i), route: fmt.Sprintf("/v1/r%d", i), address: 100 + i, much: func(r *rand.Rand, m int) int {
			if m >= 3*oneDay && m < 4*oneDay {
				return poisson(r, n/5)
			}
			return poisson(r, n)
		}})
	}
	want(t, play(t, 5, 4*oneDay+oneDay/2, all...), "")
}

// TestUnkind wants no finding in two weeks of honest silences. No bound was set
// by these seeds.
func TestUnkind(t *testing.T) {
	for seed := *first; seed < *first+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			want(t, play(t, seed, 2*oneWeek, unkind(seed)...), "")
		})
	}
}
