package audit

import (
	"bytes"
)

// told takes what a word before it says that it is, if that is not the number
// of something.
func told(m match) bool {
	fraction := m.next() == '.' && m.end+1 < len(m.text) && number(m.text[m.end+1])
	return len(plain(m.bytes())) >= 6 && !fraction && !number(m.next())
}

// coded takes a number of Medicare beneficiaries.
func coded(m match) bool { return !wordy(m.next()) }

// written checks the numbers that people write in groups.
func written(m match) bool {
	if !boundary(m) || counted(m) || m.prior() == '+' {
		return false
	}
	d := plain(m.bytes())
	if uniform(d) {
		return false
	}
	switch b := m.bytes(); {
	case len(d) == 9 && b[3] == '-' && b[6] == '-':
		return american9(d)
	case len(d) == 9:
		return d[0] != '0' && d[0] != '8' && luhn(d)
	case len(d) == 10 && b[3] == ' ':
		return nhs(d) && !(d[0] >= '2' && d[3] >= '2')
	case len(d) == 10:
		return born(d[2:6]) && luhn(d)
	case len(d) == 11 && b[3] == '.':
		return cpf(d)
	case len(d) == 11:
		return germanTax(d)
	case len(d) == 12 && b[8] == '-' && b[4] != '-':
		return (d[0] == '1' || d[0] == '2') && born(d[4:8]) && luhn(d[2:])
	case len(d) == 12:
		return b[4] == b[9] && d[0] >= '2' && verhoeff(d)
	case len(d) == 15:
		return nir(d)
	}
	return false
}

// bare checks those that stand without separators and have enough check digits
// for that.
func bare(m match) bool {
	d := m.bytes()
	if !boundary(m) || counted(m) || uniform(d) || m.prior() == '+' {
		return false
	}
	switch len(d) {
	case 11:
		return cpf(d) || germanTax(d) || pesel(d)
	case 12:
		return (value(d[:2]) == 19 || value(d[:2]) == 20) && born(d[4:8]) && luhn(d[2:])
	case 15:
		return nir(d)
	}
	return false
}

// lettered checks Spanish and Italian numbers.
func lettered(m match) bool {
	if !boundary(m) || m.prior() == '-' {
		return false
	}
	b := bytes.ToUpper(bytes.ReplaceAll(m.bytes(), []byte("-"), nil))
	if len(b) == 9 {
		digits := append([]byte(nil), b[:8]...)
		if k := bytes.IndexByte([]byte("XYZ"), b[0]); k >= 0 {
			digits[0] = byte('0' + k)
		}
		return digitsOnly(digits) && "TRWAGMYFPDXBNJZSQVHLCKE"[value(digits)%23] == b[8]
	}
	if len(b) != 16 {
		return false
	}
	odd := []int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	total := 0
	for i, c := range b[:15] {
		n := int(c - 'A')
		if number(c) {
			n = int(c - '0')
		}
		if i%2 == 0 {
			n = odd[n]
		}
		total += n
	}
	return byte(total%26)+'A' == b[15]
}

func american9(d []byte) bool {
	area := value(d[:3])
	return area > 0 && area < 900 && area != 666 && value(d[3:5]) > 0 && value(d[5:]) > 0
}

func nhs(d []byte) bool {
	return (sum(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)+int(d[9]-'0'))%11 == 0
}

func cpf(d []byte) bool {
	one := sum(d, 1, 2, 3, 4, 5, 6, 7, 8, 9) % 11 % 10
	two := sum(d, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9) % 11 % 10
	return one == int(d[9]-'0') && two == int(d[10]-'0')
}

func germanTax(d []byte) bool {
	check := 10
	for _, c := range d[:10] {
		n := (int(c-'0') + check) % 10
		if n == 0 {
			n = 10
		}
		check = n * 2 % 11
	}
	twice := 0
	for c := byte('0'); c <= '9'; c++ {
		if n := bytes.Count(d[:10], []byte{c}); n > 3 {
			return false
		} else if n > 1 {
			twice++
		}
	}
	return d[0] != '0' && twice == 1 && (11-check)%10 == int(d[10]-'0')
}

func pesel(d []byte) bool {
	month := value(d[2:4]) % 20
	return value(d[2:4]) <= 32 && month >= 1 && month <= 12 && value(d[4:6]) >= 1 && value(d[4:6]) <= 31 && sum(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

func nir(d []byte) bool {
	month := value(d[3:5])
	return (d[0] == '1' || d[0] == '2') && month >= 1 && (month <= 12 || month >= 20) && (value(d[:13])+value(d[13:]))%97 == 0
}

// born reports whether MMDD is a day, or one of a coordination number.
func born(d []byte) bool {
	month, day := value(d[:2]), value(d[2:])%60
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// verhoeff computes the check over the dihedral group by its two operations
// instead of by tables.
func verhoeff(d []byte) bool {
	mul := func(a, b int) int {
		switch {
		case a < 5 && b < 5:
			return (a + b) % 5
		case a < 5:
			return 5 + (a+b-5)%5
		case b < 5:
			return 5 + (a-5-b+5)%5
		}
		return (a - b + 5) % 5
	}
	perm := [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
	c := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		for range i % 8 {
			n = perm[n]
		}
		c = mul(c, n)
	}
	return c == 0
}

func e164(m match) bool {
	d := plain(bytes.Replace(m.bytes(), []byte("(0)"), nil, 1))
	return len(d) >= 8 && len(d) <= 15 && !wordy(m.prior()) && !wordy(m.next())
}

func american(m match) bool {
	d := plain(m.bytes())
	d = d[len(d)-10:]
	open, closed := bytes.IndexByte(m.bytes(), '(') >= 0, bytes.IndexByte(m.bytes(), ')') >= 0
	if open != closed || !boundary(m) || counted(m) {
		return false
	}
	return !(d[1] == '1' && d[2] == '1') && !(d[4] == '1' && d[5] == '1')
}

func trunk(m match) bool {
	d := plain(m.bytes())
	if !boundary(m) || counted(m) {
		return false
	}
	if p := m.before(2); len(p) == 2 && p[1] == ':' && number(p[0]) {
		return false // 08:01 1234567
	}
	if d[1] == '0' {
		return len(d) >= 11 && len(d) <= 15
	}
	seps := map[byte]int{}
	for _, c := range m.bytes() {
		if !number(c) {
			seps[c]++
		}
	}
	return len(d) >= 9 && len(d) <= 12 && (len(seps) == 1 || seps['/'] == 1 && len(seps) == 2) && seps['/'] <= 1 && len(bytes.Split(m.bytes(), []byte("-"))[0]) != 4
}
