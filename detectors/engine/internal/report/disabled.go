package report

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Reason is why a detector is disabled: a panic, or CPU time, which is that of a
// call on average.
type Reason struct {
	Panicked    bool
	CPU, Budget time.Duration
}

// Disabled is the finding that the detector id is out of service, since the event
// time at. sample is the id of the request at hand, if it is known.
func Disabled(id string, why Reason, sample, table string, at int64) *schemas.Finding {
	f := New("engine.disabled", "detector "+id, at)
	f.Severity, f.Events = schemas.SeverityHigh, 1
	if sample != "" {
		f.Samples = []string{sample}
	}
	who := entities.Subject{Kind: schemas.EntityGlobal}
	f.Query = entities.Evidence(table, &who, "", max(0, at-int64(time.Minute)), at+1)
	if why.Panicked {
		f.Title = fmt.Sprintf("Detector %s panicked and is disabled: no findings of it any more", id)
		f.Summary = fmt.Sprintf("Detector %s panicked, which none is expected to do, and what it knew is dropped. Report the stack in the log as a fault, and reload the configuration to enable it again.", id)
		f.Features = []schemas.Feature{{Name: "panics", Observed: 1, Expected: 0, Weight: 1, Text: "The detector panicked; the others go on."}}
		return f
	}
	micros := func(d time.Duration) float64 { return math.Round(float64(d)/100) / 10 }
	took, budget := micros(why.CPU), micros(why.Budget)
	f.Title = fmt.Sprintf("Detector %s is disabled: %s µs of CPU a call", id, words.Number(took))
	f.Summary = fmt.Sprintf("Detector %s took %s µs of CPU time for an event or entity on average, against the %s µs that engine.budget allows, and what it knew is dropped. Raise the setting or narrow the detector's, and reload the configuration to enable it again.",
		id, words.Number(took), words.Number(budget))
	f.Features = []schemas.Feature{{Name: "cpu_time", Observed: took, Expected: budget, Unit: "µs", Weight: 1,
		Text: fmt.Sprintf("It took %s µs of CPU time a call; at most %s µs are allowed.", words.Number(took), words.Number(budget))}}
	return f
}
