package simulate

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/demo"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// What BenchmarkEvaluate runs, for example
//
//	go test -run '^$' -bench Evaluate -benchtime 1x -timeout 1h . -args -seeds 101-108
var (
	evaluated = flag.String("seeds", "101", "seeds to evaluate, such as 101-108")
	hours     = flag.Int("hours", 30, "hours of event time of each seed")
	perSecond = flag.Float64("rate", 0, "benign requests a second; 0 is 20, 40 and 60 in turn")
)

// pace is how hard an attack goes about it: a share of its usual rate, and for
// how long.
type pace struct {
	name      string
	intensity float64
	lasts     time.Duration
}

var (
	full  = pace{"1x, 5 min", 1, 5 * time.Minute}
	weak  = pace{"0.3x, 5 min", 0.3, 5 * time.Minute}
	slow  = pace{"0.1x, 30 min", 0.1, 30 * time.Minute}
	long  = pace{"4 h", 1, 4 * time.Hour}
	day25 = pace{"25 h", 1, 25 * time.Hour}
)

// outline returns a fleet that begins on the evening of a weekday that the
// seed chooses, with every attack at every pace in an order that it chooses,
// after two hours without any.
func outline(seed uint64, rate float64, span time.Duration, paces ...pace) (Config, []string) {
	addEvasions()
	evening := time.Date(2026, 9, 14+int(seed%7), 20, 0, 0, 0, time.UTC)
	c := Config{Seed: seed, Start: evening, Live: span, Rate: rate, Filebeat: 0.4}
	var names []string
	add := func(k Kind, p pace, after time.Duration) {
		c.Plants = append(c.Plants, Plant{Kind: k, After: after, For: p.lasts, Intensity: p.intensity})
		names = append(names, p.name)
	}
	type job struct {
		kind Kind
		pace pace
	}
	var jobs []job
	for _, k := range attackKinds {
		switch k {
		case SlowExtraction:
		case Errors, Throttling, Silence:
			if rate < 20 {
				continue // a route has too few callers to tell
			}
			jobs = append(jobs, job{k, pace{"10 min", 1, 10 * time.Minute}})
		default:
			for _, p := range paces {
				jobs = append(jobs, job{k, p})
			}
		}
	}
	for _, k := range []Kind{siege, between, rotation, mingled, mingledOpen} {
		jobs = append(jobs, job{k, full})
	}
	dice := gateway.Dice(gateway.Mix(seed + 99))
	for i := range jobs {
		j := i + dice.Below(len(jobs)-i)
		jobs[i], jobs[j] = jobs[j], jobs[i]
	}
	first, last := 2*time.Hour, span-40*time.Minute
	for i, j := range jobs {
		after := first + (last-first)*time.Duration(i)/time.Duration(len(jobs))
		add(j.kind, j.pace, after+time.Duration(dice.Below(300))*time.Second)
	}
	if span > 26*time.Hour {
		add(trickle, long, 5*time.Hour)
		add(onePassword, long, 16*time.Hour)
		add(SlowExtraction, day25, 2*time.Hour)
	}
	// The innocents come between the attacks.
	for _, p := range Lookalikes(0, span) {
		c.Plants = append(c.Plants, p)
		names = append(names, "")
		if p.Kind == RetryStorm || p.Kind == KeyRotation {
			add(p.Kind, pace{"", 1, time.Minute}, span/3+time.Duration(dice.Below(3600))*time.Second)
		}
	}
	for i, k := range innocents {
		for n := range time.Duration(3) {
			add(k, pace{"", 1, 12 * time.Minute}, span*(n+1)/4+time.Duration(i)*7*time.Minute)
		}
	}
	return c, names
}

// outcomes are those of one kind of attack at one pace.
type outcomes struct {
	planted, found, prompt int
	after                  []time.Duration
	events                 []int
	rules                  []string
}

// evaluation adds up the results of seeds.
type evaluation struct {
	benign, attack int64
	attacks        map[string]*outcomes
	lookalikes     map[Kind]int // how many were seen
	wrong          map[Kind]int // false alerts on them
	byDetector     map[string]int
	missed, false  []string
}

func newEvaluation() *evaluation {
	return &evaluation{attacks: map[string]*outcomes{}, lookalikes: map[Kind]int{}, wrong: map[Kind]int{}, byDetector: map[string]int{}}
}

// run puts one fleet through ingest and detection and adds what came of it.
func (e *evaluation) run(t testing.TB, c Config, paces []string) {
	t.Helper()
	f, h := fleet(t, c), newHunt(t, c.Start.Add(c.Live))
	times := make([][]int64, len(c.Plants))
	var line []byte
	each(t, f, func(r *gateway.Record) {
		if r.Truth >= 0 {
			times[r.Truth] = append(times[r.Truth], r.Time)
		}
		line = r.AppendTo(line[:0])
		h.take(line)
	})
	h.flush()
	h.findings = append(h.findings, h.engine.Flush()...)

	detectortest.Readable(t, h.findings)

	truths := f.Truths()
	plants := h.plants(f)
	// Each finding for itself: a second attack on everything is one more.
	alerts := h.alerts()
	for i := range alerts {
		alerts[i].ID = alerts[i].Finding.ID
	}
	score := demo.Judge(plants, alerts)
	e.benign += h.events
	for i, p := range truths {
		switch {
		case p.Events == 0:
			continue
		case p.Benign:
			e.lookalikes[p.Kind]++
			continue
		}
		e.benign -= int64(len(times[i]))
		e.attack += int64(len(times[i]))
		// What was found before an attack began is not this attack.
		later := slices.DeleteFunc(slices.Clone(alerts), func(a schemas.Alert) bool { return a.Finding.Detected.Before(p.Start) })
		v := demo.Judge(plants[i:i+1], later).Attacks[0]
		name := string(p.Kind) + "\t" + paces[i]
		o := e.attacks[name]
		if o == nil {
			o = &outcomes{}
			e.attacks[name] = o
		}
		o.planted++
		if v.Alert == nil {
			e.missed = append(e.missed, fmt.Sprintf("seed %d: %s %s at %s", c.Seed, v.Plant.Title, paces[i], v.Plant.Start.Format("Mon 15:04")))
			continue
		}
		o.found++
		// One window: that which is open when the attack begins, and the next.
		if v.After <= 2*v.Alert.LastSeen.Sub(v.Alert.FirstSeen) {
			o.prompt++
		}
		o.rules = append(o.rules, v.Alert.Detector)
		o.after = append(o.after, v.After)
		n, _ := slices.BinarySearch(times[i], v.Alert.Finding.Detected.UnixNano()+1)
		o.events = append(o.events, n)
	}
	seen := map[string]bool{}
	for _, a := range score.False {
		once := fmt.Sprint(a.Detector, a.Entity, a.FirstSeen.Truncate(24*time.Hour))
		if seen[once] {
			continue
		}
		seen[once] = true
		e.byDetector[a.Detector]++
		about := Kind("ordinary traffic")
		for i, p := range plants {
			if p.Benign && slices.Contains(p.Entities, a.Entity) && !a.FirstSeen.After(p.End) && !a.LastSeen.Before(p.Start) {
				about = truths[i].Kind
			}
		}
		e.wrong[about]++
		e.false = append(e.false, fmt.Sprintf("seed %d: %s (%s, %s) on %s %s at %s: %s", c.Seed, a.Detector, a.Finding.Severity, about,
			a.Entity.Kind, a.Entity.Name, a.FirstSeen.Format("Mon 15:04"), a.Title))
	}
}

func (e *evaluation) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nattack\tpace\tplanted\tfound\tin one window\tmedian after\tmedian requests\tby\n")
	for _, name := range slices.Sorted(maps.Keys(e.attacks)) {
		o := e.attacks[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t", name, o.planted, o.found, o.prompt)
		if o.found > 0 {
			slices.Sort(o.after)
			slices.Sort(o.events)
			slices.Sort(o.rules)
			fmt.Fprintf(w, "%v\t%d\t%s", o.after[o.found/2].Round(time.Second), o.events[o.found/2], strings.Join(slices.Compact(o.rules), ", "))
		} else {
			fmt.Fprint(w, "\t\t")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nlook-alike\tseen\tfalse alerts\n")
	for _, k := range slices.Sorted(maps.Keys(e.lookalikes)) {
		fmt.Fprintf(w, "%s\t%d\t%d\n", k, e.lookalikes[k], e.wrong[k])
	}
	fmt.Fprintf(w, "ordinary traffic\t\t%d\n\nrule\tfalse alerts\ta million benign events\n", e.wrong["ordinary traffic"])
	for _, d := range slices.Sorted(maps.Keys(e.byDetector)) {
		fmt.Fprintf(w, "%s\t%d\t%.2f\n", d, e.byDetector[d], float64(e.byDetector[d])/float64(e.benign)*1e6)
	}
	fmt.Fprintf(w, "all\t%d\t%.2f\n", len(e.false), float64(len(e.false))/float64(e.benign)*1e6)
	_ = w.Flush()
	fmt.Fprintf(&b, "\n%d benign events, %d of attacks\n", e.benign, e.attack)
	for _, list := range []struct {
		name  string
		lines []string
	}{{"missed", e.missed}, {"false", e.false}} {
		for _, line := range list.lines {
			fmt.Fprintf(&b, "%s: %s\n", list.name, line)
		}
	}
	return b.String()
}

// seeds reads "101-108".
func seeds(t testing.TB) []uint64 {
	from, to, ok := strings.Cut(*evaluated, "-")
	if !ok {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 64)
	require.NoError(t, err)
	last, err := strconv.ParseUint(to, 10, 64)
	require.NoError(t, err)
	var out []uint64
	for s := first; s <= last; s++ {
		out = append(out, s)
	}
	return out
}

// BenchmarkEvaluate measures how good detection is, not how fast: it prints
// what was found, when, and what was called an attack and is none.
func BenchmarkEvaluate(b *testing.B) {
	for b.Loop() {
		e := newEvaluation()
		for i, seed := range seeds(b) {
			rate := *perSecond
			if rate == 0 {
				rate = []float64{20, 40, 60}[i%3]
			}
			c, paces := outline(seed, rate, time.Duration(*hours)*time.Hour, full, weak, slow)
			e.run(b, c, paces)
			fmt.Printf("seed %d done\n", seed)
		}
		fmt.Println(e)
		b.ReportMetric(float64(len(e.false))/float64(e.benign)*1e6, "false/Mevent")
		b.ReportMetric(float64(len(e.missed)), "missed")
	}
}

// TestEvaluate is a few hours of one seed: what is planted at full strength is
// found within one window, and nothing innocent is called an attack.
func TestEvaluate(t *testing.T) {
	c, paces := outline(109, 10, 5*time.Hour, full)
	e := newEvaluation()
	e.run(t, c, paces)
	assert.Greater(t, e.benign, int64(100_000))
	assert.Empty(t, e.missed)
	assert.Empty(t, e.false)
	for name, o := range e.attacks {
		assert.Equal(t, o.planted, o.prompt, "%s: found after %v", name, o.after)
	}
	if t.Failed() {
		t.Log(e)
	}
}
