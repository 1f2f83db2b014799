package spend

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 501, "the first of the unkind test's two seeds")

// office is a team over days: weekdays from nine to six, and something now and
// then.
func office(r *rand.Rand, days int, perHour float64, u use) []use {
	var all []use
	perHour *= 0.3 + 3*r.Float64()
	u.in, u.out = u.in*(0.5+r.Float64()), u.out*(0.5+r.Float64())
	for h := range days * 24 {
		v := u
		v.from, v.until, v.perHour = float64(h), float64(h+1), perHour/12
		if hour := h % 24; h/24%7 < 5 && hour >= 9 && hour < 18 {
			v.perHour = perHour * (0.5 + r.Float64())
		}
		all = append(all, v)
	}
	return all
}

// crowd has what looks like denial of wallet and is none, over two weeks.
func crowd(seed uint64) []schemas.Event {
	const days = 14
	r := rand.New(rand.NewPCG(seed, 3))
	var all []schemas.Event
	add := func(name string, uses ...use) {
		all = append(all, events(seed^uint64(len(all)), "h1:k1:"+name, uses...)...)
	}
	at := func(day, hour float64) float64 { return 24*day + hour + r.Float64()/5 }
	chat := use{in: 1200, out: 250, change: cached(0.5)}
	for i := range 16 {
		add(fmt.Sprintf("team%d", i), office(r, days, 40, chat)...)
	}
	run := func(day, hour, hours, perHour, in, out float64, change func(*rand.Rand, int, *schemas.Event)) use {
		from := at(day, hour)
		return use{from: from, until: from + hours, perHour: perHour, in: in, out: out, change: change}
	}
	add("invoices", append(office(r, days, 30, chat), run(9, 3, 2.5, 3000, 1800, 400, nil))...)
	add("enrichment", append(office(r, days, 30, chat), run(11, 22, 6, 2500, 700, 120, cached(0.5)))...)
	add("evaluation", append(office(r, days, 30, chat), run(8, 20, 1.5, 4000, 900, 40, nil), run(12, 20, 1.5, 4000, 900, 40, model("gpt-4.1", 1)))...)
	add("import", run(6, 10, 5, 6000, 7000, 0, func(_ *rand.Rand, _ int, ev *schemas.Event) {
		ev.Operation, ev.Model, ev.Cost = "embeddings", "text-embedding-3-small", 2e-8*float64(ev.InputTokens)
	}), run(6, 15, 60, 50, 1500, 300, nil))
	grow := office(r, days, 60, use{in: 1500, out: 300})
	for i := range grow {
		grow[i].in += 60 * float64(i)
	}
	add("retrieval", grow...)
	deploy := office(r, days, 300, use{in: 3000, out: 300, change: cached(0.8)})
	for i := 200; i < len(deploy); i++ {
		deploy[i].change = cached(0)
	}
	add("deployment", deploy...)
	effort := office(r, days, 200, use{in: 1500, out: 300, change: thinking(400)})
	for i := 230; i < len(effort); i++ {
		effort[i].change = thinking(2500)
	}
	add("effort", effort...)
	failover := office(r, days, 200, chat)
	for i := 226; i < 231; i++ {
		failover[i].change = model("claude-sonnet-4", 1.4)
	}
	add("failover", failover...)
	add("mobile", office(r, days, 200, use{in: 800, out: 200, change: func(r *rand.Rand, _ int, ev *schemas.Event) {
		ev.ClientAddr = detectortest.Address(r.IntN(1 << 17))
		ev.Client = ev.ClientAddr
		if r.IntN(9) == 0 {
			ev.Status, ev.Latency = 499, time.Duration(r.IntN(20))*time.Second
		}
	}})...)
	for d := range days {
		add("nightly", run(float64(d), 2, 1, 1500, 1000, 200, elsewhere))
		if d%7 == 5 {
			add("weekly", run(float64(d), 4, 2, 2000, 1500, 300, elsewhere))
		}
	}
	for i := range 4 {
		add(fmt.Sprintf("customer%d", i), run(float64(2+3*i), 9, 40, 80, 1500, 300, elsewhere))
	}
	for i := range 60 {
		from := time.Duration(at(float64(i%days), 9+float64(i%8)) * float64(time.Hour))
		all = append(all, agent(seed+uint64(i), fmt.Sprintf("h1:k1:agents%d", i%4), from, 10+r.IntN(70), 900, 0.9, tools)...)
	}
	// Documentation of a class of students, each once for an hour.
	for i := range 25 {
		add(fmt.Sprintf("student%d", i), run(10, 14, 1.5, 30, 900, 300, nil))
	}
	return all
}

// TestUnkind wants nothing to be told of the crowd above info.
func TestUnkind(t *testing.T) {
	for _, seed := range []uint64{*seed, *seed + 1} {
		all := crowd(seed)
		found := run(t, DefaultConfig(), all)
		detectortest.Readable(t, found)
		infos := 0
		for _, f := range found {
			if f.Severity > schemas.SeverityInfo {
				t.Errorf("seed %d: %s of %s at %s: %s", seed, f.Detector, f.Entity.Name, f.Detected.Format("02 15:04"), f.Summary)
			}
			infos++
		}
		t.Logf("seed %d: %d events, %d findings of severity info: %v", seed, len(all), infos, detectortest.Rules(found))
	}
}
