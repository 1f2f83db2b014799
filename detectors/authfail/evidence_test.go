package authfail

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

// TestQueriesAboutAllTrafficShowTheRefusals holds the evidence to what it is
// about: the first thousand events of everything show nothing.
func TestQueriesAboutAllTrafficShowTheRefusals(t *testing.T) {
	watchers, err := Watchers(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	events := append(usual(), many(61*time.Minute, 500*time.Millisecond, 480, func(i int) []change {
		return []change{failed, from(2000 + i%60), with("pw%d", i)}
	})...)
	found := detectortest.Of(detectortest.Run(t, events, watchers...), "authfail.spraying")
	if len(found) == 0 {
		t.Fatal("nothing found")
	}
	if q := found[0].Query; !strings.HasSuffix(q, " AND (auth = 'failure' OR status = 401) ORDER BY time LIMIT 1000") {
		t.Errorf("query %q", q)
	}
}
