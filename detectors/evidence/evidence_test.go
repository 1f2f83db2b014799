package evidence

import (
	"math"
	"testing"
)

func TestBeyondWeighsWhatSpeaks(t *testing.T) {
	got := Beyond(
		Feature("over", 12, 10, "requests", 3, "twelve"),
		Feature("under", 9, 10, "requests", 5, "nine"),
		Feature("at", 10, 10, "requests", 1, "ten"),
	)
	if len(got) != 2 || got[0].Name != "over" || got[1].Name != "at" || got[0].Weight != 0.75 || got[1].Weight != 0.25 {
		t.Errorf("got %+v", got)
	}
}

func TestWeighKeepsAll(t *testing.T) {
	got := Weigh(Feature("under", 1, 10, "", 2, ""), Feature("over", 11, 10, "", 2, ""))
	if len(got) != 2 || got[0].Weight != 0.5 || got[1].Weight != 0.5 {
		t.Errorf("got %+v", got)
	}
}

func TestConfidence(t *testing.T) {
	for _, c := range []struct{ observed, want float64 }{{5, 0.6}, {10, 0.6}, {20, 0.8}, {40, 0.9}, {1e9, 0.95}} {
		if got := Confidence(c.observed, 10, 0.6, 0.95); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("confidence at %v is %v, want %v", c.observed, got, c.want)
		}
	}
}
