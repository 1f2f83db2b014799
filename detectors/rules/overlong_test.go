package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestTextsThatStallExpressions sends what 300 expressions wait for at once. It
// took a second and more; now it is bounded, and who sent it is told.
func TestTextsThatStallExpressions(t *testing.T) {
	var all, text strings.Builder
	for i := range 300 {
		if i > 0 {
			all.WriteString("---")
		}
		fmt.Fprintf(&all, "\ntitle: T%d\nname: t%d\nlogsource: {category: webserver}\ndetection:\n  sel:\n    c-uri|re: '.{1,200}x%04d.{1,200}(php|jsp)'\n  condition: sel\n", i, i, i)
		fmt.Fprintf(&text, "/x%04d", i)
	}
	m := monitor(t, DefaultConfig(), all.String())
	ordinary := at(0, schemas.Event{Path: "/a/x0007/b.php", Status: 200, Principal: "q"})
	long := at(time.Second, schemas.Event{Path: text.String(), Query: text.String(), Status: 404, Principal: "p", RequestID: "r1"})
	began := time.Now()
	found := m.Observe(batch(ordinary, long, long), nil)
	require.Less(t, time.Since(began), time.Second)
	require.Equal(t, []string{"rules.overlong", "rules.t7"}, detectortest.Rules(found))
	f := detectortest.Of(found, "rules.overlong")
	require.Len(t, f, 1, "once")
	require.Equal(t, "p", f[0].Entity.Name)
	require.Equal(t, []string{"r1"}, f[0].Samples)
	require.InDelta(t, 2, testutil.ToFloat64(m.metrics.cut), 0)
	detectortest.Readable(t, found)
}
