package alerting

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// TestARestartDoesNotHurryTheClock: the window of a finding may end long after it
// was found. What is open then is not over after a restart.
func TestARestartDoesNotHurryTheClock(t *testing.T) {
	long := finding("spender", noon, schemas.SeverityLow)
	long.WindowEnd, long.Detected = noon.Add(20*time.Hour), noon.Add(5*time.Minute)
	path := logPath(t)
	r := open(t, path, nil, &fakeSink{name: "s"})
	first := r.offer(t, finding("guesser", noon, schemas.SeverityLow), long)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, path, nil, &fakeSink{name: "s"})
	if got := r.advance(t, noon.Add(10*time.Minute)); len(got) != 0 {
		t.Errorf("%d are over after a restart", len(got))
	}

	r = open(t, logPath(t), nil, &fakeSink{name: "s"})
	if err := r.Seed(first, nil); err != nil {
		t.Fatal(err)
	}
	if got := r.advance(t, noon.Add(10*time.Minute)); len(got) != 0 {
		t.Errorf("%d are over after they were taken over", len(got))
	}
	if got := r.advance(t, noon.Add(2*time.Hour)); len(got) != 1 || got[0].Entity.Name != "guesser" {
		t.Errorf("%d are over two hours later, want the guesser's", len(got))
	}
}

// TestReplaying: neither how long a replay takes nor the time of day at which it
// runs changes what is told.
func TestReplaying(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sinks = []SinkConfig{{Name: "oncall", Kind: "slack"}}
	cfg.Routing = route.Config{
		Assets:    []route.Asset{{Name: "crown", Matchers: []string{"entity=jane"}, Raise: 1}},
		Routes:    []route.Route{{Name: "all", Sinks: []string{"oncall"}, Mute: []string{"always"}, Escalate: []route.Step{{After: time.Minute, Sinks: []string{"oncall"}}}}},
		MuteTimes: []route.MuteTime{{Name: "always", Times: []string{"00:00-24:00"}}},
		Inhibit:   []route.Inhibition{{Source: []string{"entity=jane"}, Target: []string{"entity=joe"}}},
	}
	synctest.Test(t, func(t *testing.T) {
		for _, pause := range []time.Duration{0, 3 * time.Hour} {
			s := &fakeSink{name: "stdout"}
			r := open(t, "", func(c *Config) { *c = cfg.Replaying() }, s)
			stop := r.run(t)
			r.offer(t, finding("jane", noon, schemas.SeverityLow), finding("joe", noon, schemas.SeverityLow))
			time.Sleep(pause)
			r.offer(t, finding("joe", noon.Add(10*time.Minute), schemas.SeverityLow))
			r.advance(t, noon.Add(12*time.Hour))
			time.Sleep(time.Minute)
			stop()
			_, told := s.all()
			count := map[string]int{}
			for _, c := range told {
				count[c.alert.Entity.Name+" "+line(c.alert)]++
			}
			for _, want := range []string{"jane open medium seq=1 findings=1 events=100", "joe open low seq=1 findings=1 events=100",
				"jane resolved medium seq=2 findings=1 events=100", "joe resolved low seq=2 findings=2 events=200"} {
				if count[want] != 1 {
					t.Errorf("with a pause of %v: %q was told %d times", pause, want, count[want])
				}
			}
			if len(told) != 4 {
				t.Errorf("with a pause of %v %d were told: %v", pause, len(told), count)
			}
		}
	})
}
