package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// Tell hands findings to alerting, which has them for sure when it returns, and what
// has ended of them, in the order of event time where that matters. It returns the
// alerts that changed.
func Tell(ctx context.Context, to Alerter, findings []schemas.Finding, ceased []schemas.Ceased) (alerts []schemas.Alert, err error) {
	for _, t := range inTurns(findings, ceased) {
		if len(t.findings) > 0 {
			changed, err := to.Offer(ctx, t.findings)
			if err != nil {
				return nil, fmt.Errorf("offer %d findings: %w", len(t.findings), err)
			}
			alerts = append(alerts, changed...)
		}
		if len(t.ceased) > 0 {
			changed, err := to.Cease(ctx, t.ceased)
			if err != nil {
				return nil, fmt.Errorf("end %d findings: %w", len(t.ceased), err)
			}
			alerts = append(alerts, changed...)
		}
	}
	return alerts, nil
}

// turn is what is told to alerting at once: findings, and then what has ended.
type turn struct {
	findings []schemas.Finding
	ceased   []schemas.Ceased
}

// inTurns puts what a batch gave in the order of event time where that matters:
// findings come before what has ended, unless a finding is found again after its
// end, or something goes on that the time of a later one would let lapse. A batch that spans hours, as in a replay, can have both.
func inTurns(findings []schemas.Finding, ceased []schemas.Ceased) (out []turn) {
	from := 0
	for i := 0; i < len(ceased); {
		at, end := ceased[i].At, i+1
		for end < len(ceased) && ceased[end].At.Equal(at) {
			end++
		}
		later := func(f schemas.Finding) bool { return f.Detected.After(at) }
		again := slices.ContainsFunc(findings, func(f schemas.Finding) bool {
			return later(f) && slices.ContainsFunc(ceased[i:end], func(c schemas.Ceased) bool {
				return c.GoesOn || c.Detector == f.Detector && c.Entity == f.Entity
			})
		})
		if again {
			out = append(out, turn{slices.DeleteFunc(slices.Clone(findings), later), ceased[from:end]})
			findings = slices.DeleteFunc(slices.Clone(findings), func(f schemas.Finding) bool { return !later(f) })
			from = end
		}
		i = end
	}
	return append(out, turn{findings, ceased[from:]})
}
