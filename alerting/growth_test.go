package alerting

import (
	"os"
	"testing"
	"time"
)

// Storm after storm, the log takes no more of the disk than max_alerts alerts, what
// is known of findings and one storm's notifications need: freed pages are used again.
func TestStormsDoNotGrowTheLogWithoutBound(t *testing.T) {
	const storms, size = 16, 200
	s := &fakeSink{name: "s"}
	r := open(t, "", func(c *Config) {
		c.MaxAlerts = size
		c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000, OnStorm: StormDelay}}
	}, s)
	stop := r.run(t)
	defer stop()
	var sizes []int64
	for i := range storms {
		r.offer(t, crowd(i*size, size, i*60)...)
		for deadline := time.Now().Add(time.Minute); len(r.Pending()) > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d notifications still wait after a minute", len(r.Pending()))
			}
		}
		info, err := os.Stat(r.db.Path())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size()>>10)
	}
	t.Logf("KiB after each storm: %v", sizes)
	// The file grows by doubling; the alerts of all storms would take twice as much.
	if last := sizes[storms-1]; last > 8<<10 {
		t.Errorf("%d KiB after %d storms", last, storms)
	}
}
