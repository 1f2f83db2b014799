package score

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

const loud = Threshold

// TestFamilies wants most planted minutes of every family at hardly a false
// alarm. What is missed are minutes that the series reaches by itself at other
// times of the day.
func TestFamilies(t *testing.T) {
	var all outcome
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			o := f.runs(loud, func() func(int64, float64) float64 { return new(Stream).Score })
			t.Logf("%d of %d planted, %d of %d wrong", o.hit, o.planted, o.wrong, o.honest)
			if float64(o.hit) < 0.7*float64(o.planted) {
				t.Errorf("%d of %d planted minutes were found, want seven in ten", o.hit, o.planted)
			}
			if float64(o.wrong) > 0.0002*float64(o.honest) {
				t.Errorf("%d of %d honest minutes are false alarms, want two in 10,000", o.wrong, o.honest)
			}
			all.sum(o)
		})
	}
	// The plain floor, at the threshold at which it is as quiet.
	var plain outcome
	threshold := 3.0
	for ; ; threshold *= 1.1 {
		plain = outcome{}
		for _, f := range families {
			plain.sum(f.runs(threshold, ewma))
		}
		if plain.wrong <= all.wrong {
			break
		}
	}
	t.Logf("stream: %d of %d planted, %d of %d wrong; plain at z=%.1f: %d, %d",
		all.hit, all.planted, all.wrong, all.honest, threshold, plain.hit, plain.wrong)
	if all.hit < plain.hit+all.planted/20 {
		t.Errorf("%d minutes were found, the plain floor finds %d: want a twentieth more", all.hit, plain.hit)
	}
}

func (o *outcome) sum(p outcome) {
	o.planted, o.hit, o.honest, o.wrong = o.planted+p.planted, o.hit+p.hit, o.honest+p.honest, o.wrong+p.wrong
}

func minute(i int) int64 { return int64(1_767_571_200+60*i) * int64(time.Second) }

func TestZeroIsEmpty(t *testing.T) {
	var s Stream
	if v := s.Add(minute(0), 1e6); v != (Verdict{}) {
		t.Errorf("the first value has the verdict %+v, want none", v)
	}
	for i := 1; i < warmUp; i++ {
		if score := s.Score(minute(i), float64(i%2)*1e6); score != 0 {
			t.Errorf("value %d scores %v while little is known, want 0", i, score)
		}
	}
}

func TestLevelShift(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s Stream
	shifts, loudest := 0, 0.0
	for i := range 300 {
		mean := 50.0
		if i >= 200 {
			mean = 500
		}
		v := s.Add(minute(i), poisson(r, mean))
		if v.Shift != 0 {
			shifts++
			if i != 200+shiftAfter-1 || v.Shift != 1 {
				t.Errorf("shift %d at %d, want 1 at %d", v.Shift, i, 200+shiftAfter-1)
			}
		}
		if i >= 200+shiftAfter {
			loudest = max(loudest, v.Score)
		}
	}
	if shifts != 1 {
		t.Errorf("%d shifts, want 1", shifts)
	}
	if loudest > 0.5 {
		t.Errorf("the new level scores up to %v, want it adopted", loudest)
	}
}

func TestDrop(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var s Stream
	for i := range 200 {
		s.Add(minute(i), poisson(r, 310))
	}
	v := s.Add(minute(200), 0)
	if v.Score < 0.8 || v.Deviations > -8 || v.Run != -1 {
		t.Errorf("silence has the verdict %+v", v)
	}
	if v.Expected < 280 || v.Expected > 340 || v.Low < 200 || v.High > 420 {
		t.Errorf("expected %v between %v and %v, want about 310", v.Expected, v.Low, v.High)
	}
}

// TestSlowPoison lets an attacker grow into the baseline: the level follows,
// but a value far out moves it no more than one at the clip does.
func TestSlowPoison(t *testing.T) {
	var s, clipped Stream
	for i := range 200 {
		s.Add(minute(i), 100)
		clipped.Add(minute(i), 100)
	}
	s.Add(minute(200), 1e12)
	clipped.Add(minute(200), 1e4)
	if a, _ := s.Level(); math.Abs(a-float64(clipped.level)) > 1e-6 {
		t.Errorf("a huge value moves the level to %v, a large one to %v", a, clipped.level)
	}
}

func TestHourOfDay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var s Stream
	var first, second float64
	for i := range 3 * 1440 {
		mean := 15.0
		if m := i % 1440; m >= 120 && m < 130 {
			mean = 900
		}
		v := s.Add(minute(i), poisson(r, mean))
		switch i {
		case 120:
			first = v.Score
		case 1440 + 120:
			second = v.Score
			if !v.Daily {
				t.Error("the hour was seen the day before")
			}
		}
	}
	if first < 0.8 || second > 0.5 {
		t.Errorf("the nightly job scores %v in its first night and %v in its second, want it learned", first, second)
	}
}

func TestJudgeLearnsNothing(t *testing.T) {
	var s Stream
	for i := range 50 {
		s.Add(minute(i), 10)
	}
	was := s
	v := s.Judge(minute(50), 500)
	if s != was {
		t.Error("the stream has changed")
	}
	w := s.Add(minute(50), 500)
	w.Run, w.Shift, w.Ramp = 0, 0, 0
	if v != w {
		t.Errorf("Judge says %+v, Add %+v", v, w)
	}
}

func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(Stream{}); n != 268 {
		t.Errorf("a stream takes %d bytes, want 268 as documented", n)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(int64(0), 1.0, int64(60), -1.0)
	f.Add(int64(math.MaxInt64), math.Inf(1), int64(math.MinInt64), math.NaN())
	f.Fuzz(func(t *testing.T, at int64, v float64, step int64, w float64) {
		var s Stream
		for i := range 60 {
			x := v
			if i%3 == 0 {
				x = w
			}
			got := s.Add(at, x)
			at += step
			for _, f := range []float64{got.Score, got.Deviations, got.Expected, got.Low, got.High} {
				if math.IsNaN(f) || math.IsInf(f, 0) {
					t.Fatalf("verdict %+v", got)
				}
			}
			if got.Score < 0 || got.Score > 1 {
				t.Fatalf("score %v", got.Score)
			}
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	var s Stream
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Add(minute(i), float64(100+i%13))
		i++
	}
}
