package partition

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
)

const (
	// chunkBytes closes a chunk, slabBytes is what is set aside for one: the
	// room left over takes any message of up to 256 KiB.
	chunkBytes = 1 << 20
	slabBytes  = chunkBytes + 256<<10
	// chunkMessages closes a chunk of tiny messages.
	chunkMessages = 1 << 16
	// excerpt is how much of a message that is too large is handed on.
	excerpt = 4 << 10
)

// slab is the memory of one chunk.
type slab struct {
	data    []byte
	ends    []int
	offsets []int64
	cuts    []ingest.Cut
}

var slabs = sync.Pool{New: func() any { return &slab{data: make([]byte, 0, slabBytes)} }}

func (s *slab) reset() {
	s.data, s.ends, s.offsets, s.cuts = s.data[:0], s.ends[:0], s.offsets[:0], nil
}

// free puts a slab back, unless it grew.
func (s *slab) free() {
	if cap(s.data) == slabBytes {
		slabs.Put(s)
	}
}

// poisonError says that a fetch was answered and its records make no sense to
// kafka-go, or lead nowhere.
type poisonError struct{ error }

func (e *poisonError) Unwrap() error { return e.error }

// fetch makes one fetch and hands on what it brings, in chunks. off moves past
// everything that was handed on, also when an error is returned.
func (r *Reader) fetch(out Emit) (err error) {
	conn := r.conn
	defer func() {
		// kafka-go panics at record batches without a record, which compaction
		// leaves behind. The batch cannot be closed then: its lock is held. What
		// was read before it is handed on.
		p := recover()
		if p == nil {
			return
		}
		conn.Close()
		if err = r.flush(out); err == nil {
			err = &poisonError{fmt.Errorf("read record batch: %v", p)}
		}
	}()
	if _, err := conn.Seek(r.off, kafka.SeekAbsolute|kafka.SeekDontCheck); err != nil {
		return err
	}
	r.extend(conn)
	b := conn.ReadBatchWith(kafka.ReadBatchConfig{MinBytes: r.Settings.MinBytes, MaxBytes: r.Settings.MaxBytes, MaxWait: r.Settings.MaxWait})
	if err := b.Err(); err != nil {
		b.Close()
		return fmt.Errorf("fetch %s/%d: %w", r.Partition.Topic, r.Partition.ID, err)
	}
	r.Metrics.Fetches.Inc()
	r.end = b.HighWaterMark()
	r.State.End.Store(r.end)
	before := r.off
	fill := r.fill
	if r.whole {
		fill = r.fillWhole
	}
	err = fill(conn, b, out)
	if h, ok := err.(*handlerError); ok {
		conn.Close() // what is left of the answer need not be read
		b.Close()
		return h
	}
	switch {
	case errors.Is(err, io.EOF):
		err = nil
		r.off = min(max(r.off, b.Offset()), r.Until)
		if r.off == before && r.end > r.off {
			err = &poisonError{errStalled}
		}
	case errors.Is(err, kafka.RequestTimedOut), errors.Is(err, io.ErrShortBuffer), errors.Is(err, errUntil):
		err = nil
	case !isTransport(err):
		err = &poisonError{err}
		conn.Close() // what is left cannot be told, and Close would wait for it
	}
	b.Close()
	if flushed := r.flush(out); flushed != nil {
		return flushed
	}
	if err != nil {
		err = fmt.Errorf("read %s/%d: %w", r.Partition.Topic, r.Partition.ID, err)
	}
	return err
}

var (
	// errUntil ends a fetch at the offset that the reader stops before.
	errUntil = errors.New("end of range")
	// errBeyond is a record with an offset that the log has not reached:
	// kafka-go has lost its way in a damaged batch.
	errBeyond = errors.New("record with an offset beyond the log's end")
)

// fill reads values straight into slabs until the answer ends.
func (r *Reader) fill(conn *kafka.Conn, b *kafka.Batch, out Emit) error {
	for {
		s := r.open()
		at := len(s.data)
		n, err := b.Read(s.data[at:cap(s.data):cap(s.data)])
		if err != nil {
			if errors.Is(err, io.ErrShortBuffer) && len(s.ends) == 0 {
				r.whole = true
			}
			return err
		}
		o := b.Offset() - 1
		if o < r.off {
			continue // a record batch begins before the offset that was asked for
		}
		if o >= r.Until {
			r.off = r.Until
			return errUntil
		}
		if o >= r.end {
			return errBeyond
		}
		r.off = o + 1
		if isMarker(s.data[at : at+n]) {
			r.Metrics.Markers.Inc()
			continue
		}
		s.data = s.data[:at+n]
		s.ends = append(s.ends, len(s.data))
		s.offsets = append(s.offsets, o)
		if len(s.data) >= chunkBytes || len(s.ends) >= chunkMessages {
			if err := r.flush(out); err != nil {
				return err
			}
			r.extend(conn)
		}
	}
}

// fillWhole reads messages one by one, so that one that is longer than a slab
// gets through, and one that is longer than the bound is cut.
func (r *Reader) fillWhole(conn *kafka.Conn, b *kafka.Batch, out Emit) error {
	r.whole = false
	for {
		m, err := b.ReadMessage()
		if err != nil {
			return err
		}
		if m.Offset < r.off {
			continue
		}
		if m.Offset >= r.Until {
			r.off = r.Until
			return errUntil
		}
		if m.Offset >= r.end {
			return errBeyond
		}
		r.off = m.Offset + 1
		if isMarker(m.Value) {
			r.Metrics.Markers.Inc()
			continue
		}
		s := r.open()
		if len(m.Value) > r.Settings.MaxMessageBytes {
			s.cuts = append(s.cuts, ingest.Cut{Index: len(s.ends), Bytes: int64(len(m.Value)), Reason: ingest.CutTooLarge})
			m.Value = m.Value[:excerpt]
		}
		s.data = append(s.data, m.Value...)
		s.ends = append(s.ends, len(s.data))
		s.offsets = append(s.offsets, m.Offset)
		if len(s.data) >= chunkBytes || len(s.ends) >= chunkMessages {
			if err := r.flush(out); err != nil {
				return err
			}
			r.extend(conn)
		}
	}
}

// open returns the slab that is being filled.
func (r *Reader) open() *slab {
	if r.slab == nil {
		r.slab = slabs.Get().(*slab)
		r.slab.reset()
	}
	return r.slab
}

// flush hands on what was gathered, as one chunk that covers everything since
// the last one. A chunk that covers offsets without a message is empty.
func (r *Reader) flush(out Emit) error {
	if r.off <= r.covered {
		return nil
	}
	s := r.open()
	if len(s.data) <= slabBytes/4 && cap(s.data) == slabBytes {
		// A quiet topic gives a few messages a fetch: they get memory of their
		// size, and the slab is filled again.
		s = s.clone()
	} else {
		r.slab = nil
	}
	c := &ingest.Chunk{
		Topic: r.Partition.Topic, Partition: r.Partition.ID,
		Slab: s.data, Ends: s.ends, Offsets: s.offsets, Cut: s.cuts,
		First: r.covered, Next: r.off, More: r.off < r.end,
		Free: s.free,
	}
	if r.slab != nil {
		c.Free = nil
		r.slab.reset()
	}
	for _, cut := range c.Cut {
		r.Metrics.Cut.WithLabelValues(cut.Reason).Inc()
	}
	r.messages.Add(float64(len(c.Ends)))
	r.bytes.Add(float64(len(c.Slab)))
	r.Metrics.Chunks.Inc()
	r.State.Position.Store(r.off)
	if err := out(c); err != nil {
		return &handlerError{err}
	}
	r.covered = r.off
	return nil
}

func (s *slab) clone() *slab {
	return &slab{
		data:    append(make([]byte, 0, len(s.data)), s.data...),
		ends:    append(make([]int, 0, len(s.ends)), s.ends...),
		offsets: append(make([]int64, 0, len(s.offsets)), s.offsets...),
		cuts:    s.cuts,
	}
}

// extend gives the broker time to answer: as long as it may hold a fetch, and
// what it takes to send the answer. kafka-go reports a deadline that passes
// before as an error of the connection.
func (r *Reader) extend(conn *kafka.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(r.Settings.MaxWait + r.Settings.Timeout))
}

// isMarker recognises what ends a transaction: kafka-go hands its value over
// as if it were a message. It is version 0 and the coordinator's epoch, six
// bytes; no log record begins with two zero bytes.
// https://github.com/apache/kafka/blob/4.1/clients/src/main/resources/common/message/EndTxnMarker.json
func isMarker(v []byte) bool { return len(v) == 6 && v[0] == 0 && v[1] == 0 }

// isTransport tells errors of the network and of the brokers from those of the
// records themselves.
func isTransport(err error) bool {
	var ne net.Error
	var ke kafka.Error
	return err == nil || errors.As(err, &ne) || errors.As(err, &ke) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, io.ErrNoProgress)
}
