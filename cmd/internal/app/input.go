package app

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds the memory that a zstd file may ask for: the window of the
// highest levels without --ultra and --long, as in ingest/files.
const zstdWindow = 32 << 20

// OpenLog is OpenInput of a log that may be packed: what begins as gzip or zstd
// does is unpacked, whatever its name.
func OpenLog(path string) (io.ReadCloser, error) {
	in, err := OpenInput(path)
	if err != nil {
		return nil, err
	}
	out, err := unpack(in)
	if err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return out, nil
}

// unpacked closes what unpacks, and then what it reads from.
type unpacked struct {
	io.Reader
	closes []func() error
}

// Close implements io.Closer.
func (u *unpacked) Close() error {
	var errs []error
	for _, f := range u.closes {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func unpack(in io.ReadCloser) (*unpacked, error) {
	b := bufio.NewReader(in)
	magic, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		return &unpacked{z, []func() error{z.Close, in.Close}}, nil
	case len(magic) == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd:
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return &unpacked{z, []func() error{func() error { z.Close(); return nil }, in.Close}}, nil
	}
	return &unpacked{b, []func() error{in.Close}}, nil
}
