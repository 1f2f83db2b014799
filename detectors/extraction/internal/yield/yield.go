// Package yield tells what a call gives.
package yield

import (
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
)

// Answer is how many tokens an ordinary answer of a chat has at most: those of
// published traces have means of 100 to 260 (LMSYS-Chat-1M, BurstGPT, Azure 2023).
const Answer = 250

// Of returns the logarithm of what a call gives: tokens out, and with less weight
// tokens out for each token in. Of chat it is about 0 and below, of collected
// answers 0.5 to 4.
func Of(input, output float64) float64 {
	out := math.Log(max(output, 1) / Answer)
	ratio := math.Log(max(output, 1) / max(input, 1))
	return out + weigh.Ramp(ratio, -3, 0, -0.75, 0) + weigh.Ramp(ratio, 0, 3, 0, 1.5)
}
