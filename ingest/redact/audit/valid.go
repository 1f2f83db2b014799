package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// plain returns the digits of b.
func plain(b []byte) []byte {
	d := make([]byte, 0, len(b))
	for _, c := range b {
		if number(c) {
			d = append(d, c)
		}
	}
	return d
}

func digitsOnly(b []byte) bool { return len(b) > 0 && len(plain(b)) == len(b) }

// sum returns the sum of the digits times their weights.
func sum(d []byte, weights ...int) (n int) {
	for i, w := range weights {
		n += w * int(d[i]-'0')
	}
	return n
}

func value(d []byte) int {
	n, _ := strconv.Atoi(string(d))
	return n
}

func uniform(d []byte) bool { return bytes.Count(d, d[:1]) == len(d) }

// luhn adds the digits of the doubled places as they are written.
func luhn(d []byte) bool {
	total := 0
	double := false
	for i := len(d) - 1; i >= 0; i-- {
		n := int(d[i] - '0')
		if double {
			n = n*2/10 + n*2%10
		}
		total += n
		double = !double
	}
	return total%10 == 0
}

// issuers are the first digits of cards, with the lengths that they have.
var issuers = []struct{ from, to, digits, least, most int }{
	{4, 4, 1, 16, 19}, {51, 55, 2, 16, 16}, {2221, 2720, 4, 16, 16}, {34, 34, 2, 15, 15}, {37, 37, 2, 15, 15},
	{3528, 3589, 4, 16, 19}, {300, 305, 3, 14, 14}, {36, 36, 2, 14, 14}, {38, 39, 2, 14, 14}, {6011, 6011, 4, 16, 19},
	{644, 649, 3, 16, 19}, {65, 65, 2, 16, 19}, {62, 62, 2, 16, 19}, {50, 50, 2, 16, 19}, {56, 58, 2, 16, 19}, {63, 63, 2, 16, 19}, {67, 67, 2, 16, 19},
}

func card(m match) bool {
	d := plain(m.bytes())
	if !boundary(m) || len(d) < 13 || uniform(d) || !luhn(d) || counted(m) {
		return false
	}
	// The groups have one separator between them, or none.
	seps := map[string]bool{}
	for _, group := range bytes.FieldsFunc(m.bytes(), func(r rune) bool { return r >= '0' && r <= '9' }) {
		seps[string(group)] = true
	}
	if len(seps) > 1 {
		return false
	}
	if len(d) == 16 && len(seps) == 1 && bytes.Count(m.bytes(), []byte{' '}) > 6 {
		return false
	}
	for _, i := range issuers {
		if p := value(d[:i.digits]); p >= i.from && p <= i.to && len(d) >= i.least && len(d) <= i.most && !(i.from == 4 && len(d) != 16 && len(d) != 19) {
			return true
		}
	}
	return false
}

// ibanLengths has the lengths of the countries of the SWIFT registry.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23" +
	"GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28" +
	"PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// iban returns how much of the match is an account number: as many characters
// as the country's have, and 1 modulo 97 when read as one number.
func iban(m match) int {
	country := strings.ToUpper(string(m.bytes()[:2]))
	at := strings.Index(ibanLengths, country)
	if at < 0 || at%4 != 0 || wordy(m.prior()) {
		return 0
	}
	want, _ := strconv.Atoi(ibanLengths[at+2 : at+4])
	var have []byte
	for i, c := range m.bytes() {
		if !wordy(c) {
			continue
		}
		have = append(have, c)
		if len(have) < want {
			continue
		}
		if end := m.start + i + 1; end < len(m.text) && wordy(m.text[end]) {
			return 0
		}
		var text strings.Builder
		for _, c := range append(have[4:len(have):len(have)], have[:4]...) {
			if number(c) {
				text.WriteByte(c)
			} else {
				text.WriteString(strconv.Itoa(int(c|0x20-'a') + 10))
			}
		}
		n, ok := new(big.Int).SetString(text.String(), 10)
		if ok && new(big.Int).Mod(n, big.NewInt(97)).Int64() == 1 {
			return i + 1
		}
		return 0
	}
	return 0
}

// base58 checks a Bitcoin address: a version, twenty bytes, and the first four
// of their hash.
func base58(m match) bool {
	if wordy(m.prior()) || wordy(m.next()) {
		return false
	}
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	n := new(big.Int)
	for _, c := range m.bytes() {
		n.Mul(n, big.NewInt(58)).Add(n, big.NewInt(int64(strings.IndexByte(alphabet, c))))
	}
	if n.BitLen() > 25*8 {
		return false
	}
	b := n.FillBytes(make([]byte, 25))
	first := sha256.Sum256(b[:21])
	second := sha256.Sum256(first[:])
	return bytes.Equal(second[:4], b[21:])
}

// bech32 checks a segwit address of Bitcoin (BIP 173, BIP 350).
func bech32(m match) bool {
	t := strings.ToLower(string(m.bytes()))
	if wordy(m.prior()) || wordy(m.next()) || t != string(m.bytes()) && strings.ToUpper(t) != string(m.bytes()) {
		return false
	}
	values := []int{3, 3, 0, 2, 3} // of "bc"
	for i := 3; i < len(t); i++ {
		values = append(values, strings.IndexByte("qpzry9x8gf2tvdw0s3jn54khce6mua7l", t[i]))
	}
	sum := 1
	for _, v := range values {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ v
		for i, g := range [...]int{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum == 1 || sum == 0x2bc830a3
}

// object reports whether base64 that begins as that of a JSON object is one.
func object(m match) bool {
	b := m.bytes()
	if bytes.HasPrefix(b, []byte("ZXlK")) {
		return true
	}
	head, _, _ := bytes.Cut(b, []byte("."))
	head = bytes.TrimRight(head, "=")
	d, err := base64.RawURLEncoding.DecodeString(string(head[:len(head)-len(head)%4]))
	return err == nil && bytes.HasPrefix(d, []byte(`{"`))
}

// drawn reports whether what follows a key's prefix is no word.
func drawn(m match) bool {
	if wordy(m.prior()) {
		return false
	}
	part := m.bytes()
	letters := longest(part, func(c byte) bool { return c >= 'a' && c <= 'z' })
	return len(plain(part)) >= 2 || letters >= 20 || bytes.ToLower(part)[len(part)-1] != part[len(part)-1] || mixed(part)
}

func mixed(b []byte) bool {
	return !bytes.Equal(b, bytes.ToLower(b)) && !bytes.Equal(b, bytes.ToUpper(b))
}

// master reports whether a short key is one as guides show: "sk-1234".
func master(m match) bool { return !wordy(m.prior()) && m.prior() != '-' && len(plain(m.bytes())) >= 3 }

// stated reports whether a value says something and not that there is nothing.
func stated(m match) bool {
	switch v := strings.ToLower(strings.Trim(string(m.bytes()), `"'\`)); v {
	case "", "null", "nil", "none", "true", "false", "undefined", "-", "[", "{", ".", ")", "*", "value", "must", "no", "not", "is", "a", "the", "required", "missing", "invalid", "expired", "has", "should":
		return false
	}
	return m.bytes()[0] != '[' && m.bytes()[0] != '{' && bytes.IndexByte(m.bytes(), hidden) < 0
}

// said reports whether the words around "at" are those of an address.
func said(m match) bool {
	who, where, _ := strings.Cut(strings.ToLower(string(m.bytes())), " at ")
	switch who {
	case "look", "meet", "met", "sit", "is", "are", "was", "be", "us", "me", "it", "hosted", "found", "available", "and":
		return false
	}
	return !strings.HasPrefix(where, "the ") && !strings.HasPrefix(where, "noon ")
}

// presented reports whether what follows an authentication scheme is no word.
func presented(m match) bool {
	b := bytes.TrimRight(m.bytes(), ".")
	return stated(m) && (len(plain(b)) > 0 || len(b) > 1 && mixed(b[1:]) || len(b) >= 20)
}

// entropy returns the bits that a character of b has on average.
func entropy(b []byte) (bits float64) {
	var count [256]float64
	for _, c := range b {
		count[c]++
	}
	for _, n := range count {
		if n > 0 {
			p := n / float64(len(b))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

func longest(b []byte, is func(byte) bool) (most int) {
	run := 0
	for _, c := range b {
		if run++; !is(c) {
			run = 0
		}
		most = max(most, run)
	}
	return most
}

// known are the beginnings of ids that look random and are public.
var known = []string{"chatcmpl-", "cmpl-", "resp_", "msg_", "req_", "run_", "thread_", "asst_", "file-", "file_", "batch_", "call_", "step_",
	"vs_", "vsfb_", "conv_", "ftjob-", "ftevent-", "ft-", "toolu_", "gen-", "modr-", "org-", "proj_", "user-", "item_", "rs_", "fc_", "ws_",
	"evalrun_", "eval_", "upload_", "ckpt-", "msgbatch_"}

// random reports whether a token was drawn: many different characters of all
// classes, and no run of small letters as words have.
func random(m match) bool {
	b := m.bytes()
	if len(b) <= 64 && public(m) || bytes.Contains(b, []byte("FormBoundary")) {
		return false
	}
	for _, p := range known {
		if len(b) <= 64 && bytes.HasPrefix(b, []byte(p)) {
			return false
		}
	}
	small := longest(b, func(c byte) bool { return c >= 'a' && c <= 'z' })
	digits := len(plain(b))
	run := longest(b, func(c byte) bool { return wordy(c) && c != '_' })
	return mixed(b) && digits >= 2 && digits*2 <= len(b) && small <= 6 && run >= 16 && entropy(b) >= 3.9 &&
		longest(b, number) <= 6 && changes(b) >= 0.42
}

// changes returns the share of the places of b at which a digit stands beside a
// letter, or a small letter beside a capital.
func changes(b []byte) float64 {
	class := func(c byte) int {
		switch {
		case number(c):
			return 1
		case c >= 'a' && c <= 'z':
			return 2
		case c >= 'A' && c <= 'Z':
			return 3
		}
		return 4
	}
	n := 0
	for i := 1; i < len(b); i++ {
		if class(b[i]) != class(b[i-1]) {
			n++
		}
	}
	return float64(n) / float64(len(b))
}

func random64(m match) bool {
	if wordy(m.prior()) || wordy(m.next()) || m.prior() == '/' || public(m) || !bytes.ContainsAny(m.bytes(), "/+") {
		return false
	}
	b := m.bytes()
	return mixed(b) && len(plain(b)) >= 3 && longest(b, func(c byte) bool { return c >= 'a' && c <= 'z' }) <= 6 && entropy(b) >= 4.3
}
