package check

// SSN reports whether the 9 digits d can be a United States social security
// number; there is no check digit, only ranges that were never issued.
func SSN(d []byte) bool {
	if len(d) != 9 {
		return false
	}
	area := number(d[:3])
	return area != 0 && area != 666 && area < 900 && number(d[3:5]) != 0 && number(d[5:]) != 0
}

// NHS checks the 10 digits of a United Kingdom NHS number (modulus 11).
func NHS(d []byte) bool {
	if len(d) != 10 || same(d) {
		return false
	}
	c := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return c%11 == int(d[9]-'0') && c != 10
}

// GermanTax checks the 11 digits of a German tax id: ISO 7064 mod 11,10, and of
// the first ten digits exactly one occurs twice or three times.
func GermanTax(d []byte) bool {
	if len(d) != 11 || d[0] == '0' {
		return false
	}
	var seen [10]int
	product := 10
	for _, c := range d[:10] {
		seen[c-'0']++
		sum := (int(c-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	repeated := 0
	for _, n := range seen {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1 && (11-product)%10 == int(d[10]-'0')
}

// NIR checks the 15 digits of a French social security number. The letters of
// Corsica (2A, 2B) are not taken.
func NIR(d []byte) bool {
	if len(d) != 15 || d[0] != '1' && d[0] != '2' {
		return false
	}
	month := number(d[3:5])
	if month == 0 || month > 12 && month < 20 || month > 42 && month < 50 || month == 99 {
		return false
	}
	return 97-number(d[:13])%97 == number(d[13:])
}

// nifLetters are the check letters of Spanish identity numbers, by the number
// modulo 23.
const nifLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// NIF checks a Spanish NIF (8 digits and a letter) or NIE (X, Y or Z, 7 digits
// and a letter), in upper case.
func NIF(b []byte) bool {
	if len(b) != 9 {
		return false
	}
	var d [8]byte
	copy(d[:], b)
	if b[0] >= 'X' && b[0] <= 'Z' {
		d[0] = b[0] - 'X' + '0'
	}
	return digits(d[:]) && nifLetters[number(d[:])%23] == b[8]
}

// fiscalOdd are the values of the characters 0-9 (as A-J) and A-Z at the odd
// places of an Italian fiscal code, by the decree of 23 December 1976.
var fiscalOdd = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// FiscalCode checks an Italian codice fiscale of 16 characters in upper case.
func FiscalCode(b []byte) bool {
	if len(b) != 16 {
		return false
	}
	const shape = "AAAAAA00A00A000A"
	sum := 0
	for i, c := range b {
		digit := c >= '0' && c <= '9'
		if digit != (shape[i] == '0') || !digit && (c < 'A' || c > 'Z') {
			return false
		}
		if i == 15 {
			break
		}
		v := int(c - 'A')
		if digit {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = fiscalOdd[v]
		}
		sum += v
	}
	return int(b[15]-'A') == sum%26
}

// PESEL checks the 11 digits of a Polish PESEL of somebody born from 1900 to
// 2099: the date and the weighted check digit.
func PESEL(d []byte) bool {
	if len(d) != 11 {
		return false
	}
	month := number(d[2:4])
	if month > 20 {
		month -= 20
	}
	if !dayOf(month, number(d[4:6])) {
		return false
	}
	return (10-weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10 == int(d[10]-'0')
}

// BSN checks the 9 digits of a Dutch citizen number (the eleven test).
func BSN(d []byte) bool {
	return len(d) == 9 && !same(d) && weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0
}

// CPF checks the 11 digits of a Brazilian CPF: two digits modulo 11.
func CPF(d []byte) bool {
	if len(d) != 11 || same(d) {
		return false
	}
	first := weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	second := weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10 % 11 % 10
	return first == int(d[9]-'0') && second == int(d[10]-'0')
}

// The tables of the Verhoeff scheme: the multiplication of the dihedral group
// D5, and the permutation applied by place.
var (
	verhoeffD = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
		"5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	verhoeffP = [8]string{"0123456789", "1576283094", "5803796142", "8916043527",
		"9453126870", "4286573901", "2793806415", "7046913258"}
)

// Aadhaar checks the 12 digits of an Indian Aadhaar number (Verhoeff); it does
// not begin with 0 or 1.
func Aadhaar(d []byte) bool {
	if len(d) != 12 || d[0] < '2' || same(d) {
		return false
	}
	c := byte('0')
	for i := range d {
		c = verhoeffD[c-'0'][verhoeffP[i%8][d[len(d)-1-i]-'0']-'0']
	}
	return c == '0'
}

// SIN checks the 9 digits of a Canadian social insurance number (Luhn); none
// begins with 0 or 8.
func SIN(d []byte) bool {
	return len(d) == 9 && d[0] != '0' && d[0] != '8' && Luhn(d)
}

// Personnummer checks a Swedish personal number of 10 (YYMMDDNNNN) or 12 digits
// (with the century): date, or date plus 60 for a coordination number, and the
// Luhn digit over the ten.
func Personnummer(d []byte) bool {
	if len(d) == 12 {
		if c := number(d[:2]); c != 19 && c != 20 {
			return false
		}
		d = d[2:]
	}
	if len(d) != 10 {
		return false
	}
	day := number(d[4:6])
	if day > 60 {
		day -= 60
	}
	return dayOf(number(d[2:4]), day) && Luhn(d)
}

// dayOf reports whether the month has such a day in a leap year.
func dayOf(month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	last := 31
	switch month {
	case 4, 6, 9, 11:
		last = 30
	case 2:
		last = 29
	}
	return day <= last
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// NINO reports whether b, in upper case, has the form of a British national
// insurance number: two letters, six digits, A to D. There is no check digit.
func NINO(b []byte) bool {
	return len(b) == 9 && letters(b[:2]) && digits(b[2:8]) && b[8] >= 'A' && b[8] <= 'D'
}

// NANP reports whether the 10 digits d can be a number of the North American
// plan: area and exchange begin with 2 to 9, and are no service code (N11).
func NANP(d []byte) bool {
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2' && (d[1] != '1' || d[2] != '1') && (d[4] != '1' || d[5] != '1')
}

func letters(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
