package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// ErrFingerprint is returned for a snapshot of other detectors, another layout
// of their states, another key or another version. It cannot be read.
var ErrFingerprint = errors.New("snapshot is of other detectors or another key")

// ErrCorrupt is returned for a snapshot that is not as it was written.
var ErrCorrupt = errors.New("snapshot is damaged")

// snapshotVersion changes with the form of a snapshot. Of readVersion and later all
// are read, so it stands in the fingerprint: a snapshot of it begins with the
// fingerprint's length, later ones with their version.
const (
	snapshotVersion = 4
	readVersion     = 3
)

// fingerprintLen is the length of a fingerprint: a SHA-256 in hexadecimal digits.
const fingerprintLen = 2 * sha256.Size

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
	fmt.Fprintln(h, readVersion, order, e.shared.Key.String("fingerprint"))
	for _, w := range e.watches {
		fmt.Fprintln(h, w.Spec.ID, w.Spec.Entity, int64(w.Spec.Window), w.Layout())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seen returns, for each partition, the offset up to which (not including)
// events are in the state; First is not used.
func (e *Engine) Seen() []schemas.Range {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.timeline.Seen()
}

// Checkpoint returns a snapshot with the fingerprint and the offsets that
// belong to it; Group and Created are the caller's. It waits for correlators: the
// snapshot has what they found and was not returned yet.
func (e *Engine) Checkpoint() (schemas.Checkpoint, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settleAll()
	if e.closed() { // also in the meantime
		return schemas.Checkpoint{}, ErrClosed
	}
	return schemas.Checkpoint{Fingerprint: e.fingerprint(), Seen: e.timeline.Seen(), State: e.snapshot()}, nil
}

// Snapshot returns the whole state, compressed. The shards are written side by
// side; Observe waits meanwhile.
func (e *Engine) Snapshot() ([]byte, error) {
	c, err := e.Checkpoint()
	return c.State, err
}

func (e *Engine) snapshot() []byte {
	blocks := make([][]byte, len(e.shards))
	e.pool.Run(e.helpers, func(i int) { blocks[i] = e.shards[i].Encode() })
	var w codec.Writer
	w.Number(snapshotVersion)
	w.Bytes([]byte(e.fingerprint()))
	w.Number(e.shared.Allow.Generation)
	e.timeline.Encode(&w)
	for _, d := range e.watches {
		w.Number(uint64(d.Frame.Start))
		w.Flag(d.Frame.Opened)
		w.Bytes(codec.Memory(d.Prev))
		w.Bytes(e.save(d))
	}
	correlation.Encode(&w, e.pending)
	w.Flag(e.shared.Rotated)
	e.hidden.Encode(&w)
	w.Number(uint64(e.minute))
	ceased.EncodeList(&w, e.ceased)
	w.Number(uint64(len(blocks)))
	for _, b := range blocks {
		w.Bytes(b)
	}
	return binary.LittleEndian.AppendUint32(w.B, crc32.Checksum(w.B, castagnoli))
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Restore puts the state of a snapshot in place of the engine's. After an
// error the engine has no state, as if it were new. Entities are dealt anew if
// the number of shards differs; those for which there is no memory are left
// out.
func (e *Engine) Restore(snapshot []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed() {
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
	c := &e.settings.Config
	e.timeline = timeline.New(c.Lateness, c.Idle, c.Jump)
	e.hidden.Reset()
	e.pending, e.shared.Rotated = nil, false
	e.ceased, e.minute = nil, 0
	for _, w := range e.watches {
		w.Stop()
		e.load(w, nil)
		w.Frame = timeline.NewFrame(w.Spec.Window)
		clear(w.Prev)
	}
	for _, s := range e.shards {
		s.Clear()
	}
	e.reckon()
}

func (e *Engine) restore(snapshot []byte) error {
	n := len(snapshot) - 4
	if n < 0 || crc32.Checksum(snapshot[:n], castagnoli) != binary.LittleEndian.Uint32(snapshot[n:]) {
		return ErrCorrupt
	}
	r := codec.NewReader(snapshot[:n])
	version := uint64(readVersion)
	if len(snapshot) < 8 || binary.LittleEndian.Uint64(snapshot) != fingerprintLen {
		version = r.Number()
	}
	if version > snapshotVersion || string(r.Bytes()) != e.fingerprint() {
		return ErrFingerprint
	}
	sameRules := r.Number() == e.shared.Allow.Generation
	e.timeline.Decode(r)
	kept := make([][]byte, len(e.watches))
	for i, w := range e.watches {
		start := int64(r.Number())
		if start < 0 || start%w.Frame.Window != 0 || start > math.MaxInt64/2 {
			return ErrCorrupt
		}
		w.Frame.Move(start)
		w.Frame.Opened = r.Flag()
		r.Into(codec.Memory(w.Prev))
		kept[i] = r.Bytes()
	}
	e.pending = correlation.Decode(r)
	e.shared.Rotated = r.Flag()
	e.hidden.Decode(r)
	if version > readVersion {
		e.minute = int64(r.Number())
		e.ceased = ceased.DecodeList(r)
	}
	shards := r.Count(8)
	for i := range shards {
		if err := e.decode(r.Bytes(), i, shards, version == readVersion); err != nil {
			return err
		}
	}
	if !r.Done() {
		return ErrCorrupt
	}
	for _, s := range e.shards {
		s.KeepTold(e.watches)
	}
	if !sameRules {
		e.unrule()
	}
	for i, w := range e.watches {
		e.load(w, kept[i])
	}
	return nil
}

// decode reads what was shard i of shards; old is that it is of readVersion.
func (e *Engine) decode(block []byte, i, shards int, old bool) error {
	r := codec.NewReader(block)
	for kind, like := range e.shards[0].Dirs {
		if like == nil {
			continue
		}
		d := like.Decode(r, old)
		switch {
		case d == nil:
			return ErrCorrupt
		case shards == len(e.shards):
			e.shards[i].Dirs[kind].Take(d)
		default:
			d.Deal(func(key uint64) *entities.Directory { return e.shards[e.shardOf(key)].Dirs[kind] })
		}
	}
	told.Decode(r, func(key uint64) *told.Told { return e.shards[e.shardOf(key)].Told })
	if !old {
		ceased.Decode(r, func(key uint64) *ceased.Causes { return e.shards[e.shardOf(key)].Causes })
	}
	if !r.Done() {
		return ErrCorrupt
	}
	return nil
}
