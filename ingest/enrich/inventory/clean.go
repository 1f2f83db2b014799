package inventory

import (
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/enrich/shape"
)

// Clean returns the path as servers understand it: without query and path
// parameters, escapes of ordinary characters decoded, "//", "." and ".." taken
// out. An escaped '/' stays escaped. A path that is clean is returned as it is;
// another is written to buf, which the result then shares.
func Clean(path string, buf []byte) (clean string, scratch []byte) {
	if i := strings.IndexAny(path, "?#;"); i >= 0 {
		path = path[:i]
	}
	if strings.IndexByte(path, '%') < 0 && !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path, buf
	}
	buf = buf[:0]
	for path != "" {
		var segment string
		segment, path = shape.Cut(path)
		start := len(buf)
		buf = append(buf, '/')
		for i := 0; i < len(segment); i++ {
			c := segment[i]
			if c == '%' && i+2 < len(segment) {
				if d, ok := unhex(segment[i+1], segment[i+2]); ok && d > ' ' && d < 0x7f && d != '/' && d != '%' {
					c = d
					i += 2
				}
			}
			buf = append(buf, c)
		}
		switch string(buf[start:]) {
		case "/", "/.":
			buf = buf[:start]
		case "/..":
			for start > 0 {
				if start--; buf[start] == '/' {
					break
				}
			}
			buf = buf[:start]
		}
	}
	if len(buf) == 0 {
		return "/", buf
	}
	return text(buf), buf
}

// text returns b as a string that is valid until b is written again.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func unhex(a, b byte) (byte, bool) {
	hi, lo := digit(a), digit(b)
	return hi<<4 | lo, hi < 16 && lo < 16
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
