package entities

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// small is a directory with n entities that came often times each and have a
// state.
func small(n, often int) (d *Directory, limit int) {
	d = New(schemas.EntityAddress, room(schemas.EntityAddress, n))
	limit = d.states[0].limit
	for i := range uint64(limit) {
		for range often {
			put(d, sketch.Mix(i), i, 0, 1)
		}
	}
	return d, limit
}

// TestOneShotsPushNobodyOut floods a full directory of entities with a history.
func TestOneShotsPushNobodyOut(t *testing.T) {
	d, limit := small(1024, 12)
	before := d.Bytes() + d.states[0].Bytes()
	for i := range uint64(300000) {
		put(d, sketch.Mix(1<<40|i), i, 0, int64(time.Hour)+int64(i))
	}
	kept := 0
	for i := range uint64(limit) {
		if _, ok := get(d, sketch.Mix(i), 0); ok {
			kept++
		}
	}
	if kept < limit*98/100 {
		t.Errorf("%d of %d entities with a history are left", kept, limit)
	}
	if n, _ := d.Used(); n > d.records.limit || d.Bytes()+d.states[0].Bytes() > before+before/10 {
		t.Errorf("%d entities in %d bytes, want at most %d in %d", n, d.Bytes(), d.records.limit, before)
	}
	if d.Refused+d.states[0].Refused < 290000 {
		t.Errorf("%d were refused", d.Refused)
	}
}

func TestBusyNewcomerGetsIn(t *testing.T) {
	d, limit := small(64, 1)
	tries := 0
	for ; tries < 200 && !put(d, 7, 1, 0, 2); tries++ {
	}
	if _, ok := get(d, 7, 0); !ok || d.states[0].used != limit || tries > 4 {
		t.Errorf("after %d tries there %v, %d states of %d", tries, ok, d.states[0].used, limit)
	}
}

func TestTheSilentGiveWay(t *testing.T) {
	d, _ := small(64, 100)
	if put(d, 7, 1, 0, int64(time.Hour)) {
		t.Error("a newcomer pushes out one with a history")
	}
	week := int64(8 * 24 * time.Hour)
	for i := 0; i < 3 && !put(d, 7, 1, 0, week); i++ {
	}
	if _, ok := get(d, 7, 0); !ok {
		t.Error("there is no room for a newcomer although all others have been silent for a week")
	}
}
