package check

import (
	"strings"
	"testing"
)

func TestNumbersOfPersons(t *testing.T) {
	for _, c := range []struct {
		name  string
		check func([]byte) bool
		good  []string
	}{
		{"ITIN", ITIN, []string{"912701234", "900881234"}},
		{"MBI", MBI, []string{"1EG4TE5MK72", "1EG4TE5MK73"}},
		{"passport", Passport, []string{"C01X00T47", "AB1234567", "123456789"}},
		{"NPI", NPI, []string{"1234567893"}},
		{"TFN", TFN, []string{"123456782"}},
		{"Kimlik", Kimlik, []string{"10000000146"}},
		{"Rijksregister", Rijksregister, []string{"85073003328"}},
		{"AHV", AHV, []string{"7569217076985"}},
		{"South Africa", SouthAfricanID, []string{"8001015009087"}},
		{"Hetu", Hetu, []string{"131052-308T"}},
		{"NRIC", NRIC, []string{"S1234567D"}},
		{"Rentenversicherung", Rentenversicherung, []string{"65170839J003"}},
		{"Krankenversicherung", Krankenversicherung, []string{"A123456780"}},
	} {
		for _, good := range c.good {
			if !c.check([]byte(good)) {
				t.Errorf("%s: %s is refused", c.name, good)
			}
			if c.name != "passport" && c.check([]byte(good[1:])) || c.check([]byte(strings.Repeat("*", len(good)))) || c.check(nil) {
				t.Errorf("%s: what is none is taken", c.name)
			}
		}
	}
	// Every check digit but the right one is refused.
	for name, c := range map[string]struct {
		check func([]byte) bool
		good  string
	}{"NPI": {NPI, "1234567893"}, "TFN": {TFN, "123456782"}, "Kimlik": {Kimlik, "10000000146"}, "AHV": {AHV, "7569217076985"},
		"Rijksregister": {Rijksregister, "85073003328"}, "South Africa": {SouthAfricanID, "8001015009087"},
		"Krankenversicherung": {Krankenversicherung, "A123456780"}, "Rentenversicherung": {Rentenversicherung, "65170839J003"}} {
		for d := byte('0'); d <= '9'; d++ {
			b := []byte(c.good)
			b[len(b)-1] = d
			if c.check(b) != (string(b) == c.good) {
				t.Errorf("%s: check digit %c", name, d)
			}
		}
	}
	for _, check := range []func([]byte) bool{RRN, ThaiID} { // one check digit in ten
		passed := 0
		for d := byte('0'); d <= '9'; d++ {
			if check([]byte("900101123456" + string(d))) {
				passed++
			}
		}
		if passed != 1 {
			t.Errorf("%d of ten check digits pass", passed)
		}
	}
}

func TestBitcoinAddresses(t *testing.T) {
	for _, good := range []string{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"} {
		if !Base58Check(good) || Base58Check(good[:len(good)-1]+"1") || Base58Check(good[1:]) || Base58Check(strings.ToLower(good)) {
			t.Errorf("%s", good)
		}
	}
	for _, good := range []string{"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
		"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"} {
		if !Bech32(good) || Bech32(good[:len(good)-1]+"2") || Bech32("tb"+good[2:]) || Bech32(good[:20]) || Bech32("b"+good[1:4]+"Q"+good[5:]) && good[0] == 'b' {
			t.Errorf("%s", good)
		}
	}
	if Base58Check("") || Bech32("") || Base58Check(strings.Repeat("1", 30)) || Base58Check(strings.Repeat("3z", 17)) {
		t.Error("what is no address is taken")
	}
}
