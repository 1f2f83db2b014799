package poisoning

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

const key = "h1:k1:somebody"

type change = func(r *rand.Rand, ev *schemas.Event)

// calls returns the calls of a key between two times, in hours.
func calls(seed uint64, key string, from, until, perHour float64, changes ...change) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 17))
	var all []schemas.Event
	for at := from + r.ExpFloat64()/perHour; at < until; at += r.ExpFloat64() / perHour {
		all = append(all, detectortest.Event(time.Duration(at*float64(time.Hour)), func(ev *schemas.Event) {
			ev.Principal = key
			ev.Known |= schemas.HasRequestBytes
			ev.RequestBytes = 500 + r.Int64N(3000)
			for _, c := range changes {
				c(r, ev)
			}
		}))
	}
	return all
}

// reader is somebody who only asks, day and night.
func reader(seed uint64, key string, hours float64) []schemas.Event {
	return calls(seed, key, 0, hours, 60)
}

// to makes a call a write of about so many bytes.
func to(route string, size int64) change {
	return func(r *rand.Rand, ev *schemas.Event) {
		ev.Route, ev.Path, ev.RequestBytes = route, route, size/2+r.Int64N(size)
	}
}

func exactly(size int64) change {
	return func(_ *rand.Rand, ev *schemas.Event) { ev.RequestBytes = size }
}

func elsewhere(r *rand.Rand, ev *schemas.Event) {
	ev.ClientAddr = detectortest.Address(1<<16 + r.IntN(9))
	ev.Client = ev.ClientAddr
}

func script(_ *rand.Rand, ev *schemas.Event) { ev.ClientClass = schemas.ClientHTTP }

// others are writers that make a cohort: each uploads and rates now and then.
func others(seed uint64, hours float64) []schemas.Event {
	var all []schemas.Event
	for i := range 6 {
		name := fmt.Sprintf("h1:k1:other%d", i)
		all = append(all, calls(seed*10+uint64(i), name, 0, hours, 3, to("/v1/files", 40_000))...)
		all = append(all, calls(seed*10+uint64(i), name, 0, hours, 12, to("/feedback", 300))...)
	}
	return all
}

const none = schemas.Severity(255)

func join(all ...[]schemas.Event) []schemas.Event {
	var out []schemas.Event
	for _, a := range all {
		out = append(out, a...)
	}
	return out
}

// sybils are accounts that each write n times the same size, in their first hour.
func sybils(accounts, n int, route string, size func(i int) int64) []schemas.Event {
	var all []schemas.Event
	for i := range accounts {
		for j := range n {
			at := 60*time.Hour + time.Duration(i*7+j*60)*time.Second
			all = append(all, detectortest.Event(at, func(ev *schemas.Event) {
				ev.Principal, ev.Route, ev.RequestBytes = fmt.Sprintf("h1:k1:sybil%d", i), route, size(i)
				ev.Known |= schemas.HasRequestBytes
			}))
		}
	}
	return all
}

// cases has a hit, a near miss and a benign case of each rule.
var cases = []struct {
	name, rule string
	want       schemas.Severity
	events     func(seed uint64) []schemas.Event
}{
	{"a reader's key uploads in bulk from elsewhere, by a script", "new_writer", schemas.SeverityHigh, func(seed uint64) []schemas.Event {
		return join(others(seed, 100), reader(seed, key, 100), calls(seed, key, 90, 91, 300, to("/v1/files", 9000), elsewhere, script))
	}},
	{"in bulk from elsewhere", "new_writer", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 300, to("/v1/vector_stores/{id}/files", 9000), elsewhere))
	}},
	{"a few uploads from elsewhere", "new_writer", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 8, to("/v1/files", 9000), elsewhere))
	}},
	{"a first import from the usual network", "new_writer", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 93, 500, to("/v1/files", 9000)))
	}},
	{"a first upload", "new_writer", none, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 8, to("/v1/files", 9000)))
	}},
	{"a new customer's import", "new_writer", none, func(seed uint64) []schemas.Event {
		return join(others(seed, 100), calls(seed, key, 80, 100, 60), calls(seed, key, 90, 93, 500, to("/v1/files", 9000), elsewhere))
	}},
	{"uploads that are refused", "new_writer", none, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 300, to("/v1/files", 9000), elsewhere, func(_ *rand.Rand, ev *schemas.Event) { ev.Status = 403 }))
	}},

	{"from elsewhere, by a script", "new_tuning", schemas.SeverityHigh, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 3, to("/v1/fine_tuning/jobs", 400), elsewhere, script))
	}},
	{"on Bedrock, from elsewhere", "new_tuning", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 3, to("/model-customization-jobs", 400), elsewhere))
	}},
	{"a team that begins to tune", "new_tuning", schemas.SeverityLow, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 90, 91, 3, to("/v1/fine_tuning/jobs", 400)))
	}},
	{"a pipeline that tunes every night", "new_tuning", none, func(seed uint64) []schemas.Event {
		all := reader(seed, key, 240)
		for d := range 10 {
			all = append(all, calls(seed+uint64(d), key, 24*float64(d)+2, 24*float64(d)+3, 3, to("/openai/fine_tuning/jobs", 400))...)
		}
		return all
	}},

	{"fifty times the uploads, from elsewhere", "burst", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 0, 95, 6, to("/v1/files", 9000)), calls(seed, key, 90, 91, 300, to("/v1/files", 9000), elsewhere))
	}},
	{"thousands of uploads in ten minutes", "burst", schemas.SeverityLow, func(seed uint64) []schemas.Event {
		return join(calls(seed, key, 0, 20, 60), calls(seed, key, 0, 20, 2, to("/v1/files", 9000)), calls(seed, key, 19.2, 19.4, 7200, to("/v1/files", 9000)))
	}},
	{"an import of its own", "burst", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 0, 95, 6, to("/v1/files", 9000)), calls(seed, key, 90, 91, 300, to("/v1/files", 9000)))
	}},
	{"sixty uploads", "burst", none, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 100), calls(seed, key, 0, 95, 2, to("/v1/files", 9000)), calls(seed, key, 90, 91, 60, to("/v1/files", 9000), elsewhere))
	}},
	{"a nightly import", "burst", none, func(seed uint64) []schemas.Event {
		all := reader(seed, key, 240)
		for d := range 10 {
			all = append(all, calls(seed+uint64(d), key, 24*float64(d)+2, 24*float64(d)+3, 300, to("/v1/files", 9000))...)
		}
		return all
	}},

	{"a hundred times the size, from elsewhere", "oversize", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(others(seed, 100), reader(seed, key, 100), calls(seed, key, 0, 95, 6, to("/v1/files", 9000)), calls(seed, key, 90, 91, 30, to("/v1/files", 9_000_000), elsewhere))
	}},
	{"a larger data set", "oversize", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return join(others(seed, 100), reader(seed, key, 100), calls(seed, key, 0, 95, 6, to("/v1/files", 9000)), calls(seed, key, 90, 91, 3, to("/v1/files", 9_000_000)))
	}},
	{"ten times the size", "oversize", none, func(seed uint64) []schemas.Event {
		return join(others(seed, 100), reader(seed, key, 100), calls(seed, key, 0, 95, 6, to("/v1/files", 9000)), calls(seed, key, 90, 91, 30, to("/v1/files", 90_000), elsewhere))
	}},

	{"hundreds of equal ratings by one who varied", "one_sided", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(calls(seed, key, 0, 95, 30, to("/feedback", 300)), calls(seed, key, 90, 91, 600, to("/feedback", 300), exactly(212)))
	}},
	{"forty equal ratings", "one_sided", none, func(seed uint64) []schemas.Event {
		return join(calls(seed, key, 0, 90, 30, to("/feedback", 300)), calls(seed, key, 90, 91, 40, to("/feedback", 300), exactly(212)))
	}},
	{"a backend of thumbs that always sends one size", "one_sided", none, func(seed uint64) []schemas.Event {
		return join(calls(seed, key, 0, 95, 30, to("/feedback", 300), exactly(212)), calls(seed, key, 90, 91, 600, to("/feedback", 300), exactly(212)))
	}},
	{"a busy day of ratings", "one_sided", none, func(seed uint64) []schemas.Event {
		return join(calls(seed, key, 0, 95, 30, to("/feedback", 300)), calls(seed, key, 90, 91, 600, to("/feedback", 300)))
	}},

	{"forty new accounts rate twenty times each", "coordinated", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		return join(others(seed, 70), sybils(40, 20, "/v1/feedback", func(int) int64 { return 187 }))
	}},
	{"eighty writers upload one file again and again", "coordinated", schemas.SeverityMedium, func(seed uint64) []schemas.Event {
		all := join(others(seed, 70), sybils(80, 5, "/v1/files", func(int) int64 { return 18_433 }))
		for i := range 80 {
			all = append(all, calls(seed+uint64(i), fmt.Sprintf("h1:k1:sybil%d", i), 0, 58, 0.2, to("/v1/files", 9000))...)
		}
		return all
	}},
	{"eight accounts", "coordinated", none, func(seed uint64) []schemas.Event {
		return join(others(seed, 70), sybils(8, 20, "/v1/feedback", func(int) int64 { return 187 }))
	}},
	{"a class that hands in one file", "coordinated", schemas.SeverityInfo, func(seed uint64) []schemas.Event {
		return join(others(seed, 70), sybils(30, 1, "/v1/files", func(int) int64 { return 18_733 }))
	}},
	{"new users with files of their own", "coordinated", none, func(seed uint64) []schemas.Event {
		return join(others(seed, 70), sybils(40, 6, "/v1/files", func(i int) int64 { return int64(9000 + 731*i) }))
	}},
	{"a button for ratings that is new", "coordinated", none, func(seed uint64) []schemas.Event {
		return join(reader(seed, key, 70), sybils(40, 6, "/v1/feedback", func(int) int64 { return 187 }))
	}},
}

func run(t testing.TB, all []schemas.Event) []schemas.Finding {
	t.Helper()
	found := detectortest.Run(t, all, detectortest.Fresh(t, Watchers, DefaultConfig())()...)
	detectortest.Readable(t, found)
	return found
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			for _, seed := range []uint64{1, 2} {
				got := none
				for _, f := range run(t, c.events(seed)) {
					if f.Detector == "poisoning."+c.rule {
						got = f.Severity
					} else if f.Severity > schemas.SeverityInfo && c.want == none {
						t.Errorf("seed %d: also %s of %s: %s", seed, f.Detector, f.Entity.Name, f.Summary)
					}
				}
				if got != c.want {
					t.Errorf("seed %d: severity %v, want %v", seed, got, c.want)
				}
			}
		})
	}
}
