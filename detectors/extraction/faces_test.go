package extraction

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// newcomer returns the findings on a principal that comes to a gateway on its
// fourth day, where others were seen before; the events begin at hour 72.
func newcomer(t *testing.T, events []schemas.Event) []schemas.Finding {
	t.Helper()
	others := slices.Concat(
		use{perHour: 80, jitter: 1, from: 0, until: 100, in: 420, out: 250, multi: 0.7, unlogged: true}.events(9, "h1:k1:honest"),
		use{perHour: 40, jitter: 1, from: 0, until: 100, in: 1400, out: 200, unlogged: true}.events(10, "h1:k1:reader"),
	)
	found := run(t, slices.Concat(events, others))
	detectortest.Readable(t, found)
	return slices.DeleteFunc(found, func(f finding) bool { return f.Entity.Name == "h1:k1:honest" || f.Entity.Name == "h1:k1:reader" })
}

// each changes every event.
func each(events []schemas.Event, change func(i int, ev *schemas.Event)) []schemas.Event {
	for i := range events {
		change(i, &events[i])
	}
	return events
}

// at moves a use to the fourth day for some hours.
func at(hours float64, u use) use {
	u.from, u.until = 72, 72+hours
	return u
}

// TestFaces wants each of the other faces found, and what is like it or just below
// it not.
func TestFaces(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	reasoning := func(share float64) func(int, *schemas.Event) {
		return func(_ int, ev *schemas.Event) {
			if r.Float64() < share {
				ev.PromptSignals = schemas.SignalReasoning
			}
		}
	}
	// near gives prompts that differ from one another in few bits.
	near := func(flips int, logprobs bool) func(int, *schemas.Event) {
		return func(_ int, ev *schemas.Event) {
			ev.PromptSimHash = 0x5a17c0ffee15900d
			for range flips {
				ev.PromptSimHash ^= 1 << r.IntN(64)
			}
			ev.Logprobs = logprobs
		}
	}
	embedding := func(length int64, spread float64, distinct int) func(int, *schemas.Event) {
		return func(i int, ev *schemas.Event) {
			ev.Operation, ev.Route = "embeddings", "/v1/embeddings"
			ev.InputTokens, ev.OutputTokens = lognormal(r, float64(length), spread), 0
			if ev.PromptFingerprint = uint64(i) + 1; distinct > 0 {
				ev.PromptFingerprint = uint64(r.IntN(distinct)) + 1
			}
		}
	}
	batches := func(size int64) func(int, *schemas.Event) {
		return func(i int, ev *schemas.Event) {
			ev.Operation, ev.Model, ev.Route, ev.RequestBytes = "", "", "/v1/files", size
			if i%2 > 0 {
				ev.Route, ev.RequestBytes = "/v1/batches", 300
			}
		}
	}
	for name, c := range map[string]struct {
		rule   string // "" wants none
		events []schemas.Event
	}{
		"reasoning":                  {"extraction.reasoning", each(at(3, use{perHour: 200, jitter: 1, in: 150, out: 900}).events(1, "h1:k1:x"), reasoning(0.8))},
		"reasoning, a few":           {"", each(at(2, use{perHour: 60, jitter: 1, in: 150, out: 400}).events(1, "h1:k1:x"), reasoning(0.3))},
		"a course on reasoning":      {"", each(at(5, use{perHour: 400, jitter: 1, in: 400, out: 200, multi: 0.8, prompts: 30, users: 60}).events(1, "h1:k1:x"), reasoning(0.5))},
		"membership":                 {"extraction.membership", each(at(2, use{perHour: 900, jitter: 1, in: 150, out: 60, spread: 0.03}).events(2, "h1:k1:x"), near(3, true))},
		"membership, metadata only":  {"extraction.membership", at(2, use{perHour: 900, jitter: 1, in: 150, out: 60, spread: 0.04, unlogged: true}).events(2, "h1:k1:x")},
		"variants, answers at will":  {"", each(at(2, use{perHour: 900, jitter: 1, in: 150, out: 60, spread: 0.5}).events(2, "h1:k1:x"), near(3, false))},
		"a load test of one input":   {"", at(2, use{perHour: 2000, jitter: 1, in: 150, out: 60, spread: 0.00001, unlogged: true}).events(2, "h1:k1:x")},
		"membership, too few":        {"", each(at(2, use{perHour: 400, jitter: 1, in: 150, out: 60, spread: 0.03}).events(2, "h1:k1:x"), near(3, true))},
		"a parameter sweep":          {"extraction.logits", each(at(2, use{perHour: 1200, jitter: 1, in: 40, out: 1, spread: 0.02, prompts: 2}).events(3, "h1:k1:x"), sweep)},
		"one token, metadata only":   {"extraction.logits", at(9, use{perHour: 1500, jitter: 1, in: 8, out: 1, spread: 0.06, unlogged: true}).events(3, "h1:k1:x")},
		"one token, a load test":     {"", at(2.5, use{perHour: 1500, jitter: 1, in: 8, out: 1, spread: 0.06, unlogged: true}).events(3, "h1:k1:x")},
		"one token, a monitor":       {"", at(24, use{perHour: 240, jitter: 0.1, in: 8, out: 1, spread: 0.00001, unlogged: true}).events(3, "h1:k1:x")},
		"one token, a classifier":    {"", at(24, use{perHour: 1500, jitter: 1, in: 300, out: 1, spread: 0.5, unlogged: true}).events(3, "h1:k1:x")},
		"one answer, several wanted": {"", each(at(2, use{perHour: 1200, jitter: 1, in: 300, out: 200, multi: 0.3}).events(3, "h1:k1:x"), sweepOfAnswers)},
		"embeddings":                 {"extraction.embeddings", each(at(24, use{perHour: 2500, jitter: 1, in: 15, out: 2}).events(4, "h1:k1:x"), embedding(15, 0.35, 0))},
		"embeddings, too few":        {"", each(at(24, use{perHour: 600, jitter: 1, in: 15, out: 2}).events(4, "h1:k1:x"), embedding(15, 0.35, 0))},
		"documents are indexed":      {"", each(at(12, use{perHour: 4000, jitter: 0.3, in: 15, out: 2}).events(4, "h1:k1:x"), embedding(400, 0.4, 0))},
		"a search":                   {"", each(at(24, use{perHour: 2000, jitter: 1, in: 15, out: 2}).events(4, "h1:k1:x"), embedding(12, 0.6, 9000))},
		"batches":                    {"extraction.batch", each(at(24, use{perHour: 1.5, jitter: 0.5, in: 15, out: 2}).events(5, "h1:k1:x"), batches(40_000_000))},
		"batches, two a day":         {"", each(at(24, use{perHour: 0.16, jitter: 0.1, in: 15, out: 2}).events(5, "h1:k1:x"), batches(40_000_000))},
		"small files":                {"", each(at(24, use{perHour: 6, jitter: 1, in: 15, out: 2}).events(5, "h1:k1:x"), func(_ int, ev *schemas.Event) { ev.Operation, ev.Route, ev.RequestBytes = "", "/v1/files", 90_000 })},
	} {
		t.Run(name, func(t *testing.T) {
			found := newcomer(t, c.events)
			ok := len(found) == 0
			if c.rule != "" {
				ok = slices.Contains(detectortest.Rules(found), c.rule)
			}
			if !ok {
				tell(t, found)
				t.Errorf("found %v, want %q", detectortest.Rules(found), c.rule)
			}
		})
	}
}

// sweep varies the parameters of one-token answers.
func sweep(i int, ev *schemas.Event) {
	ev.Known |= schemas.HasTemperature
	ev.Temperature, ev.Choices, ev.MaxTokens = []float32{0, 1, 2}[i%3], []int32{1, 4, 8}[i/3%3], 1
	if ev.TopLogprobs = []int32{0, 5, 20}[i/9%3]; ev.TopLogprobs > 0 {
		ev.Logprobs = true
	}
	ev.OutputTokens = int64(ev.Choices)
}

// sweepOfAnswers asks for some choices of long answers, as a playground does.
func sweepOfAnswers(i int, ev *schemas.Event) {
	ev.Known |= schemas.HasTemperature
	ev.Temperature, ev.Choices = []float32{0, 0.7}[i%2], []int32{1, 2}[i%2]
}

// TestBatchesBefore wants that who has batches every day is not told.
func TestBatchesBefore(t *testing.T) {
	var events []schemas.Event
	for day := range 5 {
		for i := range 20 {
			events = append(events, detectortest.Event(time.Duration(24*day)*time.Hour+time.Duration(i)*time.Hour, func(ev *schemas.Event) {
				ev.Route, ev.RequestBytes = []string{"/v1/files", "/v1/batches"}[i%2], 30_000_000
			}))
		}
	}
	if found := run(t, events); len(found) > 0 {
		tell(t, found)
		t.Errorf("%d findings, want none", len(found))
	}
}

// shared gives the calls of a use to n keys of a tenant, the k-th by the share of
// its weight.
func shared(events []schemas.Event, n int, weight func(k int) float64) []schemas.Event {
	r := rand.New(rand.NewPCG(6, 6))
	var total float64
	for k := range n {
		total += weight(k)
	}
	return each(events, func(_ int, ev *schemas.Event) {
		x, k := r.Float64()*total, 0
		for ; k < n-1; k++ {
			if x -= weight(k); x < 0 {
				break
			}
		}
		ev.Tenant = "org-1"
		ev.Principal = "h1:k1:key" + string(rune('a'+k/26)) + string(rune('a'+k%26))
	})
}

// TestTenant wants keys of one tenant that share a harvest told, and not people, nor
// a bulk job with short answers.
func TestTenant(t *testing.T) {
	harvest := at(24, use{perHour: 200, jitter: 1, unlogged: true, in: 120, out: 900, spread: 0.4})
	even := func(int) float64 { return 1 }
	people := func(k int) float64 { return 1 / float64(1+k) }
	enrich := harvest
	enrich.in, enrich.out = 600, 110
	few := harvest
	few.perHour = 30
	for name, c := range map[string]struct {
		events []schemas.Event
		want   bool
	}{
		"thirty keys, equal shares": {shared(harvest.events(1, ""), 30, even), true},
		"five keys":                 {shared(harvest.events(1, ""), 5, even), false},
		"people of a company":       {shared(harvest.events(1, ""), 40, people), false},
		"an enrichment":             {shared(enrich.events(1, ""), 30, even), false},
		"too few calls":             {shared(few.events(1, ""), 30, even), false},
	} {
		t.Run(name, func(t *testing.T) {
			found := detectortest.Of(newcomer(t, c.events), "extraction.tenant")
			for _, f := range found {
				if f.Severity > schemas.SeverityLow {
					t.Errorf("%s: a tenant that shares work is %s, want low at most", f.Title, f.Severity)
				}
			}
			if got := len(found) == 1; got != c.want {
				tell(t, found)
				t.Errorf("%d findings, want it told: %v", len(found), c.want)
			}
		})
	}
}
