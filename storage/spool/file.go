package spool

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/gatehound/gatehound/schemas"
)

// A file is
//
//	magic                        8 bytes
//	length of the header         4 bytes, big endian
//	SHA-256 of the header       32 bytes
//	header                       gob
//	body                         zstd of gob: content, then each part
//	SHA-256 of all before       32 bytes
//
// so that the header can be read and checked without the body.
var magic = [8]byte{'G', 'H', 'S', 'P', 'O', 'O', 'L', '1'}

const (
	headBytes = len(magic) + 4 + sha256.Size
	// maxHeader bounds the header: a batch of 100,000 partitions has a smaller
	// one.
	maxHeader = 16 << 20
	// maxBody bounds what a body decompresses to.
	maxBody = 8 << 30
)

// errDamaged marks a file that is not as it was written.
var errDamaged = errors.New("the file is damaged")

// header is what Open wants to know of each file.
type header struct {
	Token  string
	Group  string
	Ranges []schemas.Range
}

// content begins the body.
type content struct {
	Findings []schemas.Finding
	Alerts   []schemas.Alert
	Parts    int
}

// write writes a batch to f, and returns how long the file is.
func write(f *os.File, b *schemas.Batch, group string) (int64, error) {
	var head bytes.Buffer
	if err := gob.NewEncoder(&head).Encode(header{b.Token, group, b.Ranges}); err != nil {
		return 0, err
	}
	if head.Len() > maxHeader {
		return 0, fmt.Errorf("a header of %d bytes is longer than %d", head.Len(), maxHeader)
	}
	sum := sha256.New()
	out := &counter{w: bufio.NewWriterSize(io.MultiWriter(f, sum), 1<<16)}
	headSum := sha256.Sum256(head.Bytes())
	length := binary.BigEndian.AppendUint32(nil, uint32(head.Len()))
	for _, p := range [][]byte{magic[:], length, headSum[:], head.Bytes()} {
		if _, err := out.Write(p); err != nil {
			return 0, err
		}
	}
	if err := writeBody(out, b); err != nil {
		return 0, err
	}
	if err := out.w.Flush(); err != nil {
		return 0, err
	}
	n, err := f.Write(sum.Sum(nil))
	return out.n + int64(n), err
}

func writeBody(out io.Writer, b *schemas.Batch) error {
	z, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	defer z.Close()
	enc := gob.NewEncoder(z)
	if err := enc.Encode(content{b.Findings, b.Alerts, len(b.Parts)}); err != nil {
		return err
	}
	var events []schemas.Event
	for _, p := range b.Parts {
		events = append(events[:0], p.Events...)
		for i := range events {
			events[i].ClientAddr, events[i].Subject = netip.Addr{}, "" // they never leave memory
		}
		if err := enc.Encode(schemas.Part{Range: p.Range, Events: events, Rejects: p.Rejects, Sealed: p.Sealed, Aliases: p.Aliases}); err != nil {
			return err
		}
	}
	return z.Close()
}

type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// readHeader reads and checks the header of a file, and returns its size too.
func readHeader(path string) (header, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return header{}, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return header{}, 0, err
	}
	h, err := parseHeader(f)
	return h, info.Size(), err
}

func parseHeader(r io.Reader) (header, error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return header{}, damage(err)
	}
	n := binary.BigEndian.Uint32(head[len(magic):])
	if [len(magic)]byte(head[:len(magic)]) != magic || n > maxHeader {
		return header{}, errDamaged
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return header{}, damage(err)
	}
	if sha256.Sum256(text) != [sha256.Size]byte(head[len(magic)+4:]) {
		return header{}, errDamaged
	}
	var h header
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&h); err != nil {
		return header{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return h, nil
}

// damage tells a file that ends too soon from one that cannot be read.
func damage(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return err
}

// read reads a batch, after it has checked the file as a whole.
func read(path string) (*schemas.Batch, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	body := info.Size() - sha256.Size
	if body < int64(headBytes) {
		return nil, errDamaged
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, body)); err != nil {
		return nil, err
	}
	var want [sha256.Size]byte
	if _, err := f.ReadAt(want[:], body); err != nil {
		return nil, damage(err)
	}
	if [sha256.Size]byte(sum.Sum(nil)) != want {
		return nil, errDamaged
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, body), 1<<16)
	h, err := parseHeader(r)
	if err != nil {
		return nil, err
	}
	return readBody(r, h)
}

func readBody(r io.Reader, h header) (*schemas.Batch, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBody))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	defer z.Close()
	dec := gob.NewDecoder(z)
	var c content
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	b := &schemas.Batch{Token: h.Token, Ranges: h.Ranges, Findings: c.Findings, Alerts: c.Alerts}
	for range c.Parts {
		p := new(schemas.Part)
		if err := dec.Decode(p); err != nil {
			return nil, fmt.Errorf("%w: %w", errDamaged, err)
		}
		b.Parts = append(b.Parts, p)
	}
	return b, nil
}
