package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// ErrFingerprint is returned for a snapshot of other detectors, another layout
// of their states, another key or another version. It cannot be read.
var ErrFingerprint = errors.New("snapshot is of other detectors or another key")

// ErrCorrupt is returned for a snapshot that is not as it was written.
var ErrCorrupt = errors.New("snapshot is damaged")

// snapshotVersion changes with the form of a snapshot.
const snapshotVersion = 1

// Fingerprint identifies what a snapshot depends on: the version, the key, and
// each detector's id, kind of entity, window and layout of states. Thresholds,
// memory, shards and workers are not in it: a snapshot outlives their change.
func (e *Engine) Fingerprint() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fingerprint()
}

func (e *Engine) fingerprint() string {
	h := sha256.New()
	order := binary.NativeEndian.Uint16([]byte{1, 0})
	fmt.Fprintln(h, snapshotVersion, order, e.key.String("fingerprint"))
	for _, w := range e.watches {
		fmt.Fprintln(h, w.spec.ID, w.spec.Entity, int64(w.spec.Window), w.Layout())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seen returns, for each partition, the offset up to which (not including)
// events are in the state; First is not used.
func (e *Engine) Seen() []schemas.Range {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seenRanges()
}

func (e *Engine) seenRanges() []schemas.Range {
	var out []schemas.Range
	for _, p := range e.timeline.partitions {
		out = append(out, schemas.Range{Topic: p.topic, Partition: p.number, Next: p.next})
	}
	slices.SortFunc(out, func(a, b schemas.Range) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		return int(a.Partition) - int(b.Partition)
	})
	return out
}

// Checkpoint returns a snapshot with the fingerprint and the offsets that
// belong to it; Group and Created are the caller's.
func (e *Engine) Checkpoint() (schemas.Checkpoint, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return schemas.Checkpoint{}, ErrClosed
	}
	return schemas.Checkpoint{Fingerprint: e.fingerprint(), Seen: e.seenRanges(), State: e.snapshot()}, nil
}

// Snapshot returns the whole state, compressed. The shards are written side by
// side; Observe waits meanwhile.
func (e *Engine) Snapshot() ([]byte, error) {
	c, err := e.Checkpoint()
	return c.State, err
}

func (e *Engine) snapshot() []byte {
	blocks := make([][]byte, len(e.shards))
	e.pool.run(e.helpers, func(i int) { blocks[i] = e.shards[i].encode() })
	var w writer
	w.bytes([]byte(e.fingerprint()))
	w.number(uint64(e.timeline.clock))
	w.number(uint64(len(e.timeline.partitions)))
	for _, p := range e.timeline.partitions {
		w.bytes([]byte(p.topic))
		for _, n := range []int64{int64(p.number), p.next, p.clock, int64(p.ahead), int64(p.behind)} {
			w.number(uint64(n))
		}
	}
	for _, d := range e.watches {
		w.number(uint64(d.frame.start))
		w.flag(d.frame.opened)
		w.bytes(bytesOf(d.prev))
	}
	w.number(uint64(len(blocks)))
	for _, b := range blocks {
		w.bytes(b)
	}
	return binary.LittleEndian.AppendUint32(w.b, crc32.Checksum(w.b, castagnoli))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode writes a shard: its tables, estimates and what was told.
func (s *shard) encode() []byte {
	var w writer
	for _, t := range s.tables {
		w.number(uint64(t.used))
		w.number(uint64(t.hand))
		for i := 0; i < t.used; i += chunkEntries {
			n := min(chunkEntries, t.used-i)
			w.block(bytesOf(t.chunks[i/chunkEntries][:n*t.stride]))
		}
	}
	for _, f := range s.seen {
		if w.flag(f != nil); f != nil {
			w.number(uint64(f.added))
			w.block(bytesOfBlocks(f.blocks))
		}
	}
	w.number(uint64(len(s.told)))
	for t, severity := range s.told {
		w.bytes([]byte(t.watch))
		for _, n := range []uint64{t.rule, t.key, uint64(t.start), uint64(severity)} {
			w.number(n)
		}
	}
	return w.b
}

// Restore puts the state of a snapshot in place of the engine's. After an
// error the engine has no state, as if it were new. Entities are dealt anew if
// the number of shards differs; those for which there is no memory are left
// out.
func (e *Engine) Restore(snapshot []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.reset()
	if err := e.restore(snapshot); err != nil {
		e.reset()
		return err
	}
	e.reckon()
	e.measure()
	return nil
}

// reset forgets all state.
func (e *Engine) reset() {
	e.timeline = newTimeline(&e.settings.Config)
	for _, w := range e.watches {
		w.frame = newFrame(w.spec.Window)
		clear(w.prev)
	}
	for _, s := range e.shards {
		for _, t := range s.tables {
			t.clear()
		}
		for _, f := range s.seen {
			if f != nil {
				f.added = 0
				clear(f.blocks)
			}
		}
		clear(s.told)
	}
	e.reckon()
}

func (e *Engine) restore(snapshot []byte) error {
	n := len(snapshot) - 4
	if n < 0 || crc32.Checksum(snapshot[:n], castagnoli) != binary.LittleEndian.Uint32(snapshot[n:]) {
		return ErrCorrupt
	}
	r := reader{b: snapshot[:n]}
	if string(r.bytes()) != e.fingerprint() {
		return ErrFingerprint
	}
	t := e.timeline
	t.clock = int64(r.number())
	for range r.count(48) {
		topic := string(r.bytes())
		p := &t.partitions[t.place(topic, int32(r.number()))]
		p.next, p.clock = int64(r.number()), int64(r.number())
		p.ahead, p.behind = int32(r.number()), int32(r.number())
	}
	for _, w := range e.watches {
		w.frame.start, w.frame.opened = int64(r.number()), r.flag()
		if w.frame.start < 0 || w.frame.start%w.frame.window != 0 || w.frame.start > math.MaxInt64/2 {
			return ErrCorrupt
		}
		r.into(bytesOf(w.prev))
	}
	shards := r.count(8)
	for i := range shards {
		if err := e.decode(r.bytes(), i, shards); err != nil {
			return err
		}
	}
	if r.bad || len(r.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

// decode reads what was shard i of shards.
func (e *Engine) decode(block []byte, i, shards int) error {
	r := reader{b: block}
	same := shards == len(e.shards)
	for _, w := range e.watches {
		used, hand := r.count(0), r.count(0)
		stride := e.shards[0].tables[w.index].stride
		chunk := make([]uint64, chunkEntries*stride)
		for done := 0; done < used && !r.bad; done += chunkEntries {
			n := min(chunkEntries, used-done)
			r.block(bytesOf(chunk[:n*stride]))
			for j := 0; j < n && !r.bad; j++ {
				e.readmit(w, chunk[j*stride:(j+1)*stride])
			}
		}
		if t := e.tableOf(w, i); same && hand < t.used {
			t.hand = hand
		}
	}
	for kind := range kinds {
		if !r.flag() {
			continue
		}
		added, size := int(r.number()), r.blockLen()
		var f *frequency
		if i < len(e.shards) {
			f = e.shards[i].seen[kind]
		}
		if same && f != nil && size == len(f.blocks)*64 {
			f.added = added
			r.block(bytesOfBlocks(f.blocks))
		} else {
			r.bytes()
		}
	}
	for range r.count(40) {
		t := told{watch: string(r.bytes()), rule: r.number(), key: r.number(), start: int64(r.number())}
		e.shards[e.shardOf(t.key)].told[t] = schemas.Severity(r.number())
	}
	if r.bad || len(r.b) > 0 {
		return ErrCorrupt
	}
	return nil
}

func (e *Engine) tableOf(w *watch, shard int) *table {
	return e.shards[shard%len(e.shards)].tables[w.index]
}

// readmit puts the entry in memory into the table of its shard.
func (e *Engine) readmit(w *watch, memory []uint64) {
	head := (*entry)(unsafe.Pointer(&memory[0]))
	shard := e.shardOf(head.key)
	if w.spec.Entity == schemas.EntityGlobal {
		shard = 0
	}
	t := e.tableOf(w, shard)
	if _, double := t.find(head.key); double || t.used >= t.limit || int(head.named) > t.names*8 {
		return
	}
	if place, ok := t.insert(head.key, 0); ok {
		copy(t.words(place), memory)
	}
}
