package engine_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"reflect"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// TestSnapshotOfVersion3IsRead: testdata/snapshot.v3 was written by the engine before
// it knew traces and causes, after the first half of this traffic.
func TestSnapshotOfVersion3IsRead(t *testing.T) {
	state, err := os.ReadFile("testdata/snapshot.v3")
	if err != nil {
		t.Fatal(err)
	}
	events := detectortest.Batch(0, traffic(3, 400)).Parts[0].Events
	plain := func(found []schemas.Finding) []schemas.Finding {
		for i := range found { // who was known before has a shorter trace
			found[i].Series, found[i].Related, found[i].RelatedAll = nil, nil, false
		}
		return found
	}
	whole := detectortest.New(t, detectortest.Settings(), toys()...)
	if _, err := whole.Observe(detectortest.Batch(0, events[:200]), nil); err != nil {
		t.Fatal(err)
	}
	again := detectortest.New(t, detectortest.Settings(), toys()...)
	if err := again.Restore(state); err != nil {
		t.Fatalf("the snapshot is not read: %v", err)
	}
	rest := func(e *engine.Engine) []schemas.Finding {
		found, err := e.Observe(detectortest.Batch(200, events[200:]), nil)
		if err != nil {
			t.Fatal(err)
		}
		return plain(append(found, e.Flush()...))
	}
	want, got := rest(whole), rest(again)
	if len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d findings, want the same %d", len(got), len(want))
	}
}

func TestSnapshotOfALaterVersionIsRefused(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), toys()...)
	state, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	n := len(state) - 4
	binary.LittleEndian.PutUint64(state, binary.LittleEndian.Uint64(state)+1)
	binary.LittleEndian.PutUint32(state[n:], crc32.Checksum(state[:n], crc32.MakeTable(crc32.Castagnoli)))
	if err := e.Restore(state); !errors.Is(err, engine.ErrFingerprint) {
		t.Errorf("error %v", err)
	}
}
