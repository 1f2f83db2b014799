package exceptions

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

var monday = time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)

func finding(severity schemas.Severity) *schemas.Finding {
	return &schemas.Finding{Detector: "rate.spike", Severity: severity, Detected: monday}
}

func TestFirstRuleCovers(t *testing.T) {
	var key sketch.Key
	list := New([]Allow{
		{Principal: "a", Owner: "o", Reason: "r", Expires: monday},
		{Detector: "rate", Network: "internal", Owner: "p", Reason: "r"},
	}, key)
	var inside entities.Record
	d := entities.New(schemas.EntityPrincipal, entities.Limits{Records: 4096, Seen: 64})
	place, _ := d.See(key.String("a"), 0, &entities.Traits{Time: 1, Network: schemas.NetworkInternal})
	inside = *d.At(place)
	for name, c := range map[string]struct {
		detector      string
		record        *entities.Record
		now           int64
		rule, expired int
	}{
		"in force":          {"scan.paths", &inside, monday.UnixNano() - 1, 1, 0},
		"over":              {"scan.paths", &inside, monday.UnixNano(), 0, 1},
		"over, and another": {"rate.spike", &inside, monday.UnixNano(), 2, 1},
		"nothing known":     {"rate.spike", nil, monday.UnixNano(), 0, 1},
	} {
		rule, expired := list.Covering(c.detector, schemas.EntityPrincipal, key.String("a"), netip.Addr{}, c.record, c.now)
		if rule != c.rule || rule == 0 && expired != c.expired {
			t.Errorf("%s: rule %d, expired %d", name, rule, expired)
		}
	}
	if x := list.Exception(2); x.Owner != "p" {
		t.Errorf("exception %+v", x)
	}
}

func TestTenantIsHashedOnlyIfARuleAsks(t *testing.T) {
	if n := New([]Allow{{Detector: "x"}}, sketch.Key{}).Tenant("acme"); n != 0 {
		t.Error("hashed for nobody")
	}
	if n := New([]Allow{{Tenant: "acme"}}, sketch.Key{}).Tenant("acme"); n < 2 {
		t.Error("not hashed")
	}
}

func TestHiddenGoesOnAfterARestart(t *testing.T) {
	list := New([]Allow{{Detector: "rate", Owner: "ops", Reason: "eval"}, {Detector: "scan", Owner: "sec", Reason: "pentest", Expires: monday.Add(-time.Hour)}}, sketch.Key{})
	h := NewHidden(3, "db.events")
	if h.PassDay(list, monday.UnixNano(), monday.UnixNano()) != nil || h.End != monday.Add(12*time.Hour).UnixNano() {
		t.Fatalf("the day ends at %v", time.Unix(0, h.End).UTC())
	}
	for range 2 {
		if h.Hide(list, 1, finding(schemas.SeverityHigh)) != nil {
			t.Error("reported too early")
		}
	}
	if f := h.Lapse(list, 2, finding(schemas.SeverityLow)); f == nil || !strings.Contains(f.Summary, "sec (pentest) expired on 2026-01-05 11:00:00 UTC") {
		t.Errorf("lapse: %+v", f)
	}
	var w codec.Writer
	h.Encode(&w)
	back := NewHidden(3, "db.events")
	r := codec.NewReader(w.B)
	if back.Decode(r); !r.Done() || back.End != h.End {
		t.Fatal("it cannot be read")
	}
	if back.Lapse(list, 2, finding(schemas.SeverityLow)) != nil {
		t.Error("the lapse is told twice")
	}
	back.Hide(list, 1, finding(schemas.SeverityLow))
	out := back.PassDay(list, back.End, back.End)
	if len(out) != 1 || out[0].Events != 3 || !strings.Contains(out[0].Summary, "hid 3 findings: 2 high and 1 low") || !strings.Contains(out[0].Query, "FROM db.findings FINAL") {
		t.Errorf("got %+v", out)
	}
	if again := back.EndDay(list, back.End); len(again) != 0 {
		t.Error("told twice")
	}
	back.Keep(New(nil, sketch.Key{}))
	if back.Reset(); len(back.tallies) != 0 || back.End != math.MaxInt64 {
		t.Error("something is left")
	}
}
