package profile

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// start is a Monday at midnight UTC.
var start = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// life drives a state through windows of an hour as the engine does.
type life struct {
	x *detectors.Context
	s State
	p Profile
	// ok is what Profile said at the end of the last window.
	ok, kept bool
	hour     int64
}

func newLife() *life {
	l := &life{x: detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})}
	l.x.Window = time.Hour
	return l
}

// call returns a successful call at offset after start.
func call(offset time.Duration, changes ...func(*schemas.Event)) *schemas.Event {
	ev := &schemas.Event{
		Time: start.Add(offset).UnixNano(), Known: schemas.HasStatus | schemas.HasInputTokens | schemas.HasOutputTokens,
		Status: 200, Auth: schemas.AuthSuccess, Principal: "h1:k1:someone", Operation: "chat", Provider: "openai", Model: "gpt-4o",
		InputTokens: 100, OutputTokens: 300, Route: "/v1/chat/completions", UserAgent: "OpenAI/Python 1.40",
		ClientAddr: netip.MustParseAddr("198.51.100.7"), ASN: 64500, Country: "DE", Tenant: "acme",
	}
	for _, change := range changes {
		change(ev)
	}
	return ev
}

// see closes windows until that of the event, and observes it.
func (l *life) see(ev *schemas.Event) {
	for h := (ev.Time - start.UnixNano()) / int64(time.Hour); l.hour < h; {
		l.close()
	}
	l.x.WindowStart, l.x.Now = start.UnixNano()+l.hour*int64(time.Hour), ev.Time
	l.x.Slot = int(l.hour & 1)
	l.s.Observe(l.x, ev)
}

// close ends the open window.
func (l *life) close() {
	l.x.WindowStart = start.UnixNano() + l.hour*int64(time.Hour)
	l.x.Slot, l.x.Now = int(l.hour&1), l.x.WindowStart+int64(time.Hour)
	l.p = Profile{}
	l.ok = l.s.Profile(l.x, &l.p)
	l.kept = l.s.Close(l.x)
	l.hour++
}

// until closes windows until the hour is over.
func (l *life) until(hour int64) {
	for l.hour < hour {
		l.close()
	}
}

func minutes(offset time.Duration) uint32 { return uint32(start.Add(offset).Unix() / 60) }

func TestSums(t *testing.T) {
	l := newLife()
	for i := range 60 {
		l.see(call(time.Duration(i)*time.Hour+30*time.Minute, func(ev *schemas.Event) { ev.OutputTokens = int64(i) }))
	}
	l.see(call(60*time.Hour, func(ev *schemas.Event) { ev.Status = 500 }))
	l.close()
	p := &l.p
	if !l.ok || !l.kept {
		t.Fatalf("worth comparing %v, keeping %v", l.ok, l.kept)
	}
	if p.Calls != 60 || p.Day != 23 || p.Now != 0 || p.Input != 6000 || p.Output != 59*60/2 {
		t.Errorf("calls %v, of a day %v, of the window %v, input %v, output %v", p.Calls, p.Day, p.Now, p.Input, p.Output)
	}
	if p.First != minutes(30*time.Minute) || p.Last != minutes(59*time.Hour+30*time.Minute) {
		t.Errorf("first %v, last %v", p.First, p.Last)
	}
	if p.Days != [8]uint16{12, 24, 24} {
		t.Errorf("days %v", p.Days)
	}
	if p.Failed == 0 || p.Failed > 10 {
		t.Errorf("failed %d of 254, want some", p.Failed)
	}
}

func TestDayEndsAtMidnight(t *testing.T) {
	l := newLife()
	l.see(call(23*time.Hour + 59*time.Minute))
	// The next day begins while the window is still open.
	next := call(24*time.Hour + time.Second)
	l.x.Slot, l.x.WindowStart = 0, start.Add(24*time.Hour).UnixNano()
	l.s.Observe(l.x, next)
	for range 3 {
		l.see(call(23*time.Hour + 59*time.Minute))
	}
	l.close()
	if l.p.Days != [8]uint16{4} || l.p.Now != 4 || l.p.Calls != 5 {
		t.Errorf("days %v, now %v, calls %v", l.p.Days, l.p.Now, l.p.Calls)
	}
	l.close()
	if l.p.Days != [8]uint16{1, 4} || l.p.Now != 1 || l.p.Day != 5 {
		t.Errorf("days %v, now %v, a day %v", l.p.Days, l.p.Now, l.p.Day)
	}
}

func TestProfileChangesNothing(t *testing.T) {
	a, b := newLife(), newLife()
	for i := range 500 {
		ev := call(time.Duration(i) * 11 * time.Minute)
		a.see(ev)
		b.see(ev)
	}
	var p Profile
	b.x.WindowStart = start.UnixNano() + b.hour*int64(time.Hour)
	b.s.Profile(b.x, &p)
	a.close()
	b.close()
	if a.s != b.s || a.p != b.p || a.p != p {
		t.Error("a profile that was asked for twice differs from one that was asked for once")
	}
}

func TestFades(t *testing.T) {
	l := newLife()
	for i := range 200 {
		l.see(call(time.Duration(i) * time.Minute))
	}
	l.until(4)
	if l.p.Measured != 200 || l.p.Inputs[Bin(100)] != 254 {
		t.Fatalf("measured %v, inputs %v", l.p.Measured, l.p.Inputs)
	}
	l.until(4 + 3*24)
	if l.p.Measured < 95 || l.p.Measured > 101 || l.p.Calls != 200 || l.p.Day != 0 {
		t.Errorf("after three days measured %v of %v calls, %v of them of the last day", l.p.Measured, l.p.Calls, l.p.Day)
	}
	for i := range 200 {
		l.see(call(76*time.Hour+time.Duration(i)*time.Minute, func(ev *schemas.Event) { ev.InputTokens = 5000 }))
	}
	l.close()
	if old := l.p.Inputs[Bin(100)]; old < 78 || old > 90 {
		t.Errorf("of the inputs %d/254 are of three days ago, want a third", old)
	}
	l.until(76 + 9*24)
	if l.ok || !l.kept {
		t.Errorf("eight days after the last call: worth comparing %v, keeping %v; want only the latter", l.ok, l.kept)
	}
	l.until(76 + 16*24)
	if l.kept {
		t.Error("kept for more than two weeks after the last call")
	}
}

func TestBusyDoesNotOverflow(t *testing.T) {
	l := newLife()
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 300_000 {
		l.see(call(time.Duration(i)*200*time.Millisecond, func(ev *schemas.Event) {
			ev.InputTokens, ev.OutputTokens = math.MaxInt64, math.MaxInt64
			if r.IntN(4) == 0 {
				ev.InputTokens, ev.OutputTokens = math.MinInt64, -1
			}
			if r.IntN(10) == 0 {
				ev.Status = 429
			}
		}))
	}
	l.close()
	p := &l.p
	if p.Calls < 260_000 || p.Calls > 280_000 || p.Measured < 1000 || p.Measured > 4096 {
		t.Errorf("calls %v, measured %v", p.Calls, p.Measured)
	}
	if got := float64(p.Inputs[Bins-1]) / 254; math.Abs(got-0.75) > 0.05 {
		t.Errorf("share of long inputs is %v, want 0.75", got)
	}
	if got := float64(p.Failed) / 254; math.Abs(got-0.1) > 0.03 {
		t.Errorf("share of failures is %v, want 0.1", got)
	}
	if !(p.Input > 0) || math.IsInf(float64(p.Input), 0) || p.Input > math.MaxInt64 {
		t.Errorf("input is %v", p.Input)
	}
	for i, n := range l.s.counts {
		if i >= all && n > max(l.s.counts[all], l.s.counts[voted]) {
			t.Errorf("counter %d is %d of %d", i, n, l.s.counts[all])
		}
	}
}

func TestLengths(t *testing.T) {
	tokens := func(ev *schemas.Event) {}
	bytes := func(ev *schemas.Event) {
		ev.Known, ev.InputTokens, ev.OutputTokens = schemas.HasStatus, 0, 0
		ev.RequestBytes, ev.ResponseBytes = 4000, 8000
	}
	prompt := func(ev *schemas.Event) {
		ev.Known, ev.InputTokens, ev.OutputTokens, ev.PromptLength = schemas.HasStatus, 0, 0, 400
	}
	nothing := func(ev *schemas.Event) { ev.Known, ev.InputTokens, ev.OutputTokens = schemas.HasStatus, 0, 0 }
	for name, c := range map[string]struct {
		calls    []func(*schemas.Event)
		bytes    bool
		in, out  int
		measured float32
	}{
		"tokens":             {[]func(*schemas.Event){tokens, tokens}, false, Bin(100), Bin(300), 8},
		"bytes":              {[]func(*schemas.Event){bytes, bytes}, true, Bin(1000), Bin(2000), 8},
		"prompt":             {[]func(*schemas.Event){prompt, prompt}, true, Bin(100), -1, 8},
		"nothing":            {[]func(*schemas.Event){nothing, nothing}, false, -1, -1, 0},
		"bytes, then tokens": {[]func(*schemas.Event){bytes, tokens}, false, Bin(100), Bin(300), 4},
		"tokens, then bytes": {[]func(*schemas.Event){tokens, bytes}, false, Bin(100), Bin(300), 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife()
			for i := range 8 {
				l.see(call(time.Duration(i)*time.Minute, c.calls[i/4]))
			}
			l.close()
			if l.p.Bytes != c.bytes || l.p.Measured != c.measured {
				t.Errorf("bytes %v, measured %v", l.p.Bytes, l.p.Measured)
			}
			for bin := range Bins {
				if want := uint8(254); l.p.Inputs[bin] != 0 && (bin != c.in || l.p.Inputs[bin] != want) {
					t.Errorf("inputs %v", l.p.Inputs)
				}
				if want := uint8(254); l.p.Outputs[bin] != 0 && (bin != c.out || l.p.Outputs[bin] != want) {
					t.Errorf("outputs %v", l.p.Outputs)
				}
			}
			if c.in >= 0 && l.p.Inputs[c.in] != 254 || c.out >= 0 && l.p.Outputs[c.out] != 254 {
				t.Errorf("nothing in bins %d, %d: %v, %v", c.in, c.out, l.p.Inputs, l.p.Outputs)
			}
		})
	}
}

func TestBin(t *testing.T) {
	for _, c := range []struct {
		tokens int64
		bin    int
	}{
		{math.MinInt64, 0}, {-1, 0}, {0, 0}, {7, 0}, {8, 1}, {10, 1}, {11, 2}, {12, 2}, {13, 3}, {15, 3}, {16, 4},
		{8191, 30}, {8192, 31}, {1 << 40, 31}, {math.MaxInt64, 31},
	} {
		if got := Bin(c.tokens); got != c.bin {
			t.Errorf("Bin(%d) = %d, want %d", c.tokens, got, c.bin)
		}
	}
	for bin := 1; bin < Bins; bin++ {
		least := Least(bin)
		if got := Bin(int64(math.Ceil(least + 1e-9))); got != bin {
			t.Errorf("Bin(%v) = %d, want %d", math.Ceil(least), got, bin)
		}
		if below := int64(math.Ceil(least-1e-9)) - 1; Bin(below) >= bin {
			t.Errorf("Bin(%d) = %d, want less than %d", below, Bin(below), bin)
		}
	}
}

func TestScatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		next     func(at time.Duration) time.Duration
		from, to float32
	}{
		"clock": {func(at time.Duration) time.Duration { return at + 10*time.Minute }, 0, 0.3},
		"independent": {func(at time.Duration) time.Duration {
			return at + time.Duration(r.ExpFloat64()*float64(10*time.Minute))
		}, 0.85, 1.15},
		"few an hour": {func(at time.Duration) time.Duration {
			return at + time.Duration(r.ExpFloat64()*float64(45*time.Minute))
		}, 0.75, 1.25},
		"people": {func(at time.Duration) time.Duration {
			if r.IntN(8) == 0 {
				return at + time.Hour
			}
			return at + time.Minute
		}, 1.5, 100},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife()
			for at := time.Minute; at < 96*time.Hour; at = c.next(at) {
				l.see(call(at))
			}
			l.close()
			if l.p.Scatter < c.from || l.p.Scatter > c.to {
				t.Errorf("scatter is %v, want %v to %v", l.p.Scatter, c.from, c.to)
			}
		})
	}
	l := newLife()
	for i := range 10 {
		l.see(call(time.Duration(i) * time.Minute))
	}
	l.close()
	if l.p.Scatter != -1 {
		t.Errorf("the scatter of ten calls is %v, want not known", l.p.Scatter)
	}
}

// TestScatterOfANewcomer: who begins within an hour does not pause before.
func TestScatterOfANewcomer(t *testing.T) {
	r, sum := rand.New(rand.NewPCG(1, 2)), float32(0)
	const callers = 40
	for range callers {
		l := newLife()
		for at := 35 * time.Minute; at < 4*time.Hour; at += time.Duration(r.ExpFloat64() * float64(time.Minute)) {
			l.see(call(at))
		}
		l.close()
		sum += l.p.Scatter
	}
	if mean := sum / callers; mean < 0.8 || mean > 1.2 {
		t.Errorf("the scatter of newcomers with independent calls is %v on average, want about 1", mean)
	}
}

func TestHoursAndSessions(t *testing.T) {
	l := newLife()
	for day := range 3 {
		for i := range 30 {
			at := time.Duration(day)*24*time.Hour + 9*time.Hour + time.Duration(i/3)*10*time.Minute + time.Duration(i%3)*time.Minute
			l.see(call(at))
		}
	}
	l.close()
	if l.p.Hours[9] < 140 || l.p.Hours[10] < 90 || l.p.Hours[9]+l.p.Hours[10] < 250 {
		t.Errorf("hours %v", l.p.Hours)
	}
	if got := float64(l.p.Sessions) / 254; math.Abs(got-2./3) > 0.02 {
		t.Errorf("share within sessions is %v, want two thirds", got)
	}
}

func TestSize(t *testing.T) {
	t.Logf("state %d bytes, profile %d", unsafe.Sizeof(State{}), unsafe.Sizeof(Profile{}))
	if n := unsafe.Sizeof(State{}); n > 640 {
		t.Errorf("a state takes %d bytes, want at most 640", n)
	}
	if n := unsafe.Sizeof(Profile{}); n > detectors.MaxProfileSize {
		t.Errorf("a profile takes %d bytes, want at most %d", n, detectors.MaxProfileSize)
	}
}
