package told

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

func TestTold(t *testing.T) {
	a := New(4)
	tell := func(key uint64, s schemas.Severity, emit, full bool) {
		t.Helper()
		if e, f := a.Tell(Once{Rule: 1, Watch: "x.y", Key: key, Start: 60}, s); e != emit || f != full {
			t.Errorf("key %d at %v: emit %v, full %v", key, s, e, f)
		}
	}
	tell(1, schemas.SeverityLow, true, false)
	tell(1, schemas.SeverityLow, false, false)
	tell(1, schemas.SeverityHigh, true, false)
	tell(1, schemas.SeverityMedium, false, false)
	tell(2, schemas.SeverityLow, true, false)
	tell(3, schemas.SeverityMedium, false, true)
	tell(3, schemas.SeverityHigh, true, false)
	tell(4, schemas.SeverityCritical, true, false)
	tell(5, schemas.SeverityCritical, false, true)

	var w codec.Writer
	a.Encode(&w)
	r, back := codec.NewReader(w.B), []*Told{New(4), New(4)}
	Decode(r, func(key uint64) *Told { return back[key&1] })
	if !r.Done() || len(back[0].told) != 2 || len(back[1].told) != 2 || back[1].told[Once{1, "x.y", 1, 60}] != schemas.SeverityHigh {
		t.Errorf("read %v and %v", back[0].told, back[1].told)
	}
	if a.Forget(func(o Once) bool { return o.Key == 1 }); len(a.told) != 3 {
		t.Error("not forgotten")
	}
	tell(1, schemas.SeverityHigh, true, false)
	if a.Clear(); len(a.told) != 0 {
		t.Error("not cleared")
	}
}
