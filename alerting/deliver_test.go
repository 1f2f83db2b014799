package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/schemas"
)

var errAway = errors.New("the receiver is away")

func TestDeliverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { return "C1/1.5", nil }}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		start := time.Now()
		a := r.offer(t, finding("a", noon, schemas.SeverityLow))[0]
		synctest.Wait()
		r.offer(t, finding("a", noon.Add(time.Minute), schemas.SeverityHigh))
		synctest.Wait()
		stop()
		_, got := s.all()
		if len(got) != 2 || got[0].key != a.ID+"-1" || got[1].key != a.ID+"-2" {
			t.Fatalf("got keys %v", keys(got))
		}
		if got[1].at != start {
			t.Errorf("delivered %v after the offer", got[1].at.Sub(start))
		}
		if got[0].prev != "" || got[1].prev != "C1/1.5" {
			t.Errorf("refs are %q and %q, want the first one's answer with the second", got[0].prev, got[1].prev)
		}
		if got[1].alert.State != schemas.AlertUpdated || got[1].alert.Severity != schemas.SeverityHigh {
			t.Errorf("got %s", line(got[1].alert))
		}
		if len(r.Pending()) != 0 {
			t.Error("what was delivered still waits")
		}
	})
}

func TestResolvedWithoutCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s"}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		r.offer(t, finding("a", time.Now(), schemas.SeverityLow))
		time.Sleep(time.Hour + 10*time.Second)
		synctest.Wait()
		_, got := s.all()
		if len(got) != 2 || got[1].alert.State != schemas.AlertResolved {
			t.Fatalf("got %v, want that Run resolves when nothing comes any more", keys(got))
		}
		held := r.offer(t)
		if len(held) != 1 || held[0].State != schemas.AlertResolved {
			t.Errorf("the next offer returned %d alerts, want the resolved one to store", len(held))
		}
		stop()
	})
}

func TestHangingSinkDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &fakeSink{name: "hangs", answer: func(ctx context.Context, _ call) (Ref, error) {
			<-ctx.Done()
			return "", errors.New("no answer in time")
		}}
		works := &fakeSink{name: "works"}
		r := open(t, logPath(t), nil, hangs, works)
		stop := r.run(t)
		start := time.Now()
		for i := range 5 {
			r.offer(t, finding(fmt.Sprint(i), noon, schemas.SeverityLow))
		}
		synctest.Wait()
		_, got := works.all()
		if len(got) != 5 || got[4].at != start {
			t.Fatalf("%d of 5 delivered at once", len(got))
		}
		time.Sleep(20 * time.Second)
		if calls, _ := hangs.all(); len(calls) < 2 || calls[1].at.Sub(start) < 15*time.Second {
			t.Errorf("the attempt was not cut off at the timeout")
		}
		stop()
	})
}

// A sink that is away for a day gets everything afterwards, once, and in order
// for each alert.
func TestOutageOfADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(24 * time.Hour)
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if time.Now().Before(end) {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 1000, OnStorm: StormDelay}}
		}, s)
		stop := r.run(t)
		want := map[string]bool{}
		for hour := range 24 {
			for _, a := range r.offer(t, many(hour%7+1, time.Now(), schemas.Severity(hour%5))...) {
				if a.State != schemas.AlertUpdated { // later updates replace earlier ones
					want[Key(&a)] = true
				}
			}
			time.Sleep(time.Hour)
		}
		calls, _ := s.all()
		if len(calls) > 24*60 {
			t.Errorf("%d attempts in a day of outage", len(calls))
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		stop()
		_, got := s.all()
		last := map[string]int{}
		for _, c := range got {
			if c.alert.Sequence <= last[c.alert.ID] {
				t.Errorf("%s came after sequence %d", c.key, last[c.alert.ID])
			}
			last[c.alert.ID] = c.alert.Sequence
			delete(want, c.key)
		}
		if len(want) > 0 {
			t.Errorf("%d notifications are lost: %v", len(want), want)
		}
		if dead, err := r.DeadLetters(); len(dead) != 0 || err != nil {
			t.Errorf("%d dead letters, %v", len(dead), err)
		}
	})
}

// Attempts on one alert that the receiver chokes on leave room for the others.
func TestPoisonBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var poison string
		s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
			if c.alert.ID == poison {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		poison = r.offer(t, finding("poison", noon, schemas.SeverityCritical))[0].ID
		r.offer(t, many(20, noon, schemas.SeverityLow)...)
		stop := r.run(t)
		time.Sleep(5 * time.Second)
		if _, got := s.all(); len(got) != 20 {
			t.Errorf("%d of 20 delivered beside one that fails", len(got))
		}
		time.Sleep(73 * time.Hour)
		dead, err := r.DeadLetters()
		if err != nil || len(dead) != 1 || dead[0].Alert.ID != poison || !strings.Contains(dead[0].Reason, "max_age") {
			t.Errorf("dead letters are %v, %v; want the one that fails", dead, err)
		}
		stop()
	})
}

func TestAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if n++; n == 1 {
				return "", After(errAway, 90*time.Second)
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		start := time.Now()
		r.offer(t, finding("a", noon, schemas.SeverityLow))
		synctest.Wait()
		r.offer(t, finding("b", noon, schemas.SeverityLow)) // is not tried while the sink wants rest
		if p := r.Pending(); len(p) != 2 || p[0].Problem != errAway.Error() || p[0].Attempts != 1 {
			t.Errorf("pending is %+v", p)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stop()
		calls, got := s.all()
		if len(calls) != 3 || len(got) != 2 || calls[1].at.Sub(start) < 90*time.Second {
			t.Errorf("%d calls, %d taken, the second after %v", len(calls), len(got), calls[1].at.Sub(start))
		}
		if v := r.value(t, "notifications_total", "sink", "s", "outcome", outcomeThrottled); v != 1 {
			t.Errorf("throttled is %v", v)
		}
	})
}

func TestBackoffGrowsToItsBound(t *testing.T) {
	r := open(t, "", nil)
	for n := range 100 {
		bound := 5 * time.Minute
		if n < 10 {
			bound = min(bound, 500*time.Millisecond<<n)
		}
		var most time.Duration
		for range 200 {
			d := r.backoff(n)
			if d <= 0 || d > bound {
				t.Fatalf("wait %v after %d failures, bound %v", d, n, bound)
			}
			most = max(most, d)
		}
		if most < bound*3/4 {
			t.Errorf("after %d failures at most %v of %v", n, most, bound)
		}
	}
}

func TestPermanentAndRedeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		broken.Store(true)
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if broken.Load() {
				return "", fmt.Errorf("post: %w", Permanent(errors.New("token\nrevoked")))
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		r.offer(t, many(3, noon, schemas.SeverityLow)...)
		synctest.Wait()
		dead, err := r.DeadLetters()
		if err != nil || len(dead) != 3 || dead[0].Reason != "post: token revoked" || dead[0].Attempts != 1 {
			t.Fatalf("dead letters are %+v, %v", dead, err)
		}
		if v := r.value(t, "dead_letters", "sink", "s"); v != 3 {
			t.Errorf("dead_letters is %v", v)
		}
		calls, _ := s.all()
		broken.Store(false)
		if n, err := r.Redeliver("s"); n != 3 || err != nil {
			t.Fatalf("redelivered %d, %v", n, err)
		}
		synctest.Wait()
		stop()
		_, got := s.all()
		if !slices.Equal(keys(got), keys(calls)) {
			t.Errorf("redelivered under %v, want %v", keys(got), keys(calls))
		}
		if _, err := r.Redeliver("other"); err == nil {
			t.Error("redelivered to a sink that is not there")
		}
		if n, err := r.Redeliver("s"); n != 0 || err != nil {
			t.Errorf("redelivered %d again, %v", n, err)
		}
	})
}

// On the clock of synctest drain_timeout does not pass while there is work to do,
// however busy the machine is.
func TestDeadLettersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { return "", Permanent(errAway) }}
		r := open(t, "", func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000}}
		}, s)
		r.offer(t, many(outbox.MaxDead+50, noon, schemas.SeverityLow)...)
		stop := r.run(t)
		stop() // what is due is tried before Run ends
		if dead, err := r.DeadLetters(); err != nil || len(dead) != outbox.MaxDead {
			t.Errorf("%d dead letters, %v; want %d", len(dead), err, outbox.MaxDead)
		}
		if calls, _ := s.all(); len(calls) != outbox.MaxDead+50 {
			t.Errorf("%d attempts, want one of each", len(calls))
		}
	})
}

func TestPanicIsADeadLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
			if c.alert.Entity.Name == "a" {
				panic("secret")
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		r.offer(t, finding("a", noon, schemas.SeverityLow), finding("b", noon, schemas.SeverityLow))
		synctest.Wait()
		stop()
		if _, got := s.all(); len(got) != 1 {
			t.Errorf("%d delivered, want the other one", len(got))
		}
		if dead, _ := r.DeadLetters(); len(dead) != 1 || strings.Contains(dead[0].Reason, "secret") {
			t.Errorf("dead letters are %+v", dead)
		}
	})
}

func TestMinSeverity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, some := &fakeSink{name: "all"}, &fakeSink{name: "some"}
		r := open(t, logPath(t), func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "some", Kind: "fake", MinSeverity: "high"}}
		}, all, some)
		stop := r.run(t)
		for sev := range schemas.SeverityCritical + 1 {
			r.offer(t, finding(sev.String(), noon, sev))
		}
		synctest.Wait()
		stop()
		_, a := all.all()
		_, b := some.all()
		if len(a) != 5 || len(b) != 2 {
			t.Errorf("%d and %d delivered, want 5 and 2", len(a), len(b))
		}
		if v := r.value(t, "notifications_total", "sink", "some", "outcome", outcomeBelow); v != 3 {
			t.Errorf("below_severity is %v, want 3", v)
		}
	})
}
