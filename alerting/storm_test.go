package alerting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// worstMinute returns the most calls within any minute; they are in order.
func worstMinute(calls []call) int {
	worst, first := 0, 0
	for i := range calls {
		for calls[i].at.Sub(calls[first].at) >= time.Minute {
			first++
		}
		worst = max(worst, i-first+1)
	}
	return worst
}

func TestStormBecomesADigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { return "C1/1.5", nil }}
		r := open(t, logPath(t), func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 10}}
		}, s)
		fs := many(300, noon, schemas.SeverityLow)
		for i := range 5 {
			fs[100+i].Severity = schemas.SeverityCritical
		}
		alerts := r.offer(t, fs...)
		stop := r.run(t)
		time.Sleep(time.Second)
		calls, _ := s.all()
		if len(calls) != 10 {
			t.Fatalf("%d notifications in the first second, want 10", len(calls))
		}
		for _, c := range calls[:5] {
			if c.alert.Severity != schemas.SeverityCritical {
				t.Error("the severe alerts do not come first")
			}
		}
		digest := calls[9]
		if digest.alert.Title != "291 alerts in one message" || digest.alert.Severity != schemas.SeverityLow ||
			!strings.HasPrefix(digest.key, "digest-") || digest.alert.Findings != 291 {
			t.Errorf("the last one is %q, %s", digest.alert.Title, line(digest.alert))
		}
		named := 0
		for _, a := range alerts {
			if strings.Contains(digest.alert.Finding.Query, a.ID) {
				named++
			}
		}
		if named != 291 {
			t.Errorf("the digest's query names %d alerts, want 291", named)
		}
		// What is told later of an alert of the digest is a message of its own.
		var summed string
		for _, f := range fs {
			for _, a := range alerts {
				if a.Entity == f.Entity && strings.Contains(digest.alert.Finding.Query, a.ID) {
					summed = f.Entity.Name
				}
			}
		}
		time.Sleep(2 * time.Minute)
		r.offer(t, finding(summed, noon.Add(time.Minute), schemas.SeverityHigh))
		synctest.Wait()
		stop()
		calls, _ = s.all()
		if c := calls[len(calls)-1]; c.prev != "" || c.alert.State != schemas.AlertUpdated {
			t.Errorf("an update of a summed-up alert has ref %q and is %s", c.prev, line(c.alert))
		}
		if v := r.value(t, "notifications_total", "sink", "s", "outcome", outcomeDigested); v != 291 {
			t.Errorf("digested is %v, want 291", v)
		}
	})
}

// A storm that goes on stays within the cap, minute for minute.
func TestStormStaysWithinTheCap(t *testing.T) {
	for _, mode := range []string{StormDigest, StormDelay} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &fakeSink{name: "s"}
				r := open(t, logPath(t), func(c *Config) {
					c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 6, OnStorm: mode}}
				}, s)
				stop := r.run(t)
				for i := range 60 {
					r.offer(t, finding(fmt.Sprint("x", i), noon, schemas.SeverityLow))
					time.Sleep(3 * time.Second)
				}
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				stop()
				calls, taken := s.all()
				if n := worstMinute(calls); n > 6 {
					t.Errorf("%d notifications in a minute, want at most 6", n)
				}
				told := 0
				for _, c := range taken {
					told += c.alert.Findings
				}
				if told != 60 {
					t.Errorf("%d of 60 alerts are told, singly or in a digest", told)
				}
				if mode == StormDelay && len(taken) != 60 {
					t.Errorf("%d of 60 came singly", len(taken))
				}
			})
		})
	}
}

func TestQueueLimit(t *testing.T) {
	for _, mode := range []string{StormDigest, StormDelay} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var away atomic.Bool
				away.Store(true)
				s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
					if away.Load() {
						return "", After(errAway, time.Hour)
					}
					return "", nil
				}}
				r := open(t, logPath(t), func(c *Config) {
					c.QueueLimit = 10
					c.ResolveAfter, c.GroupWindow = 24*time.Hour, 24*time.Hour
					c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", OnStorm: mode}}
				}, s)
				stop := r.run(t)
				r.offer(t, many(8, noon, schemas.SeverityHigh)...)
				synctest.Wait()
				for i := range 32 {
					r.offer(t, finding(fmt.Sprint("y", i), noon, schemas.SeverityLow))
				}
				synctest.Wait()
				if n := len(r.Pending()); n > 10 {
					t.Errorf("%d wait, want at most 10", n)
				}
				away.Store(false)
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				stop()
				dead, err := r.DeadLetters()
				if err != nil {
					t.Fatal(err)
				}
				_, taken := s.all()
				told, high := 0, 0
				for _, c := range taken {
					told += c.alert.Findings
					if c.alert.Severity == schemas.SeverityHigh {
						high++
					}
				}
				if told+len(dead) != 40 {
					t.Errorf("%d told and %d dead, of 40", told, len(dead))
				}
				if mode == StormDelay && (len(dead) != 30 || high != 8) {
					t.Errorf("%d dead and %d severe ones delivered, want 30 and 8", len(dead), high)
				}
				if mode == StormDigest && len(dead) != 0 {
					t.Errorf("%d dead, want a digest", len(dead))
				}
			})
		})
	}
}

// Ten thousand findings of ten thousand actors in a minute: people get at most
// per_minute messages in any minute and hear of each alert, machines get every
// notification in the order of decision, and none is missing from what the caller
// stores.
func TestTenThousandFindingsInAMinute(t *testing.T) {
	const actors, chunks = 10_000, 60
	synctest.Test(t, func(t *testing.T) {
		oncall, chat, siem := &fakeSink{name: "oncall"}, &fakeSink{name: "chat"}, &fakeSink{name: "siem"}
		r := open(t, "", func(c *Config) { // without fsync, which synctest would wait for
			c.ResolveAfter, c.GroupWindow = 100*time.Hour, 100*time.Hour
			c.QueueLimit = 2 * actors
			c.Sinks = []SinkConfig{
				{Name: "oncall", Kind: "fake", PerMinute: 30},
				{Name: "chat", Kind: "fake", PerMinute: 5},
				{Name: "siem", Kind: "fake", PerMinute: 600, OnStorm: StormDelay},
			}
		}, oncall, chat, siem)
		stop := r.run(t)
		start := time.Now()
		fs := many(actors, noon, schemas.SeverityLow)
		for i := range fs {
			fs[i].Severity = schemas.Severity(i % 5)
		}
		stored := map[string]bool{} // ids
		var decided []string
		for i := range chunks {
			for _, a := range r.offer(t, fs[actors*i/chunks:actors*(i+1)/chunks]...) {
				stored[a.ID] = true
				decided = append(decided, Key(&a))
			}
			time.Sleep(time.Minute / chunks)
		}
		if len(stored) != actors {
			t.Errorf("the caller was given %d alerts to store, want %d", len(stored), actors)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		stop()
		for s, limit := range map[*fakeSink]int{oncall: 30, chat: 5, siem: 600} {
			calls, _ := s.all()
			if n := worstMinute(calls); n > limit {
				t.Errorf("%s got %d in a minute, want at most %d", s.name, n, limit)
			}
			first := 0
			for _, c := range calls {
				if c.at.Sub(start) < time.Minute {
					first++
				}
			}
			told, digests := 0, 0
			for _, c := range calls {
				told += c.alert.Findings
				if strings.HasPrefix(c.key, "digest-") {
					digests++
				}
			}
			t.Logf("%s: %d messages in the minute of the storm, %d in all (%d digests), about %d alerts", s.name, first, len(calls), digests, told)
			if told != actors {
				t.Errorf("%s was told of %d alerts, want %d", s.name, told, actors)
			}
		}
		calls, _ := siem.all()
		if got := keys(calls); !slices.Equal(got, decided) {
			t.Errorf("machines got %d notifications, want the %d in the order of decision", len(got), len(decided))
		}
		dead, err := r.DeadLetters()
		alerts, err2 := r.Alerts()
		if err != nil || err2 != nil || len(dead) != 0 || len(alerts) != actors {
			t.Errorf("%d dead letters and %d alerts in the log, %v, %v", len(dead), len(alerts), err, err2)
		}
	})
}
