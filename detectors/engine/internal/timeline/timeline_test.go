package timeline

import (
	"math"
	"testing"
	"time"
)

const second, hour = int64(time.Second), int64(time.Hour)

func newTimeline() *Timeline { return New(5*time.Second, 30*time.Second, 6*time.Hour) }

func see(t *Timeline, number int32, at int64) Verdict {
	return t.See(&t.Partitions[t.Place("topic", number)], at)
}

func TestWatermarkIsTheSlowestPartition(t *testing.T) {
	tl := newTimeline()
	if tl.Watermark() != math.MinInt64 {
		t.Error("there is a watermark before the first event")
	}
	see(tl, 0, hour)
	see(tl, 1, hour+20*second)
	if got := tl.Watermark(); got != hour-5*second {
		t.Errorf("watermark %v, want the slower partition's", time.Duration(got))
	}
	see(tl, 1, hour+40*second)
	if got := tl.Watermark(); got != hour+35*second {
		t.Errorf("watermark %v, want the other partition to be idle", time.Duration(got))
	}
	see(tl, 0, hour+39*second)
	if got := tl.Watermark(); got != hour+34*second {
		t.Errorf("watermark %v, want the partition to be back", time.Duration(got))
	}
}

func TestOutlierDoesNotMoveTime(t *testing.T) {
	tl := newTimeline()
	see(tl, 0, hour)
	for _, at := range []int64{-1, math.MinInt64, math.MaxInt64, 1<<62 + 1} {
		if see(tl, 0, at) != Unbelieved {
			t.Errorf("time %d is believed", at)
		}
	}
	for range 5 {
		for range 2 {
			if see(tl, 0, 100*hour) != Unbelieved {
				t.Fatal("two events far ahead are believed")
			}
		}
		if see(tl, 0, hour+second) != Believed {
			t.Fatal("an ordinary event is not believed")
		}
	}
	if tl.Clock != hour+second {
		t.Errorf("clock %v", time.Duration(tl.Clock))
	}
}

func TestThreeInARowMoveTime(t *testing.T) {
	tl := newTimeline()
	see(tl, 0, hour)
	got := []Verdict{see(tl, 0, 100*hour), see(tl, 0, 100*hour+second), see(tl, 0, 100*hour+2*second)}
	if got[0] != Unbelieved || got[1] != Unbelieved || got[2] != Believed || tl.Clock != 100*hour+2*second {
		t.Errorf("verdicts %v, clock %v", got, time.Duration(tl.Clock))
	}
}

func TestWrongClockIsSetBack(t *testing.T) {
	tl := newTimeline()
	for range 3 {
		see(tl, 0, 1000*hour)
	}
	for i := range behindRun - 1 {
		if v := see(tl, 0, hour+int64(i)); v != Believed {
			t.Fatalf("event %d: %v", i, v)
		}
	}
	if v := see(tl, 0, 2*hour); v != TurnedBack || tl.Clock != 2*hour {
		t.Errorf("verdict %v, clock %v", v, time.Duration(tl.Clock))
	}
}

func TestBacklogDoesNotTurnBack(t *testing.T) {
	tl := newTimeline()
	see(tl, 0, 100*hour)
	for range 3 * behindRun {
		if see(tl, 0, 95*hour) != Believed {
			t.Fatal("a backlog of five hours is taken for a wrong clock")
		}
	}
	// Another partition that is in step keeps the time.
	see(tl, 1, 100*hour)
	for range 3 * behindRun {
		see(tl, 0, hour)
	}
	if tl.Clock != 100*hour {
		t.Errorf("clock %v", time.Duration(tl.Clock))
	}
}

func TestFind(t *testing.T) {
	tl := newTimeline()
	if tl.Find("topic", 3) != nil {
		t.Error("an unknown partition is there")
	}
	see(tl, 3, hour)
	if p := tl.Find("topic", 3); p == nil || p.Clock != hour || p.Number != 3 {
		t.Errorf("got %+v", p)
	}
}

func TestFrame(t *testing.T) {
	f := NewFrame(time.Minute)
	f.Start = 60 * 60 * second
	if f.End() != f.Start+60*second || f.Floor(f.Start+59*second) != f.Start || f.Slot(f.Start) == f.Slot(f.End()) {
		t.Errorf("frame %+v", f)
	}
	for _, c := range []struct{ watermark, at, want int64 }{
		{0, 10 * second, 0},
		{30 * second, 90 * second, 0},
		{60 * second, 90 * second, 60 * second},
		{0, 120 * second, 60 * second},
		{0, 600 * second, 540 * second},
	} {
		if got := f.Target(f.Start+c.watermark, f.Start+c.at); got != f.Start+c.want {
			t.Errorf("watermark %d, event %d: target %d, want %d", c.watermark, c.at, got-f.Start, c.want)
		}
	}
}
