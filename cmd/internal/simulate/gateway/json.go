package gateway

import (
	"strconv"
	"time"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string.
func appendString[S ~string | ~[]byte](buf []byte, s S) []byte {
	buf = append(buf, '"')
	buf = appendEscaped(buf, s)
	return append(buf, '"')
}

// appendEscaped appends s as the inside of a JSON string. Bytes that are not
// UTF-8 stay: the simulator makes none.
func appendEscaped[S ~string | ~[]byte](buf []byte, s S) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		buf = append(buf, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			buf = append(buf, '\\', c)
		case '\n':
			buf = append(buf, '\\', 'n')
		default:
			buf = append(buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(buf, s[from:]...)
}

// AppendHex appends 16 hexadecimal digits.
func AppendHex(buf []byte, x uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		buf = append(buf, hexDigits[x>>shift&15])
	}
	return buf
}

// appendUUID appends a UUID of version 4 made of id.
func appendUUID(buf []byte, id [2]uint64) []byte {
	a, b := id[0]&^0xf000|0x4000, id[1]&^(3<<62)|1<<63
	for shift := 60; shift >= 0; shift -= 4 {
		if shift == 28 || shift == 12 {
			buf = append(buf, '-')
		}
		buf = append(buf, hexDigits[a>>shift&15])
	}
	buf = append(buf, '-')
	for shift := 60; shift >= 0; shift -= 4 {
		if shift == 44 {
			buf = append(buf, '-')
		}
		buf = append(buf, hexDigits[b>>shift&15])
	}
	return buf
}

// appendInt appends key, which carries its punctuation, and n.
func appendInt(buf []byte, key string, n int64) []byte {
	return strconv.AppendInt(append(buf, key...), n, 10)
}

// appendSeconds appends d in seconds with three decimals, as nginx does.
func appendSeconds(buf []byte, d time.Duration) []byte {
	return strconv.AppendFloat(buf, d.Seconds(), 'f', 3, 64)
}

// unescape appends the percent-decoded s.
func unescape(buf, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(string(s[i+1:i+3]), 16, 8); err == nil {
				buf = append(buf, byte(v))
				i += 2
				continue
			}
		}
		buf = append(buf, s[i])
	}
	return buf
}
