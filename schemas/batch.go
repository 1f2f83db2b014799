package schemas

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Range is a run of offsets of one partition: First is in it, Next is not.
type Range struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	First     int64  `json:"first"`
	Next      int64  `json:"next"`
}

// Part is what ingest made of one chunk of one partition, in offset order.
type Part struct {
	Range   Range
	Events  []Event
	Rejects []Reject
	// Skipped counts what was understood and is no request.
	Skipped int64
	// Sealed are the encrypted texts of prompts, if policy keeps them.
	Sealed []Sealed
	// Aliases join pseudonyms of one identity under two keys of the ring.
	Aliases []Alias
}

// Sealed is the redacted text of a prompt, encrypted.
type Sealed struct {
	Position  Position
	Time      int64 // of the event, in Unix nanoseconds
	Principal string
	RequestID string
	KeyID     string
	// Data is the nonce and the ciphertext of AES-256-GCM.
	Data []byte
}

// Alias says that two pseudonyms are of one identity: Old under an older key
// of the ring, New under the current one.
type Alias struct {
	Old, New string
	Time     int64 // of the event that showed it, in Unix nanoseconds
}

// Batch is the unit of storage: it is stored whole, once, under its token.
type Batch struct {
	// Token identifies the batch: the same ranges give the same token.
	Token string
	// Ranges are the offsets that the batch covers, at most one range a
	// partition, sorted by topic and partition.
	Ranges []Range
	Parts  []*Part
	// Findings and Alerts are what the detectors and alerting made of the
	// batch; they are stored with it.
	Findings []Finding
	Alerts   []Alert
}

// Len returns the number of events in the batch.
func (b *Batch) Len() int {
	n := 0
	for _, p := range b.Parts {
		n += len(p.Events)
	}
	return n
}

// Rejects returns the number of rejects in the batch.
func (b *Batch) Rejects() int {
	n := 0
	for _, p := range b.Parts {
		n += len(p.Rejects)
	}
	return n
}

// Seal derives Ranges and Token from the parts. The parts of a partition must
// follow one another without overlap, as ingest hands them over.
func (b *Batch) Seal() {
	b.Ranges = b.Ranges[:0]
	for _, p := range b.Parts {
		i := slices.IndexFunc(b.Ranges, func(r Range) bool {
			return r.Partition == p.Range.Partition && r.Topic == p.Range.Topic
		})
		if i < 0 {
			b.Ranges = append(b.Ranges, p.Range)
			continue
		}
		b.Ranges[i].First = min(b.Ranges[i].First, p.Range.First)
		b.Ranges[i].Next = max(b.Ranges[i].Next, p.Range.Next)
	}
	slices.SortFunc(b.Ranges, func(x, y Range) int {
		if c := strings.Compare(x.Topic, y.Topic); c != 0 {
			return c
		}
		return int(x.Partition) - int(y.Partition)
	})
	b.Token = TokenOf(b.Ranges)
}

// TokenOf returns the token of a batch that covers ranges, in their order: 32
// hexadecimal digits of a SHA-256 over them.
func TokenOf(ranges []Range) string {
	h := sha256.New()
	var buf [28]byte
	for _, r := range ranges {
		binary.BigEndian.PutUint64(buf[0:], uint64(len(r.Topic)))
		binary.BigEndian.PutUint32(buf[8:], uint32(r.Partition))
		binary.BigEndian.PutUint64(buf[12:], uint64(r.First))
		binary.BigEndian.PutUint64(buf[20:], uint64(r.Next))
		h.Write(buf[:])
		h.Write([]byte(r.Topic))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Intent is written before a batch: whoever finds it without the offsets being
// committed writes the same batch again, under the same token.
type Intent struct {
	Token   string
	Group   string
	Ranges  []Range
	Created time.Time
}

// Reject is a record, or a part of one, that could not become an event.
type Reject struct {
	Position Position `json:"position"`
	// Stage is where it failed: "frame", "decode", "redact".
	Stage string `json:"stage"`
	// Reason is one of the documented reasons; it never quotes input.
	Reason string `json:"reason"`
	// Format is the format that was taken for the record, if it got that far.
	Format string `json:"format,omitempty"`
	// Bytes is the length of the record.
	Bytes int64 `json:"bytes"`
	// Excerpt is the redacted beginning of the record; it may be empty.
	Excerpt string `json:"excerpt,omitempty"`
}

// Checkpoint is a snapshot of the detectors' state, tied to what it has seen.
type Checkpoint struct {
	// Group is the consumer group, Fingerprint the hash of the detectors'
	// settings: a snapshot of other settings is not read.
	Group       string
	Fingerprint string
	// Seen has, for each partition, the offset up to which (not including)
	// events are in State. First is not used.
	Seen    []Range
	Created time.Time
	State   []byte
}

// Arena hands out strings that share large blocks, so that the many short
// strings of a chunk cost one allocation together. It is not safe for
// concurrent use. Its memory is freed when no string of it is referenced.
type Arena struct{ block []byte }

// arenaBlock is the size of a block: some hundred strings, and little enough
// to be held by one string that was not cloned.
const arenaBlock = 32 << 10

// Bytes returns a string with the content of b.
func (a *Arena) Bytes(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > arenaBlock/4 {
		return string(b)
	}
	if cap(a.block)-len(a.block) < len(b) {
		a.block = make([]byte, 0, arenaBlock)
	}
	n := len(a.block)
	a.block = append(a.block, b...)
	return view(a.block[n:])
}

// String returns a copy of s.
func (a *Arena) String(s string) string {
	if len(s) == 0 {
		return ""
	}
	if len(s) > arenaBlock/4 {
		return strings.Clone(s)
	}
	if cap(a.block)-len(a.block) < len(s) {
		a.block = make([]byte, 0, arenaBlock)
	}
	n := len(a.block)
	a.block = append(a.block, s...)
	return view(a.block[n:])
}
