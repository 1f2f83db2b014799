package extraction

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// collect is a thief's use of a few hundred answers an hour, without prompts in the
// log.
var collect = use{perHour: 400, jitter: 1, unlogged: true, in: 120, out: 900, spread: 0.4}

// disguised adds what anybody can send: tools, end users and messages.
func disguised(events []schemas.Event) []schemas.Event {
	r := rand.New(rand.NewPCG(7, 7))
	return each(events, func(_ int, ev *schemas.Event) {
		ev.Tools, ev.Messages, ev.Known = 6, int32(3+2*r.IntN(5)), ev.Known|schemas.HasMessages|schemas.HasTools
		ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(60))
	})
}

// converse makes every event one of a conversation that goes on: its input has all that
// was said before.
func converse(events []schemas.Event, turns int) []schemas.Event {
	var said int64
	return each(events, func(i int, ev *schemas.Event) {
		turn := i % turns
		if turn == 0 {
			said = 0
		}
		own := ev.InputTokens
		ev.InputTokens += said
		ev.Messages, ev.Known = int32(1+2*turn), ev.Known|schemas.HasMessages
		said += own + ev.OutputTokens
	})
}

// TestEvasions wants what attackers do to hide to cost them more than settings, and
// the evidence that costs something to acquit.
func TestEvasions(t *testing.T) {
	slow := collect
	slow.perHour = 17
	burst := collect
	burst.perHour = 2500
	stops := slices.Concat(at(3, collect).events(3, "h1:k1:x"), use{perHour: 400, jitter: 1, from: 86, until: 89, unlogged: true, in: 120, out: 900, spread: 0.4}.events(4, "h1:k1:x"))
	office := use{perHour: 60, jitter: 1, diurnal: true, from: 72, until: 96, unlogged: true, in: 120, out: 900, spread: 0.4}
	little := use{perHour: 3, jitter: 1, from: 0, until: 100, unlogged: true, in: 500, out: 220}
	pivot := each(at(6, collect).events(6, "h1:k1:x"), func(_ int, ev *schemas.Event) { ev.Model = "gpt-5" })
	for name, c := range map[string]struct {
		events []schemas.Event
		// most is how many of its calls may be made before it is found, 0 for never.
		most int
	}{
		"400 an hour":          {at(6, collect).events(1, "h1:k1:x"), 1500},
		"disguised":            {disguised(at(8, collect).events(1, "h1:k1:x")), 2000},
		"400 a day":            {at(48, slow).events(2, "h1:k1:x"), 800},
		"a burst":              {at(3, burst).events(2, "h1:k1:x"), 1000},
		"starts and stops":     {stops, 1500},
		"the hours of people":  {office.events(5, "h1:k1:x"), 800},
		"a key with a past":    {slices.Concat(little.events(6, "h1:k1:x"), at(6, collect).events(6, "h1:k1:x")), 2100},
		"to a new model":       {slices.Concat(little.events(6, "h1:k1:x"), pivot), 1700},
		"a new chat":           {converse(at(12, use{perHour: 300, jitter: 1, unlogged: true, in: 120, out: 600, spread: 0.4}).events(7, "h1:k1:x"), 8), 0},
		"a new retrieval":      {at(24, use{perHour: 300, jitter: 1, unlogged: true, in: 2200, out: 210}).events(8, "h1:k1:x"), 0},
		"a new enrichment":     {at(5, use{perHour: 6000, jitter: 0.3, unlogged: true, in: 600, out: 120}).events(8, "h1:k1:x"), 0},
		"a new summary":        {at(24, use{perHour: 80, jitter: 1, unlogged: true, in: 2600, out: 220}).events(8, "h1:k1:x"), 0},
		"a new classification": {at(24, use{perHour: 900, jitter: 1, unlogged: true, in: 500, out: 6}).events(8, "h1:k1:x"), 0},
		"always wrote texts": {use{perHour: 40, jitter: 1, diurnal: true, from: 0, until: 100, unlogged: true, in: 250, out: 900}.
			events(9, "h1:k1:x"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			found := newcomer(t, c.events)
			if c.most == 0 {
				if len(found) > 0 {
					tell(t, found)
					t.Errorf("%d findings, want none", len(found))
				}
				return
			}
			if len(found) == 0 {
				t.Fatal("not found")
			}
			taken := 0
			for i := range c.events {
				if c.events[i].Time <= found[0].Detected.UnixNano() {
					taken++
				}
			}
			t.Logf("%s after %d calls", found[0].Detector, taken)
			if taken > c.most {
				t.Errorf("found after %d calls, want %d at most", taken, c.most)
			}
		})
	}
}

// TestConversation wants messages alone to be worth nothing, and inputs that grow
// with them to be worth much.
func TestConversation(t *testing.T) {
	weigh := func(events []schemas.Event) (grown, total float64) {
		var s State
		x := noWindow
		x.WindowStart, x.Window = detectortest.At(0), time.Hour
		for i := range events {
			s.open[0].observe(&x, &s, &events[i])
		}
		p := s.open[0].profile()
		var e sum
		e.conversation(&p)
		return p.grown, e.Total
	}
	base := use{perHour: 900, jitter: 1, from: 0, until: 0.9, unlogged: true, in: 120, out: 600}
	if grown, total := weigh(disguised(base.events(1, "h1:k1:x"))); grown > 0.1 || math.Abs(total) > 0.1 {
		t.Errorf("messages at will: grown %v, weight %v; want neither", grown, total)
	}
	if grown, total := weigh(converse(base.events(1, "h1:k1:x"), 6)); grown < 0.5 || total > -1.5 {
		t.Errorf("a conversation: grown %v, weight %v; want it to acquit", grown, total)
	}
	quiet := converse(base.events(1, "h1:k1:x"), 6)
	each(quiet, func(_ int, ev *schemas.Event) { ev.Messages, ev.Known = 0, ev.Known&^schemas.HasMessages })
	if grown, total := weigh(quiet); grown < 0.5 || total > -1.5 {
		t.Errorf("a conversation without its messages in the log: grown %v, weight %v; want it to acquit", grown, total)
	}
	if grown, _ := weigh(base.events(1, "h1:k1:x")); grown > 0.05 {
		t.Errorf("single turns: grown %v, want none", grown)
	}
}

// TestPast wants the past to lag, to be unbiased, and to fade.
func TestPast(t *testing.T) {
	var d day
	var p past
	step := func(hours int, calls uint32) {
		for range hours {
			h := hour{calls: calls}
			n := int64(d.age)
			p.lag(&d, n)
			d.add(&h, n)
			p.add(&d, 1)
		}
	}
	step(72, 10)
	if got := p.daily(); got < 220 || got > 260 {
		t.Errorf("10 calls an hour are %.0f a day, want 240", got)
	}
	step(3, 1000)
	if got := p.daily(); got > 500 {
		t.Errorf("after three hours of 1,000 the past has %.0f a day, want it to lag", got)
	}
	step(1000, 0)
	if got := p.daily(); got > 10 {
		t.Errorf("after six weeks of nothing the past has %.0f a day, want none", got)
	}
}

// TestModest: of a writer who is new and busy nothing is said; of who calls as often
// and never sleeps, it is.
func TestModest(t *testing.T) {
	writer := at(30, use{perHour: 30, diurnal: true, jitter: 1, in: 120, out: 900, unlogged: true})
	sleepless := at(30, use{perHour: 16, jitter: 1, in: 120, out: 900, unlogged: true})
	for name, c := range map[string]struct {
		use  use
		told bool
	}{"a writer": {writer, false}, "sleepless": {sleepless, true}} {
		found := detectortest.Of(newcomer(t, c.use.events(5, "h1:k1:x")), "extraction.sustained")
		if told := len(found) > 0; told != c.told {
			tell(t, found)
			t.Errorf("%s: told is %v", name, told)
		}
	}
}
