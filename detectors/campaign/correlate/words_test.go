package correlate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestKindNamesAreTheBits(t *testing.T) {
	names := KindNames()
	if len(names) != crowd.Groups || names[crowd.ByLengths] != "lengths" || names[crowd.ByStart] != "start" || slices.Contains(names, "") {
		t.Errorf("%v", names)
	}
	names[0] = ""
	if KindNames()[0] == "" {
		t.Error("the names can be changed")
	}
}

// What is said of clusters is put into findings as it is.
func TestWordsAreReadable(t *testing.T) {
	for name, make := range scenarios {
		w := newWorld(11).crowd(1200)
		make(w)
		clusters := w.clusters()
		if len(clusters) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
		for _, c := range clusters {
			f := schemas.Finding{Detector: name, Title: "9 keys", Features: c.Features}
			f.Summary = "It is " + c.Innocent + ". "
			for _, l := range c.Links {
				f.Summary += l.Text + ", "
			}
			f.Summary += "no more."
			detectortest.Readable(t, []schemas.Finding{f})
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		minutes uint32
		want    string
	}{{0, "2 minutes"}, {90, "90 minutes"}, {600, "10 hours"}, {5 * minutesADay, "5 days"}} {
		if got := span(1000, 1000+c.minutes); got != c.want {
			t.Errorf("%d minutes are %q", c.minutes, got)
		}
	}
	if got := span(10, 5); got != "2 minutes" {
		t.Errorf("backwards is %q", got)
	}
}

func TestEffectInventsNothing(t *testing.T) {
	for _, c := range []struct{ members, others, n, want float64 }{
		{1, 0.01, 1e9, math.Log(100)}, {0.01, 0.01, 50, 0}, {0, 0.001, 50, -4}, {1, 1, 50, 0},
	} {
		if got := effect(c.members, c.others, c.n, -4, 5); math.Abs(got-c.want) > 0.1 {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if few, many := effect(1, 0.01, 4, -4, 9), effect(1, 0.01, 400, -4, 9); few >= many {
		t.Errorf("four say %v, four hundred %v", few, many)
	}
}

// TestWordsOfLessThanADay: what is seen for hours is not told by the day.
func TestWordsOfLessThanADay(t *testing.T) {
	if got, want := quotaText(432.4, 0.1, 1.34, 0), "about 432 calls a day each, within a factor of 1.1; other callers differ by a factor of 3.8"; got != want {
		t.Errorf("%q", got)
	}
	if got, want := quotaText(432.4, 0.1, 1.34, 108), "about 108 calls each so far, within a factor of 1.1; other callers differ by a factor of 3.8"; got != want {
		t.Errorf("%q", got)
	}
	for quiet, want := range map[float64]string{0.01: "a part of the day", 0.3: "no part of the day"} {
		if got := timingText(1, 0.1, quiet, false); !strings.HasSuffix(got, want) {
			t.Errorf("%q", got)
		}
		if got := timingText(1, 0.1, quiet, true); strings.Contains(got, "rest") {
			t.Errorf("two hours tell of no rest: %q", got)
		}
	}
}

// TestNobodyHasIt: a link that supports a little and that no member clearly has is
// not told.
func TestNobodyHasIt(t *testing.T) {
	for seed := range uint64(4) {
		w := newWorld(seed).crowd(800)
		scenarios["unrelated_50"](w)
		for _, c := range w.clusters() {
			for _, f := range c.Features {
				if slices.Contains(kindNames[:crowd.ByVolume], f.Name) && f.Observed < 0.5 {
					t.Errorf("%s: %s", f.Name, f.Text)
				}
			}
		}
	}
}
