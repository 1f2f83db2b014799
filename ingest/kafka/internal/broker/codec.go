package broker

import (
	"errors"
	"io"

	"github.com/segmentio/kafka-go/compress"
)

// maxBatch bounds what one compressed record batch may unpack to. Brokers take
// batches of 1 MB as packed by default (message.max.bytes) and do not look at
// what comes out; kafka-go unpacks a batch whole, into memory. 64 MiB is a
// batch of 1 MB at 64 to 1, ten times what access logs reach.
const maxBatch = 64 << 20

var errBatchTooLarge = errors.New("record batch unpacks to more than 64 MiB")

// kafka-go finds its codecs in a table of its own and offers no other way to
// bound them, so the bounded ones are put there before anything reads it.
func init() {
	for i, c := range compress.Codecs {
		if c != nil {
			compress.Codecs[i] = boundedCodec{c}
		}
	}
}

type boundedCodec struct{ compress.Codec }

func (c boundedCodec) NewReader(r io.Reader) io.ReadCloser {
	return &boundedReader{ReadCloser: c.Codec.NewReader(r), left: maxBatch}
}

type boundedReader struct {
	io.ReadCloser
	left int
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errBatchTooLarge
	}
	n, err := r.ReadCloser.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}
