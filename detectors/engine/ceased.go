package engine

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/schemas"
)

// maxCauses is how many findings are watched for the end of their causes, over all
// shards; of more the oldest are not.
const maxCauses = 16384

// Ceased returns the findings whose causes have ended since the last call, and those
// that go on every quarter of an hour, in the order of time. What the last Observe returned was found before, unless its
// Detected is after At: then it goes on again.
func (e *Engine) Ceased() []schemas.Ceased {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.ceased
	e.ceased = nil
	return out
}

// passMinute looks once in a minute of event time what has ended, and tells again
// what goes on. The events dealt so far are observed before.
func (e *Engine) passMinute(watermark int64) {
	if watermark < e.minute {
		return
	}
	const minute = int64(time.Minute)
	now := watermark - watermark%minute
	beat := e.minute > 0 && now/int64(ceased.Beat) > (e.minute-minute)/int64(ceased.Beat)
	e.minute = now + minute
	e.work()
	var ended []schemas.Ceased
	over := 0
	for _, s := range e.shards {
		s.Judge(now, beat)
		ended = append(ended, s.Ended...)
		s.Ended = s.Ended[:0]
	}
	slices.SortFunc(ended, func(a, b schemas.Ceased) int {
		return cmp.Or(cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Entity.Kind, b.Entity.Kind), cmp.Compare(a.Entity.Name, b.Entity.Name))
	})
	e.ceased = append(e.ceased, ended...)
	for i := range ended {
		if !ended[i].GoesOn {
			over++
		}
	}
	e.metrics.Ceased.Add(float64(over))
	e.collect()
}

// turnCauses forgets what was told in a time that was wrong.
func (e *Engine) turnCauses() {
	e.minute = 0
	for _, s := range e.shards {
		s.Causes.Forget(func(_ ceased.Who, c *ceased.Cause) bool { return max(c.Since, c.Last) > e.timeline.Clock })
	}
}
