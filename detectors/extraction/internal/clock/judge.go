package clock

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Judge judges the hours up to the n-th since the epoch: a loop goes on as evenly as
// chance allows, people and services for people have busy hours. So has a batch none,
// but it ends within hours.
func (h *Hours) Judge(s *weigh.Sum, n int64) {
	varies, whole := h.Even(n)
	if varies < 0 {
		return
	}
	most := weigh.Ramp(float64(whole), least, 14, 0.8, 1.5) + weigh.Ramp(float64(h.Active()), 18, 23, 0, 0.5)
	s.Add(weigh.Timing, weigh.Ramp(varies, 0.15, 0.45, most, -0.3), schemas.Feature{
		Name: "even_hours", Observed: varies, Expected: 0.5, Unit: "deviation / mean",
		Text: fmt.Sprintf("The calls of %s differ by at most %s, besides what chance does (those of people by half and more).",
			words.Count(float64(whole), "whole hour"), weigh.Varies(max(varies, 0.01))),
	})
}

// Scatter judges how the calls of the minutes scatter, -1 if that is not known.
func Scatter(s *weigh.Sum, scatter float64) {
	if scatter < 0 {
		return
	}
	weight := weigh.Ramp(scatter, 0.4, 0.8, 0.8, 0)
	if scatter > 3 {
		weight = weigh.Ramp(math.Log(scatter), math.Log(3), math.Log(30), 0, -0.7)
	}
	text := fmt.Sprintf("The calls of a minute scatter %s times as much as independent calls would.", words.Number(scatter))
	if scatter < 0.8 {
		text = fmt.Sprintf("The calls come like clockwork: those of a minute scatter %s as much as independent calls would.", words.Percent(scatter))
	}
	s.Add(weigh.Timing, weight, schemas.Feature{
		Name: "regularity", Observed: scatter, Expected: 1, Unit: "variance / mean", Text: text,
	})
}
