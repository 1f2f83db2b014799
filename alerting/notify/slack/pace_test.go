package slack

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: time.Second}
		start := time.Now()
		var at []time.Duration
		for range 8 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(start))
		}
		for i, want := range []time.Duration{0, 0, 0, 0, time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second} {
			if at[i] != want {
				t.Errorf("request %d comes at %v, want %v", i, at[i], want)
			}
		}
		time.Sleep(time.Hour) // what was not used is not saved up
		start = time.Now()
		for range 5 {
			_ = p.wait(t.Context())
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("five requests after a rest take %v, want 1s", d)
		}
	})
}

// What cannot be waited for comes back later, and has not taken a turn.
func TestPaceGivesUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: 10 * time.Second}
		for range burst {
			_ = p.wait(t.Context())
		}
		ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
		defer cancel()
		start := time.Now()
		for range 3 {
			err := p.wait(ctx)
			if d, ok := alerting.RetryAfter(err); !ok || d != 10*time.Second || time.Since(start) != 0 {
				t.Errorf("got %v, to come back after %v, after %v", err, d, time.Since(start))
			}
		}
		long, cancelLong := context.WithTimeout(t.Context(), 13*time.Second)
		defer cancelLong()
		if err := p.wait(long); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		if err := p.wait(stopped); err == nil || alerting.IsPermanent(err) || time.Since(start) != 11*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func TestNoPace(t *testing.T) {
	var p pace
	start := time.Now()
	for range 1000 {
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("a thousand took %v", d)
	}
}
