package check

// ITIN reports whether the 9 digits d can be a United States taxpayer's number:
// 9, and 50 to 65, 70 to 88, 90 to 92 or 94 to 99 in the middle.
func ITIN(d []byte) bool {
	if len(d) != 9 || d[0] != '9' {
		return false
	}
	g := number(d[3:5])
	return g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94
}

// MBI reports whether b, in upper case and without '-', has the form of a number
// of Medicare beneficiaries (CMS): 11 characters, letters without S, L, O, I, B
// and Z. There is no check digit.
func MBI(b []byte) bool {
	const form = "1AX0AX0AA00" // 1: 1-9, 0: digit, A: letter, X: either
	if len(b) != len(form) {
		return false
	}
	for i, c := range b {
		digit := c >= '0' && c <= '9'
		letter := c >= 'A' && c <= 'Z' && c != 'S' && c != 'L' && c != 'O' && c != 'I' && c != 'B' && c != 'Z'
		switch form[i] {
		case '1':
			letter, digit = false, digit && c != '0'
		case '0':
			letter = false
		case 'A':
			digit = false
		}
		if !digit && !letter {
			return false
		}
	}
	return true
}

// Passport reports whether b, in upper case, can be the number of a passport: 6
// to 9 letters and digits, digits for the most part.
func Passport(b []byte) bool {
	n := 0
	for _, c := range b {
		if c >= '0' && c <= '9' {
			n++
		} else if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) >= 6 && len(b) <= 9 && n >= 4
}

// NPI checks the 10 digits of a United States provider (Luhn over 80840 and
// them).
func NPI(d []byte) bool {
	return len(d) == 10 && (d[0] == '1' || d[0] == '2') && Luhn(append([]byte("80840"), d...))
}

// TFN checks the 9 digits of an Australian tax file number (modulus 11).
func TFN(d []byte) bool {
	return len(d) == 9 && !same(d) && weighted(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
}

// Kimlik checks the 11 digits of a Turkish identity number: two check digits.
func Kimlik(d []byte) bool {
	if len(d) != 11 || d[0] == '0' {
		return false
	}
	tenth := (weighted(d, 7, -1, 7, -1, 7, -1, 7, -1, 7)%10 + 10) % 10
	return tenth == int(d[9]-'0') && weighted(d, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == int(d[10]-'0')
}

// Rijksregister checks the 11 digits of a Belgian national number: 97 less the
// first nine modulo 97, with a 2 before them for those born from 2000.
func Rijksregister(d []byte) bool {
	if len(d) != 11 || number(d[2:4]) > 12 || number(d[4:6]) > 31 {
		return false
	}
	n, c := number(d[:9]), number(d[9:])
	return 97-n%97 == c || 97-(n+2_000_000_000)%97 == c
}

// RRN checks the 13 digits of a South Korean registration number: the date and a
// digit modulo 11.
func RRN(d []byte) bool {
	return len(d) == 13 && dayOf(number(d[2:4]), number(d[4:6])) &&
		(11-weighted(d, 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(d[12]-'0')
}

// AHV checks the 13 digits of a Swiss insurance number: 756 and the digit of an
// EAN.
func AHV(d []byte) bool {
	return len(d) == 13 && number(d[:3]) == 756 && (10-weighted(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)%10)%10 == int(d[12]-'0')
}

// ThaiID checks the 13 digits of a Thai identity number (modulus 11).
func ThaiID(d []byte) bool {
	return len(d) == 13 && d[0] != '0' && (11-weighted(d, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11)%10 == int(d[12]-'0')
}

// SouthAfricanID checks the 13 digits of a South African identity number: date
// and Luhn.
func SouthAfricanID(d []byte) bool {
	return len(d) == 13 && dayOf(number(d[2:4]), number(d[4:6])) && (d[10] == '0' || d[10] == '1') && Luhn(d)
}

// Hetu checks a Finnish personal identity code in upper case: DDMMYY, a sign of
// the century, three digits and a character modulo 31.
func Hetu(b []byte) bool {
	if len(b) != 11 || !digits(b[:6]) || !digits(b[7:10]) || !dayOf(number(b[2:4]), number(b[:2])) {
		return false
	}
	switch b[6] {
	case '+', '-', 'A', 'B', 'C', 'D', 'E', 'F', 'Y', 'X', 'W', 'V', 'U':
	default:
		return false
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[(number(b[:6])*1000+number(b[7:10]))%31] == b[10]
}

// NRIC checks an identity number of Singapore, in upper case: S, T, F or G, seven
// digits, and a letter modulo 11.
func NRIC(b []byte) bool {
	if len(b) != 9 || !digits(b[1:8]) {
		return false
	}
	sum := weighted(b[1:8], 2, 7, 6, 5, 4, 3, 2)
	if b[0] == 'T' || b[0] == 'G' {
		sum += 4
	}
	switch b[0] {
	case 'S', 'T':
		return "JZIHGFEDCBA"[sum%11] == b[8]
	case 'F', 'G':
		return "XWUTRQPNMLK"[sum%11] == b[8]
	}
	return false
}

// lettersAsDigits appends the digits of b to dst, letters as their two-digit
// place in the alphabet.
func lettersAsDigits(dst, b []byte) []byte {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			n := c - 'A' + 1
			dst = append(dst, '0'+n/10, '0'+n%10)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// crossed returns the sum of the digits of the products of d and the weights.
func crossed(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		p := int(d[i]-'0') * w
		sum += p/10 + p%10
	}
	return sum
}

// Rentenversicherung checks a German social security number, in upper case:
// eight digits with a day and a month of birth, a letter, two digits and a check
// digit.
func Rentenversicherung(b []byte) bool {
	if len(b) != 12 || !digits(b[:8]) || !letters(b[8:9]) || !digits(b[9:]) || number(b[4:6]) > 12 {
		return false
	}
	var buf [16]byte
	d := lettersAsDigits(buf[:0], b)
	return crossed(d, 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)%10 == int(d[12]-'0')
}

// Krankenversicherung checks a German health insurance number, in upper case: a
// letter, eight digits and a check digit.
func Krankenversicherung(b []byte) bool {
	if len(b) != 10 || !letters(b[:1]) || !digits(b[1:]) {
		return false
	}
	var buf [16]byte
	d := lettersAsDigits(buf[:0], b)
	return crossed(d, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2)%10 == int(d[10]-'0')
}
