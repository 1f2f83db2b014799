package codec

import (
	"bytes"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	var w Writer
	memory := []uint64{1, 2, 1 << 63}
	w.Number(42)
	w.Flag(true)
	w.Flag(false)
	w.Bytes([]byte("text"))
	w.Block(Memory(memory))
	w.Block(BlocksMemory([][64]uint8{{7}}))
	w.Bytes([]byte("four"))
	r := NewReader(w.B)
	back, block, four := make([]uint64, 3), make([][64]uint8, 1), make([]byte, 4)
	if r.Number() != 42 || !r.Flag() || r.Flag() || string(r.Bytes()) != "text" {
		t.Error("numbers, flags or bytes differ")
	}
	if r.BlockLen() != 24 {
		t.Errorf("length of the block is %d", r.BlockLen())
	}
	r.Block(Memory(back))
	r.Block(BlocksMemory(block))
	r.Into(four)
	if !r.Done() || back[2] != 1<<63 || block[0][0] != 7 || !bytes.Equal(four, []byte("four")) {
		t.Errorf("done %v, back %v, block %v", r.Done(), back, block[0][:2])
	}
}

func TestDamage(t *testing.T) {
	for name, read := range map[string]func(*Reader){
		"number":    func(r *Reader) { r.Number() },
		"bytes":     func(r *Reader) { r.Bytes() },
		"count":     func(r *Reader) { r.Count(1) },
		"block":     func(r *Reader) { r.Block(make([]byte, 8)) },
		"into":      func(r *Reader) { r.Into(make([]byte, 8)) },
		"all twice": func(r *Reader) { r.Bytes(); r.Bytes() },
	} {
		for _, input := range [][]byte{nil, {1}, bytes.Repeat([]byte{0xff}, 40), {200, 0, 0, 0, 0, 0, 0, 0, 1}} {
			r := NewReader(input)
			if name == "number" && len(input) >= 8 {
				continue
			}
			if read(r); !r.Bad() || r.Done() {
				t.Errorf("%s of %d bytes is not bad", name, len(input))
			}
			if r.Number() != 0 || r.Count(1) != 0 || len(r.Bytes()) != 0 {
				t.Errorf("%s: a bad reader reads something", name)
			}
		}
	}
}
