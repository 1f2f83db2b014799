package weigh

import (
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/detectors/words"
)

// Share writes a sentence that begins with a share: "85 % of the prompts …",
// "All of the calls …".
func Share(v float64, of string, args ...any) string {
	s := words.Percent(v) + " " + fmt.Sprintf(of, args...)
	return strings.ToUpper(s[:1]) + s[1:]
}

// Varies writes a coefficient of variation.
func Varies(v float64) string { return words.Percent(min(max(v, 0.001), 0.99)) }
