package extraction

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// use is how a principal uses a model. Zero shares are never, zero sizes are
// not logged.
type use struct {
	// perHour is the mean rate; jitter is 1 for a Poisson process and 0 for a
	// clock; diurnal follows the working day.
	perHour, jitter float64
	diurnal         bool
	// from, until bound the use in hours; daily repeats it every day within
	// these hours of the day, for days.
	from, until float64
	daily       int
	// prompts is how many different prompts there are, 0 for always new ones;
	// templates how many templates, 0 for none that repeat.
	prompts, templates int
	unlogged           bool // no prompt and no parameters in the log
	tokenless          bool // no tokens either
	in, out, spread    float64
	maxTokens          int32
	multi              float64 // share of calls in a conversation
	tools              bool
	users              int
	logprobs           bool
	biases             int // number of different logit biases
	choices            int32
	status             uint16
}

// events renders a use by one principal.
func (u use) events(seed uint64, principal string) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 3))
	if u.spread == 0 {
		u.spread = 0.5
	}
	var out []schemas.Event
	for day := range max(u.daily, 1) {
		n := 0
		for at := u.from; at < u.until; {
			rate := u.perHour
			if u.diurnal {
				h := math.Mod(at, 24)
				rate *= 0.05 + 1.6*math.Exp(-math.Pow((h-14)/4.5, 2))
			}
			at += ((1 - u.jitter) + u.jitter*r.ExpFloat64()) / rate
			out = append(out, u.event(r, time.Duration((at+24*float64(day))*float64(time.Hour)), n, principal))
			n++
		}
	}
	return out
}

func (u use) event(r *rand.Rand, at time.Duration, n int, principal string) schemas.Event {
	return detectortest.Event(at, func(ev *schemas.Event) {
		ev.Principal, ev.Operation, ev.Model = principal, "chat", "gpt-4o"
		if u.status != 0 {
			ev.Status = u.status
		}
		in, out := lognormal(r, u.in, u.spread), lognormal(r, u.out, u.spread)
		if u.maxTokens > 0 {
			out = min(out, int64(u.maxTokens))
		}
		ev.RequestBytes, ev.ResponseBytes = 400+in*4, 500+out*5
		ev.Known |= schemas.HasRequestBytes | schemas.HasResponseBytes
		if u.tokenless {
			return
		}
		ev.InputTokens, ev.OutputTokens = in, out
		ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens
		if u.unlogged {
			return
		}
		u.parameters(r, ev, n)
	})
}

func (u use) parameters(r *rand.Rand, ev *schemas.Event, n int) {
	ev.Known |= schemas.HasMessages | schemas.HasPrompt | schemas.HasLogprobs | schemas.HasTopLogprobs | schemas.HasLogitBias
	ev.MaxTokens, ev.Messages, ev.Choices = u.maxTokens, 1, u.choices
	if r.Float64() < u.multi {
		ev.Messages = int32(3 + 2*r.IntN(5))
	}
	ev.PromptFingerprint = r.Uint64() | 1
	if u.prompts > 0 {
		ev.PromptFingerprint = uint64(1 + n%u.prompts)
	}
	ev.TemplateFingerprint = r.Uint64() | 1
	if u.templates > 0 {
		ev.TemplateFingerprint = uint64(1 + r.IntN(u.templates))
	}
	if u.tools {
		ev.Tools = 6
	}
	if u.users > 0 {
		ev.EndUser = fmt.Sprintf("h1:k1:user%08d", r.IntN(u.users))
	}
	if u.logprobs {
		ev.Logprobs, ev.TopLogprobs = true, 5
	}
	if u.biases > 0 {
		ev.LogitBias = int32(1 + n%u.biases)
	}
}

func lognormal(r *rand.Rand, median, sigma float64) int64 {
	if median <= 1 {
		return int64(median)
	}
	return 1 + int64(median*math.Exp(sigma*r.NormFloat64()))
}

// seeds returns n seeds, or one with -short: nothing here runs side by side, so the
// race detector, ten times slower, has little to find.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return 1
	}
	return n
}

func run(t testing.TB, events []schemas.Event) []schemas.Finding {
	t.Helper()
	return detectortest.Run(t, events, detectortest.Fresh(t, Watchers, DefaultConfig())()...)
}

func tell(t testing.TB, found []schemas.Finding) {
	for _, f := range found {
		t.Logf("%s (at %s) %s %s %.2f %s: %s", f.WindowStart.Format("02 15:04"), f.Detected.Format("15:04:05"), f.Detector, f.Severity, f.Confidence, f.Entity.Name, f.Summary)
		for _, x := range f.Features {
			t.Logf("    %.2f %s: %s", x.Weight, x.Name, x.Text)
		}
	}
}

type finding = schemas.Finding
