// Package check has the check-digit rules of cards, bank accounts and national
// identity numbers. Every function takes the bare characters, without
// separators, never panics, and allocates nothing.
package check

// Luhn reports whether the decimal digits d pass the Luhn test (ISO/IEC 7812-1
// annex B).
func Luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return len(d) > 1 && sum%10 == 0
}

// Card reports whether the digits d are a payment card number: a known issuer
// prefix, the length that the issuer uses, and the Luhn digit. Visa numbers of 13
// digits, which are no longer issued, are left to barcodes.
func Card(d []byte) bool {
	n := len(d)
	if n < 13 || n > 19 {
		return false
	}
	p2 := number(d[:2])
	p4 := number(d[:4])
	known := false
	switch {
	case d[0] == '4': // Visa
		known = n == 16 || n == 19
	case p2 >= 51 && p2 <= 55, p4 >= 2221 && p4 <= 2720: // Mastercard
		known = n == 16
	case p2 == 34 || p2 == 37: // American Express
		known = n == 15
	case p4 >= 3528 && p4 <= 3589: // JCB
		known = n >= 16
	case p2 == 36, p2 == 38, p2 == 39, p4/10 >= 300 && p4/10 <= 305: // Diners
		known = n == 14
	case p4 == 6011, p2 == 65, p4/10 >= 644 && p4/10 <= 649, p2 == 62: // Discover, UnionPay
		known = n >= 16
	case p2 == 50, p2 >= 56 && p2 <= 58, p2 == 63, p2 == 67: // Maestro
		known = n >= 16
	}
	return known && !same(d) && Luhn(d)
}

// ibanLength has the length of each country's IBAN, from the SWIFT IBAN
// registry.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
	"BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
	"EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
	"GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
	"JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25,
	"MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18,
	"NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33,
	"SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
	"TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

// IBANLength returns the length of an IBAN of the country whose two letters b
// begins with, in upper case; 0 if the country has none.
func IBANLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	return ibanLength[string(b[:2])]
}

// IBAN reports whether b, in upper case, is an IBAN: the length of its country
// and the ISO 7064 mod 97-10 check.
func IBAN(b []byte) bool {
	if len(b) < 15 || len(b) != IBANLength(b) {
		return false
	}
	rest := 0
	for i := range b {
		switch c := b[(i+4)%len(b)]; {
		case c >= '0' && c <= '9':
			rest = (rest*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// number returns the value of at most 18 decimal digits.
func number(d []byte) int {
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	return n
}

// same reports whether all characters of d are the same: 0000… passes many
// checks and names nobody.
func same(d []byte) bool {
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}

// weighted returns the sum of the digits of d times their weights.
func weighted(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(d[i]-'0') * w
	}
	return sum
}
