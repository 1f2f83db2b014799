package partition

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
)

// pass moves past a place of the log that cannot be read: a record batch that
// is damaged, unpacks to too much, or is empty. kafka-go does not say where the
// next batch begins, so it is searched: in doubling steps to an offset that can
// be read, then by halves back to the first one. A stretch that can be read
// between two that cannot may be passed over with them, if it is shorter than
// the step. What is passed over is handed on as one message that is cut.
func (r *Reader) pass(ctx context.Context, out Emit) error {
	at, err := r.span(ctx)
	if err != nil {
		return err
	}
	end := min(at.End, r.Until)
	bad, good := r.off, end
	for step := int64(1); bad+step < end; step *= 2 {
		ok, err := r.readable(ctx, bad+step)
		if err != nil {
			return err
		}
		if ok {
			good = bad + step
			break
		}
		bad += step
	}
	for good-bad > 1 {
		mid := bad + (good-bad)/2
		ok, err := r.readable(ctx, mid)
		if err != nil {
			return err
		}
		if ok {
			good = mid
		} else {
			bad = mid
		}
	}
	if good <= r.off {
		return fmt.Errorf("pass over offset %d of %s/%d: %w", r.off, r.Partition.Topic, r.Partition.ID, errStalled)
	}
	r.Metrics.Lost.Add(float64(good - r.off))
	r.Log.Error("part of a log cannot be read and is passed over", "topic", r.Partition.Topic, "partition", r.Partition.ID, "from", r.off, "to", good)
	s := r.open()
	s.cuts = append(s.cuts, ingest.Cut{Index: len(s.ends), Bytes: -1, Reason: ingest.CutUnreadable})
	s.ends = append(s.ends, len(s.data))
	s.offsets = append(s.offsets, r.off)
	r.off = good
	return r.flush(out)
}

// readable reports whether a fetch at offset brings a record at or after it.
// Its error is one of the network.
func (r *Reader) readable(ctx context.Context, offset int64) (ok bool, err error) {
	conn, err := r.Dialer.Leader(ctx, r.Partition.Topic, int(r.Partition.ID))
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	defer func() {
		if recover() != nil { // as in fetch
			ok, err = false, nil
		}
	}()
	if _, err := conn.Seek(offset, kafka.SeekAbsolute|kafka.SeekDontCheck); err != nil {
		return false, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(r.Settings.MaxWait + r.Settings.Timeout))
	b := conn.ReadBatchWith(kafka.ReadBatchConfig{MinBytes: 1, MaxBytes: r.Settings.MaxBytes, MaxWait: r.Settings.MaxWait})
	if err := b.Err(); err != nil {
		b.Close()
		return false, fmt.Errorf("fetch %s/%d: %w", r.Partition.Topic, r.Partition.ID, err)
	}
	buf := make([]byte, 64<<10)
	for {
		_, err := b.Read(buf)
		reached := b.Offset()
		switch {
		case err == nil && reached > offset, errors.Is(err, io.ErrShortBuffer):
			ok = true
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			ok = reached > offset
		case isTransport(err):
			return false, err
		}
		conn.Close() // spares reading the rest of the answer
		b.Close()
		return ok, nil
	}
}
