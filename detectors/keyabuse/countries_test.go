package keyabuse

import (
	"math"
	"strings"
	"testing"
)

func TestCountries(t *testing.T) {
	if n := len(countries) - 1; n != strings.Count(atlas, ";")+1 || n < 240 || n > 255 {
		t.Fatalf("%d countries, of %d entries", n, strings.Count(atlas, ";")+1)
	}
	seen := map[string]bool{}
	for line := range strings.SplitSeq(strings.ReplaceAll(atlas, "\n", ""), ";") {
		code := line[:2]
		if c := countries[numberOf(code)]; seen[code] || numberOf(code) == 0 || math.Abs(c.lat) > math.Pi/2 || math.Abs(c.lon) > math.Pi || !(c.radius > 0) || c.radius > 5300 {
			t.Errorf("%s: double or out of range: %+v", code, c)
		}
		seen[code] = true
	}
	for _, code := range []string{"", "D", "de", "DEU", "ZZ", "--", "\xff\xff"} {
		if numberOf(code) != 0 {
			t.Errorf("%q is a country", code)
		}
	}
}

// TestNeighbours holds pairs that border on each other, or nearly, against the
// least distance of a journey.
func TestNeighbours(t *testing.T) {
	for pair := range strings.FieldsSeq(`DE-FR DE-PL DE-AT DE-DK FR-ES FR-GB ES-PT ES-MA IT-TN IT-HR NO-SE NO-RU FI-RU EE-RU PL-UA UA-RU TR-GR
		TR-SY US-CA US-MX US-CU US-BS MX-GT CA-GL RU-CN RU-KZ RU-MN RU-JP RU-KP CN-IN CN-PK CN-VN CN-KR CN-TW CN-HK CN-KZ IN-LK IN-PK IN-BD
		IN-MM ID-MY ID-AU ID-SG ID-PG SG-MY TH-MY PH-TW JP-KR AU-NZ BR-AR BR-PE BR-GF BR-VE BR-UY CL-AR CL-PE CL-BO CO-PA EC-PE DZ-MA DZ-ML DZ-LY
		EG-SD EG-IL EG-SA SA-AE SA-YE IR-IQ IR-AF KE-SO ET-KE CD-AO CD-TZ ZA-NA ZA-MZ ZA-ZW NG-CM NG-NE ML-MR MG-MZ KZ-UZ GB-IE IS-FO IS-GB SE-DK NL-BE`) {
		if d := apart(numberOf(pair[:2]), numberOf(pair[3:])); d >= leastJourney {
			t.Errorf("%s: neighbours are %.0f km apart", pair, d)
		}
	}
	// What is far is told, and never as farther than the nearest towns are.
	for pair, nearest := range map[string]float64{"DE-US": 5600, "DE-CN": 4700, "BR-JP": 13500, "GB-IN": 5800, "FR-SG": 10300, "VN-DE": 7900,
		"US-VN": 9000, "US-NG": 7600, "NL-BR": 6800, "RO-US": 6800, "DE-NG": 3800, "UA-CN": 3300, "IN-BR": 11800, "KR-US": 5000, "GB-AU": 12500, "FR-CN": 5400} {
		if d := apart(numberOf(pair[:2]), numberOf(pair[3:])); d < leastJourney || d > nearest {
			t.Errorf("%s: %.0f km apart, want up to %.0f", pair, d, nearest)
		}
	}
}
