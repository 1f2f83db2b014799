package files

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// excerpt is how much of a line that is too long is handed on.
const excerpt = 4 << 10

// lines splits a stream into lines that end in LF or CRLF; the last one may end
// in neither. Its memory is bounded, however long a line is.
type lines struct {
	r     *bufio.Reader
	max   int
	begun bool
}

func newLines(r io.Reader, max int) *lines {
	l := &lines{max: max}
	l.reset(r, readBuffer)
	return l
}

func (l *lines) reset(r io.Reader, buffer int) { l.r, l.begun = bufio.NewReaderSize(r, buffer), false }

// next appends the next line, without its end, to dst, and returns its length.
// Of a line that is longer than max only the beginning is appended. The error
// is io.EOF after the last line, and then nothing was appended.
func (l *lines) next(dst []byte) (out []byte, size int64, err error) {
	if !l.begun {
		l.begun = true
		if bom, _ := l.r.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
			_, _ = l.r.Discard(3)
		}
	}
	start := len(dst)
	some, cr := false, false // cr: the last byte so far is a CR that was counted
	for {
		part, err := l.r.ReadSlice('\n')
		some = some || len(part) > 0
		ended := err == nil
		if ended {
			part = part[:len(part)-1]
		}
		if len(part) > 0 {
			cr = part[len(part)-1] == '\r'
			size += int64(len(part))
			// One byte more than max is kept: it may be the CR of the line's end.
			dst = append(dst, part[:min(len(part), max(0, l.max+1-(len(dst)-start)))]...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return dst[:start], 0, err
		case err != nil && !some:
			return dst[:start], 0, io.EOF
		}
		if cr {
			size--
		}
		if size > int64(l.max) {
			return dst[:start+min(excerpt, l.max)], size, nil
		}
		return dst[:start+int(size)], size, nil
	}
}
