package broker

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/segmentio/kafka-go/compress"
)

// TestBoundedCodecs unpacks what fits and what does not, with each codec.
func TestBoundedCodecs(t *testing.T) {
	for _, codec := range compress.Codecs[1:] {
		for _, size := range []int{0, 1, 1 << 20, maxBatch - 1, maxBatch + 1} {
			var packed bytes.Buffer
			w := codec.NewWriter(&packed)
			block := make([]byte, 1<<20)
			for left := size; left > 0; left -= len(block) {
				if _, err := w.Write(block[:min(left, len(block))]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r := codec.NewReader(&packed)
			n, err := io.Copy(io.Discard, r)
			r.Close()
			if size <= maxBatch && (err != nil || n != int64(size)) || size > maxBatch && (!errors.Is(err, errBatchTooLarge) || n > maxBatch) {
				t.Errorf("%s: %d of %d bytes, %v", codec.Name(), n, size, err)
			}
		}
	}
}
