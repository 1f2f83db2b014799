package decode

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// Bounds of a compressed message. Logs compress to a tenth, repetitive ones to
// a hundredth; deflate's own limit is 1,032.
const (
	maxInflated = 16 << 20
	maxRatio    = 200
	minInflated = 1 << 20 // a message may always inflate to this
	keptInflate = 1 << 20
)

// inflater opens gzip messages; it reuses its memory.
type inflater struct {
	in  bytes.Reader
	gz  *gzip.Reader
	out []byte
}

// open returns value itself, or what it inflates to if it is gzip. The reason
// is InvalidGzip or GzipBomb if that cannot be done.
func (f *inflater) open(value []byte) ([]byte, string) {
	if len(value) < 3 || value[0] != 0x1f || value[1] != 0x8b || value[2] != 8 {
		return value, ""
	}
	limit := min(maxInflated, max(minInflated, maxRatio*len(value)))
	f.in.Reset(value)
	var err error
	if f.gz == nil {
		f.gz, err = gzip.NewReader(&f.in)
	} else {
		err = f.gz.Reset(&f.in)
	}
	if err != nil {
		return nil, InvalidGzip
	}
	for f.out = f.out[:0]; ; {
		if len(f.out) == cap(f.out) {
			f.out = append(f.out, 0)[:len(f.out)]
		}
		n, err := f.gz.Read(f.out[len(f.out):cap(f.out)])
		f.out = f.out[:len(f.out)+n]
		switch {
		case len(f.out) > limit:
			return nil, GzipBomb
		case errors.Is(err, io.EOF):
			return f.out, ""
		case err != nil:
			return nil, InvalidGzip
		}
	}
}

// release lets go of memory beyond the usual, and of the message.
func (f *inflater) release() {
	f.in.Reset(nil)
	if cap(f.out) > keptInflate {
		f.out = nil
	}
}
