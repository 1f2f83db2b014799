package group

import (
	"encoding/json"
	"math"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// Whatever a finding holds, it becomes one that JSON can hold, within bounds,
// and that the book takes.
func FuzzPrepare(f *testing.F) {
	f.Add("detector", "name", 0.5, int64(0), int64(1), uint8(3), 2)
	f.Add("\xff", "\u202e", math.Inf(1), int64(math.MaxInt64), int64(math.MinInt64), uint8(255), 100)
	f.Fuzz(func(t *testing.T, a, b string, x float64, at, events int64, sev uint8, n int) {
		in := schemas.Finding{ID: b, Detector: a, Entity: schemas.Entity{Kind: schemas.EntityKind(sev), Name: b}, Tenant: a,
			Severity: schemas.Severity(sev), Confidence: x, Title: a, Summary: b, WindowStart: time.Unix(at, 0),
			WindowEnd: time.Unix(events, 0), Detected: time.Unix(0, at), Events: events, Query: b, Provider: a, Model: b}
		for range n & 0x7f {
			in.Features = append(in.Features, schemas.Feature{Name: a, Observed: x, Expected: -x, Weight: x, Text: b})
			in.Techniques = append(in.Techniques, schemas.Technique{ID: a, Name: b})
			in.Samples = append(in.Samples, a, b)
		}
		fs := bound.Prepare([]schemas.Finding{in, {}})
		if len(fs[0].Samples) > 4 {
			t.Errorf("%d request ids", len(fs[0].Samples))
		}
		doc, err := json.Marshal(fs)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc) > 1<<21 {
			t.Errorf("%d bytes", len(doc))
		}
		db, temp, err := journal.Open(filepath.Join(t.TempDir(), "x.db"))
		if err != nil || temp != "" {
			t.Fatal(err)
		}
		defer db.Close()
		db.NoSync = true
		if err := db.Update(func(tx *bolt.Tx) error {
			book := NewBook(tx, Rules{GroupWindow: time.Hour, RepeatInterval: time.Hour, ResolveAfter: time.Hour}, time.Now(), time.Time{})
			for i := range fs {
				if err := book.Take(&fs[i]); err != nil {
					return err
				}
			}
			return book.Write()
		}); err != nil {
			t.Error(err)
		}
	})
}
