package peers

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Newness returns how much being new says, 1 to 0.25: all if few of those who write
// long texts are, little where many are, as after a launch or at an event.
func (f *Figures) Newness() float64 {
	if f.Young == 0 {
		return 1
	}
	return weigh.Ramp(-math.Log(float64(f.Young)), 0.5, 2, 0.25, 1)
}

// Pays judges what a principal pays for a million tokens, 0 if that is not known,
// against what is usual: the model that is worth a copy is one of the best, and
// seldom the cheapest.
func (f *Figures) Pays(s *weigh.Sum, paid float64) {
	usual := float64(f.Price)
	if paid == 0 || usual == 0 {
		return
	}
	s.Add(weigh.Model, weigh.Ramp(math.Log(paid/usual), -1, 1, -0.8, 0.8), schemas.Feature{
		Name: "price", Observed: paid, Expected: usual, Unit: "dollars for a million tokens",
		Text: fmt.Sprintf("It asks models that cost %s times what others pay for a token.", words.Number(paid/usual)),
	})
}
