package silence

import (
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

const (
	principal = schemas.EntityPrincipal
	route     = schemas.EntityRoute
	global    = schemas.EntityGlobal
)

func TestRoute(t *testing.T) {
	rest := crowd(6, "/v1/b", every(20))
	// Hit: in its second silent minute, and once.
	f := want(t, play(t, 1, 200, append(crowd(6, "/v1/a", but(every(20), 120, 160)), rest...)...), "silence.route", route)
	if m := minuteOf(&f[0]); m != 122 {
		t.Errorf("told after minute %d, want 122", m)
	}
	// Near miss: one silent minute, and a fall to a fifth.
	want(t, play(t, 1, 200, append(crowd(6, "/v1/a", but(every(20), 120, 121)), rest...)...), "")
	want(t, play(t, 1, 200, append(append(crowd(6, "/v1/a", but(every(16), 120, 160)), crowd(6, "/v1/a", every(4))...), rest...)...), "")
	// Benign: one caller's route.
	want(t, play(t, 1, 200, append(rest, speaker{name: "h1:k1:job", route: "/v1/c", address: 9, much: but(every(200), 120, 200)})...), "")
}

func TestEverywhere(t *testing.T) {
	var all, half []speaker
	for _, r := range []string{"/v1/a", "/v1/b", "/v1/c", "/v1/d"} {
		all = append(all, crowd(6, r, but(every(10), 120, 160))...)
	}
	// Hit: a trickle is left; none of the routes is told by itself.
	found := want(t, play(t, 2, 200, all...), "silence.everywhere", global)
	if m := minuteOf(&found[0]); m != 122 {
		t.Errorf("told after minute %d, want 122", m)
	}
	// Hit: a total that is steady of routes that are not.
	var thin []speaker
	for i := range 30 {
		thin = append(thin, crowd(2, "/v1/t"+string(rune('a'+i%26))+string(rune('a'+i/26)), but(every(1), 120, 160))...)
	}
	want(t, play(t, 2, 200, thin...), "silence.everywhere", global)
	// Near miss: half of everything ends, which is the matter of the routes.
	half = append(crowd(6, "/v1/a", but(every(10), 120, 160)), crowd(6, "/v1/b", every(10))...)
	want(t, play(t, 2, 200, half...), "silence.route", route)
	// Benign: an evening comes over hours.
	fades := func(r *rand.Rand, m int) int { return poisson(r, max(10-float64(m-120)/30, 0.2)) }
	want(t, play(t, 2, 500, append(crowd(6, "/v1/a", fades), crowd(6, "/v1/b", fades)...)...), "")
}

func TestPrincipal(t *testing.T) {
	const stop = 4*oneDay + 10*hour
	key := func(much func(*rand.Rand, int) int) speaker {
		return speaker{name: "h1:k1:pump", route: "/v1/a", address: 5, much: much}
	}
	// Hit: round the clock for four days, then nothing; told once.
	found := want(t, play(t, 3, stop+20*hour, key(but(every(5), stop, 1e9))), "silence.principal", principal)
	if m := minuteOf(&found[0]) - stop; m < 15 || m > 21 {
		t.Errorf("told after %d minutes, want 15 to 21", m)
	}
	// Near miss: a key with pauses of half an hour comes by chance.
	want(t, play(t, 3, stop+20*hour, key(but(every(0.1), stop, 1e9))), "")
	// Near miss: ten minutes.
	want(t, play(t, 3, stop+oneDay/2, key(but(every(5), stop, stop+10))), "")
	// Benign: a batch over a weekend by a key that is used now and then, and one
	// of a night by a new one; a person sleeps, a customer is new.
	batch := but(but(every(5), 5, 4*oneDay+18*hour), oneWeek+6*hour, 1e9)
	want(t, play(t, 3, oneWeek+oneDay, key(batch)), "")
	want(t, play(t, 3, 3*oneDay, key(but(but(every(5), 0, oneDay+18*hour), 2*oneDay+8*hour, 1e9))), "")
	want(t, play(t, 3, 2*oneWeek, key(office(1))), "")
	want(t, play(t, 3, 3*oneDay, key(but(every(5), oneDay-hour, 1e9))), "")
}

// TestUsers is about a key that many users share and that rests at night.
func TestUsers(t *testing.T) {
	const stop = oneWeek + 15*hour
	key := func(users int) speaker {
		return speaker{name: "h1:k1:portal", route: "/v1/a", address: 5, users: users, much: but(office(5), stop, stop+24*hour)}
	}
	want(t, play(t, 4, oneWeek+20*hour, key(500)), "silence.principal", principal)
	// Benign: a team that goes home, and a holiday that nobody begins.
	want(t, play(t, 4, oneWeek+20*hour, key(6)), "")
	portal := key(500)
	portal.much = but(office(5), oneWeek+oneDay, oneWeek+2*oneDay)
	want(t, play(t, 4, oneWeek+3*oneDay, portal), "")
}

// TestReplaced is about a key that is rotated: a new name speaks from the
// address of the old one.
func TestReplaced(t *testing.T) {
	const stop = 4*oneDay + 10*hour
	old := speaker{name: "h1:k1:old", route: "/v1/a", address: 5, much: but(every(5), stop, 1e9)}
	young := speaker{name: "h1:k1:young", route: "/v1/a", address: 5, much: but(every(5), 0, stop)}
	want(t, play(t, 5, stop+6*hour, old, young), "")
	// Who was there all along replaces nobody.
	beside := speaker{name: "h1:k1:beside", route: "/v1/a", address: 5, much: every(5)}
	want(t, play(t, 5, stop+6*hour, old, beside), "silence.principal", principal)
	young.address = 6
	want(t, play(t, 5, stop+6*hour, old, young), "silence.principal", principal)
}

func TestThinRoute(t *testing.T) {
	const stop = oneWeek + oneDay + 11*hour
	// Hit: an office's route breaks off in the morning.
	want(t, play(t, 6, stop+5*hour, crowd(40, "/v1/a", but(office(0.2), stop, stop+12*hour))...), "silence.thin_route", route)
	// Near miss: it has paused for eleven minutes before; and one with few callers.
	want(t, play(t, 6, stop+5*hour, crowd(40, "/v1/a", but(but(office(0.2), stop, stop+25), stop-oneDay, stop-oneDay+11))...), "")
	want(t, play(t, 6, stop+5*hour, crowd(6, "/v1/a", but(office(0.2), stop, stop+12*hour))...), "")
	// Benign: nobody comes on a holiday.
	want(t, play(t, 6, stop+oneDay, crowd(40, "/v1/a", but(office(0.2), oneWeek+oneDay, oneWeek+2*oneDay))...), "")
}

func TestHourlyJob(t *testing.T) {
	const missed = 4*oneDay + 10*hour
	run := func(from, until int) speaker {
		return speaker{name: "h1:k1:job", route: "/v1/a", address: 5,
			much: but(job(5, func(m int) bool { return m%hour == 7 }), from, until)}
	}
	// Hit: one run does not come; told before the next would.
	found := want(t, play(t, 7, missed+6*hour, run(missed, missed+hour)), "silence.job", principal)
	if m := minuteOf(&found[0]) - missed - 7; m < 15 || m > 40 {
		t.Errorf("told %d minutes after the run was due", m)
	}
	// Near miss: it begins ten minutes late.
	late := run(missed, missed+hour)
	on := late.much
	late.much = func(r *rand.Rand, m int) int {
		if m == missed+17 {
			return 5
		}
		return on(r, m)
	}
	want(t, play(t, 7, missed+6*hour, late), "")
	// Benign: it runs only in working hours, or only on working days.
	for _, hours := range []int{14, 24} {
		week := job(5, func(m int) bool { return m%hour == 7 && m/oneDay%7 < 5 && m%oneDay < hours*hour })
		want(t, play(t, 7, 2*oneWeek, speaker{name: "h1:k1:job", route: "/v1/a", address: 5, much: week}), "")
	}
}

func TestDailyJob(t *testing.T) {
	const missed = 2*oneWeek + 2*oneDay
	run := func(weekdays bool, minute int, from, until int) speaker {
		return speaker{name: "h1:k1:job", route: "/v1/a", address: 5,
			much: but(job(30, func(m int) bool { return m%oneDay == minute && (!weekdays || m/oneDay%7 < 5) }), from, until)}
	}
	// Hit: every working day at nine, and not on a Wednesday; and at midnight.
	found := want(t, play(t, 8, missed+oneDay, run(true, 9*hour, missed, missed+oneDay)), "silence.job", principal)
	if m := minuteOf(&found[0]) - missed - 9*hour; m < 75 || m > 81 {
		t.Errorf("told %d minutes after the run was due", m)
	}
	want(t, play(t, 8, missed+oneDay, run(false, 0, missed, missed+oneDay)), "silence.job", principal)
	// Near miss: an hour late on the day, or early, as when clocks are set; five
	// days are no habit.
	for _, begins := range []int{8 * hour, 10 * hour} {
		set := run(true, 9*hour, missed, missed+oneDay)
		on := set.much
		set.much = func(r *rand.Rand, m int) int {
			if m == missed+begins {
				return 30
			}
			return on(r, m)
		}
		want(t, play(t, 8, missed+oneDay, set), "")
	}
	want(t, play(t, 8, oneWeek+2*oneDay, run(true, 9*hour, oneWeek, oneWeek+oneDay)), "")
	// Benign: weekends, and a person who comes about nine and stays away.
	want(t, play(t, 8, 3*oneWeek, run(true, 9*hour, 0, 0)), "")
	person := func(r *rand.Rand, m int) int {
		if m == 0 || m/oneDay == missed/oneDay {
			return 0
		}
		day := rand.New(rand.NewPCG(uint64(m/oneDay), 5))
		if m/oneDay%7 < 5 && m%oneDay == 9*hour+day.IntN(40) {
			return 30
		}
		return 0
	}
	want(t, play(t, 8, missed+oneDay, speaker{name: "h1:k1:person", route: "/v1/a", address: 5, much: person}), "")
}

// TestWeeklyJob is about a job of Monday mornings.
func TestWeeklyJob(t *testing.T) {
	weekly := func(m int) bool { return m%oneWeek == 3*hour }
	run := speaker{name: "h1:k1:weekly", route: "/v1/a", address: 5, much: but(job(30, weekly), 5*oneWeek, 6*oneWeek)}
	want(t, play(t, 9, 5*oneWeek+oneDay, run), "silence.job", principal)
}

func TestTogether(t *testing.T) {
	const stop = 4*oneDay + 10*hour
	keys := func(stops func(i int) int) []speaker {
		var out []speaker
		for i := range 10 {
			s := speaker{name: "h1:k1:key" + string(rune('a'+i)), route: "/v1/r" + string(rune('a'+i)), address: 5 + i, much: every(1)}
			if at := stops(i); at > 0 {
				s.much = but(s.much, at, at+8*hour)
			}
			out = append(out, s)
		}
		return out
	}
	// Hit: five of ten keys stop at once; none is told by itself, nor is the
	// silence learned.
	found := want(t, play(t, 10, stop+12*hour, keys(func(i int) int { return i % 2 * stop })...), "silence.together", global)
	if m := minuteOf(&found[0]) - stop; m > hour {
		t.Errorf("told after %d minutes", m)
	}
	// Near miss: two are told one by one.
	want(t, play(t, 10, stop+12*hour, keys(func(i int) int { return i / 8 * stop })...), "silence.principal", principal, principal)
	// Benign: they stop one after the other, as on the eve of a holiday.
	found = play(t, 10, stop+12*hour, keys(func(i int) int { return stop + i*17 })...)
	for i := range found {
		if found[i].Detector == "silence.together" {
			t.Errorf("a holiday is told: %s", found[i].Summary)
		}
	}
	if len(found) > 3 {
		tell(t, found)
		t.Errorf("%d findings on a holiday", len(found))
	}
}

func TestJobsTogether(t *testing.T) {
	const missed = 2*oneWeek + 2*oneDay
	var jobs []speaker
	for i := range 5 {
		jobs = append(jobs, speaker{name: "h1:k1:job" + string(rune('a'+i)), route: "/v1/a", address: 5 + i,
			much: but(job(20, func(m int) bool { return m%oneDay == 9*hour+i%2 }), missed, missed+oneDay)})
	}
	want(t, play(t, 11, missed+oneDay, jobs...), "silence.jobs", global)
}
