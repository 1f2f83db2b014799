package broker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net"
	"strings"
	"testing"
)

// TestFramed reads answers of all lengths in pieces, and none whose length
// makes no sense.
func TestFramed(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	f := &framed{Conn: here, r: bufio.NewReaderSize(here, 16), most: 100}
	var sent []byte
	for _, n := range []int{0, 1, 3, 4, 5, 100} {
		sent = binary.BigEndian.AppendUint32(sent, uint32(n))
		sent = append(sent, strings.Repeat("x", n)...)
	}
	go func() {
		for i := range sent { // an answer arrives as the network likes
			_, _ = there.Write(sent[i : i+1])
		}
	}()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(f, got); err != nil || string(got) != string(sent) {
		t.Errorf("have %q, %v", got, err)
	}
	there.Close()
	if _, err := f.Read(got); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	for _, n := range []int32{-1, math.MinInt32, 101, math.MaxInt32} {
		head := binary.BigEndian.AppendUint32(nil, uint32(n))
		f := &framed{r: bufio.NewReader(strings.NewReader(string(head) + "rest")), most: 100}
		if n, err := f.Read(got); n != 0 || !errors.Is(err, errFrame) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
}
