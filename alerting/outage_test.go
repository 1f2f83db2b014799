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

	"github.com/gatehound/gatehound/schemas"
)

// machine is the settings of a sink for machines.
func machine(c *Config) {
	c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 1000, OnStorm: StormDelay}}
}

// decided lists the keys of what waits for the sink s, in order of decision.
func (r *rig) decided() (keys []string) {
	for _, d := range r.Pending() {
		keys = append(keys, d.Key)
	}
	return keys
}

// What machines are told during a day's outage arrives afterwards in the order of
// decision, each once, whatever way the receiver is away.
func TestOutageKeepsTheOrderForMachines(t *testing.T) {
	for name, away := range map[string]func(context.Context) error{
		"refused":       func(context.Context) error { return errAway },
		"hanging":       func(ctx context.Context) error { <-ctx.Done(); return errAway },
		"asks for rest": func(context.Context) error { return After(errAway, 2*time.Minute) },
		"by turns": func(ctx context.Context) error {
			switch time.Now().Unix() / 700 % 3 {
			case 0:
				return errAway
			case 1:
				return After(errAway, time.Minute)
			}
			<-ctx.Done()
			return errAway
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				end := time.Now().Add(24*time.Hour + 3*time.Second)
				s := &fakeSink{name: "s", answer: func(ctx context.Context, _ call) (Ref, error) {
					if time.Now().Before(end) {
						return "", away(ctx)
					}
					return "", nil
				}}
				r := open(t, logPath(t), machine, s)
				stop := r.run(t)
				for hour := range 24 {
					r.offer(t, many(hour%7+1, time.Now(), schemas.Severity(hour%5))...)
					time.Sleep(time.Hour)
				}
				synctest.Wait()
				want := r.decided()
				calls, _ := s.all()
				if len(calls) > 2*24*60 {
					t.Errorf("%d attempts in a day of outage", len(calls))
				}
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				stop()
				_, taken := s.all()
				got := keys(taken)
				if len(want) < 50 || len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
					t.Errorf("%d came, want the %d in order:\n%v\n%v", len(got), len(want), got, want)
				}
				if p := r.Pending(); len(p) != 0 {
					t.Errorf("%d wait yet", len(p))
				}
				slices.Sort(got)
				if len(slices.Compact(got)) != len(taken) {
					t.Error("something came twice")
				}
			})
		})
	}
}

// Those that a receiver chokes on keep nobody waiting, neither alone nor in a
// row, nor if the receiver asks for rest each time; the others come in order.
func TestPoisonKeepsNobodyWaiting(t *testing.T) {
	for _, c := range []struct {
		name    string
		bad     int
		err     error
		onStorm string
		within  time.Duration
	}{
		{"one", 1, errAway, StormDelay, 10 * time.Second},
		{"several in a row", 8, errAway, StormDelay, 30 * time.Minute},
		{"several, for people", 8, errAway, StormDigest, 30 * time.Minute},
		{"one that asks for rest", 1, After(errAway, 30*time.Second), StormDelay, 5 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				poison := func(a *schemas.Alert) bool { return strings.HasPrefix(a.Entity.Name, "poison") }
				s := &fakeSink{name: "s", answer: func(_ context.Context, c2 call) (Ref, error) {
					if poison(&c2.alert) {
						return "", c.err
					}
					return "", nil
				}}
				r := open(t, logPath(t), func(cfg *Config) {
					machine(cfg)
					cfg.MaxAge, cfg.Sinks[0].OnStorm = 10*time.Hour, c.onStorm
				}, s)
				for i := range c.bad {
					r.offer(t, finding(fmt.Sprint("poison-", i), noon, schemas.SeverityCritical))
				}
				r.offer(t, many(50, noon, schemas.SeverityLow)...)
				want := r.decided()[c.bad:]
				stop := r.run(t)
				time.Sleep(c.within)
				_, taken := s.all()
				if got := keys(taken); !slices.Equal(got, want) {
					t.Errorf("after %v %d came, want the %d others in order", c.within, len(got), len(want))
				}
				// From then on it costs new ones no time worth mentioning.
				start := time.Now()
				for i := range 20 {
					r.offer(t, finding(fmt.Sprint("later-", i), noon, schemas.SeverityLow))
					time.Sleep(time.Minute)
				}
				_, taken = s.all()
				slow := time.Duration(0)
				for i, c2 := range taken[min(50, len(taken)):] {
					slow = max(slow, c2.at.Sub(start.Add(time.Duration(i)*time.Minute)))
				}
				if len(taken) != 70 || slow > 35*time.Second {
					t.Errorf("%d of 70 came, the slowest of the later after %v", len(taken), slow)
				}
				time.Sleep(11 * time.Hour)
				stop()
				dead, err := r.DeadLetters()
				dead = slices.DeleteFunc(dead, func(l DeadLetter) bool { return !poison(&l.Alert) })
				if err != nil || len(dead) < c.bad || !strings.HasPrefix(dead[0].Reason, "not delivered within max_age: ") {
					t.Errorf("dead letters are %v, %v; want each that the receiver chokes on", len(dead), err)
				}
			})
		})
	}
}

// An outage beside one that the receiver chokes on: the rest comes in order, but
// for the one that showed that the receiver is back.
func TestPoisonBeforeAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(5 * time.Hour)
		s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
			if time.Now().Before(end) || c.alert.Entity.Name == "poison" {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), func(c *Config) {
			machine(c)
			c.ResolveAfter, c.GroupWindow = 100*time.Hour, 100*time.Hour
		}, s)
		r.offer(t, finding("poison", noon, schemas.SeverityLow))
		r.offer(t, many(200, noon, schemas.SeverityLow)...)
		want := r.decided()[1:]
		stop := r.run(t)
		time.Sleep(6 * time.Hour)
		stop()
		_, taken := s.all()
		got := keys(taken)
		if len(got) != 200 {
			t.Fatalf("%d of 200 came", len(got))
		}
		want = slices.DeleteFunc(want, func(k string) bool { return k == got[0] })
		if !slices.Equal(got[1:], want) {
			t.Error("more than one came out of its turn")
		}
	})
}

// A receiver that comes back with an answer that is lost, or drops one of two
// requests, gets everything, and all but few in order.
func TestReceiverThatComesBackBadly(t *testing.T) {
	for seed := range 6 {
		synctest.Test(t, func(t *testing.T) {
			end := time.Now().Add(time.Duration(200+seed) * time.Minute)
			n := 0
			s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
				if time.Now().Before(end) {
					return "", errAway
				}
				if n++; n == 1 || seed > 3 && n < 40 && n%2 == seed%2 {
					return "", errAway
				}
				return "", nil
			}}
			r := open(t, logPath(t), machine, s)
			r.offer(t, many(100, noon, schemas.SeverityLow)...)
			want := r.decided()
			stop := r.run(t)
			time.Sleep(time.Until(end) + 30*time.Minute)
			stop()
			_, taken := s.all()
			got := keys(taken)[:100]
			early := 0 // came before one that was decided earlier
			for i, key := range got {
				for _, later := range got[i+1:] {
					if slices.Index(want, later) < slices.Index(want, key) {
						early++
						break
					}
				}
			}
			bound := 1
			if seed > 3 { // it drops one of two
				bound = 10
			}
			if len(taken) < 100 || early > bound {
				t.Errorf("%d came, %d of them before their turn", len(taken), early)
			}
		})
	}
}

// People get the most severe first after an outage, the latest of each alert, and
// one digest for what exceeds per_minute; nothing is left out.
func TestOutageForPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if away.Load() {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), func(c *Config) {
			c.ResolveAfter, c.GroupWindow = 100*time.Hour, 100*time.Hour
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 30}}
		}, s)
		stop := r.run(t)
		start := time.Now()
		for i := range 5 { // of one actor, each worse
			r.offer(t, finding("worse", start.Add(time.Duration(i)*time.Minute), schemas.Severity(i)))
		}
		for i := range 10 {
			r.offer(t, finding(fmt.Sprint("b", i), start, schemas.Severity(i%4)))
		}
		time.Sleep(20 * time.Hour)
		away.Store(false)
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		stop()
		_, taken := s.all()
		told := map[string]bool{}
		for i, c := range taken {
			if i > 1 && c.alert.Severity > taken[i-1].alert.Severity && c.at.Equal(taken[i-1].at) {
				t.Errorf("%s came after %s", line(c.alert), line(taken[i-1].alert))
			}
			told[c.alert.Entity.Name] = true
		}
		if len(told) != 11 {
			t.Errorf("%d alerts are told of, want 11", len(told))
		}
		if v := r.value(t, "notifications_total", "sink", "s", "outcome", outcomeSuperseded); v != 3 {
			t.Errorf("%v updates were superseded, want 3", v)
		}
		if taken[0].alert.Entity.Name != "worse" || taken[1].alert.Severity != schemas.SeverityCritical {
			t.Errorf("the worst is not first: %s, %s", line(taken[0].alert), line(taken[1].alert))
		}
		if n := worstMinute(taken); n > 30 {
			t.Errorf("%d in a minute", n)
		}
	})
}

// Beyond max_age what waits becomes dead letters with the reason; the alerts stay
// in the log and were returned for the store.
func TestOutageBeyondMaxAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(100 * time.Hour)
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if time.Now().Before(end) {
				return "", errors.New("dial: connection refused")
			}
			return "", nil
		}}
		r := open(t, logPath(t), func(c *Config) {
			machine(c)
			c.ResolveAfter, c.GroupWindow = 168*time.Hour, 168*time.Hour
		}, s)
		stop := r.run(t)
		stored := r.offer(t, many(500, time.Now(), schemas.SeverityLow)...)
		time.Sleep(50 * time.Hour)
		stored = append(stored, r.offer(t, many(600, time.Now(), schemas.SeverityLow)[500:]...)...)
		time.Sleep(60 * time.Hour)
		synctest.Wait()
		stop()
		dead, err := r.DeadLetters()
		_, taken := s.all()
		if err != nil || len(dead) != 500 || len(taken) != 100 || len(stored) != 600 {
			t.Fatalf("%d dead, %d taken, %d stored, %v; want 500, 100 and 600", len(dead), len(taken), len(stored), err)
		}
		reasons := map[string]bool{}
		for _, l := range dead {
			reasons[l.Reason] = true
			if age := l.Died.Sub(l.Queued); age < 72*time.Hour || age > 73*time.Hour {
				t.Fatalf("given up after %v", age)
			}
		}
		if len(reasons) > 2 || !reasons["not delivered within max_age: dial: connection refused"] {
			t.Errorf("reasons are %v", reasons)
		}
		if st := r.Sinks()[0]; st.Dead != 500 || st.Waiting != 0 || st.Failures != 0 || st.Problem != "dial: connection refused" {
			t.Errorf("the sink stands at %+v", st)
		}
		if alerts, err := r.Alerts(); err != nil || len(alerts) != 600 {
			t.Errorf("the log has %d alerts, %v", len(alerts), err)
		}
	})
}
