package engine

import (
	"math"
	"time"
)

// Watermark returns the event time before which no event is expected any more,
// and false as long as there has been none.
func (e *Engine) Watermark() (time.Time, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := e.timeline.Watermark()
	return time.Unix(0, w).UTC(), w != math.MinInt64
}
