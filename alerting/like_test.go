package alerting

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// TestRouteOfAMonster asks about an alert with more parts than any has: who may
// read may ask, and everybody waits for the answer.
func TestRouteOfAMonster(t *testing.T) {
	r := open(t, logPath(t), func(c *Config) {
		c.Sinks = []SinkConfig{{Name: "s", Kind: "given"}}
		c.Routing = route.Config{Routes: []route.Route{{Name: "a", Matchers: []string{"detector=x.none"}, Sinks: []string{"s"}},
			{Name: "b", Matchers: []string{"entity=last"}, Sinks: []string{"s"}}}}
	}, &fakeSink{name: "s"})
	var a schemas.Alert
	for i := range 60_000 {
		a.Parts = append(a.Parts, schemas.AlertPart{Detector: fmt.Sprint("x.", i), Entity: schemas.Entity{Name: fmt.Sprint(i)}})
		a.Finding.Techniques = append(a.Finding.Techniques, schemas.Technique{ID: fmt.Sprint(i)})
	}
	a.Parts[len(a.Parts)-1].Entity.Name = "last"
	began := time.Now()
	d, err := r.Route(&a)
	if err != nil || len(d.Targets) != 1 || d.Targets[0].Route != "" {
		t.Errorf("%+v, %v: want what a real alert's parts say", d.Targets, err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}
