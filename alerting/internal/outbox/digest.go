package outbox

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// digestNamed is how many alerts a digest names.
const digestNamed = 10

// digestDetectors is how many detectors a digest counts.
const digestDetectors = 32

// digestRead is how many notifications are read at once for a digest: nobody
// who writes to the log waits for more.
const digestRead = 200

// Summarize returns one notification about items, of which there are some. It
// changes nothing.
func Summarize(db *bolt.DB, sink string, items []*Item, now time.Time) (*Delivery, error) {
	slices.SortFunc(items, func(a, b *Item) int { return cmp.Compare(a.Seq, b.Seq) })
	sum := newSummary()
	for some := range slices.Chunk(items, digestRead) {
		if err := db.View(func(tx *bolt.Tx) error {
			for _, it := range some {
				d, _, err := Read(tx, sink, it)
				if err != nil {
					return err
				}
				sum.add(d)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	a := sum.alert()
	return &Delivery{Key: Key(&a), Queued: now, Digest: true, Alert: a}, nil
}

// Replace puts d in the place of items.
func Replace(tx *bolt.Tx, sink string, items []*Item, d *Delivery) (*Item, error) {
	if err := Delete(tx, sink, items...); err != nil {
		return nil, err
	}
	return Store(tx, sink, d)
}

// summary gathers what a digest says.
type summary struct {
	keys   []string
	latest map[string]brief
}

// brief is what a digest has of an alert.
type brief struct {
	schemas.AlertPart
	id         string
	state      schemas.AlertState
	confidence float64
}

func newSummary() *summary {
	return &summary{latest: make(map[string]brief)}
}

func (s *summary) add(d *Delivery) {
	a := &d.Alert
	s.keys = append(s.keys, d.Key)
	s.latest[a.ID] = brief{
		AlertPart: schemas.AlertPart{Detector: a.Detector, Entity: a.Entity, Severity: a.Severity, Title: line(a.Title),
			FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, Findings: a.Findings, Events: a.Events},
		id: a.ID, state: a.State, confidence: a.Confidence,
	}
}

// alert returns the digest in the form of an alert that is about everything. Its
// parts are the alerts that it names.
func (s *summary) alert() schemas.Alert {
	all := make([]brief, 0, len(s.latest))
	for _, a := range s.latest {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b brief) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.id, b.id))
	})
	id := journal.Hash(append([]string{"digest"}, s.keys...)...)
	out := schemas.Alert{
		ID: "digest-" + id, Fingerprint: id, State: schemas.AlertOpen, Sequence: 1,
		Severity: all[0].Severity, Detector: schemas.DigestDetector,
		Entity:    schemas.Entity{Kind: schemas.EntityGlobal, Name: "all"},
		FirstSeen: all[0].FirstSeen, LastSeen: all[0].LastSeen,
	}
	bySeverity := make([]int, schemas.SeverityCritical+1)
	resolved := 0
	byDetector := make(map[string]int)
	var ids, named []string
	for i, a := range all {
		bySeverity[a.Severity]++
		if a.state == schemas.AlertResolved {
			resolved++
		}
		byDetector[a.Detector]++
		out.Confidence = max(out.Confidence, a.confidence)
		out.Findings += a.Findings
		out.Events += a.Events
		if a.FirstSeen.Before(out.FirstSeen) {
			out.FirstSeen = a.FirstSeen
		}
		if a.LastSeen.After(out.LastSeen) {
			out.LastSeen = a.LastSeen
		}
		if i < digestNamed {
			named = append(named, fmt.Sprintf("%s: %s", a.Severity, a.Title))
			out.Parts = append(out.Parts, a.AlertPart)
		}
		if i < 500 && isID(a.id) {
			ids = append(ids, "'"+a.id+"'")
		}
	}
	out.Title = fmt.Sprintf("%d alerts in one message", len(all))
	var counts []string
	for sev := schemas.SeverityCritical; ; sev-- {
		if n := bySeverity[sev]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, sev))
		}
		if sev == 0 {
			break
		}
	}
	out.Summary = fmt.Sprintf("More alerts came than per_minute allows: %s; %d of them are resolved. The first: %s.",
		strings.Join(counts, ", "), resolved, strings.Join(named, "; "))
	if rest := len(all) - len(named); rest > 0 {
		out.Summary += fmt.Sprintf(" And %d more.", rest)
	}
	out.Finding = schemas.Finding{
		ID: out.ID, Detector: out.Detector, Entity: out.Entity, Severity: out.Severity, Confidence: out.Confidence,
		Title: out.Title, Summary: out.Summary, WindowStart: out.FirstSeen, WindowEnd: out.LastSeen,
		Detected: out.LastSeen, Events: out.Events, Features: features(byDetector, len(all)),
		Techniques: []schemas.Technique{},
		Query:      "SELECT * FROM alerts FINAL WHERE id IN (" + strings.Join(ids, ", ") + ") ORDER BY sequence DESC LIMIT 1 BY id",
	}
	return out
}

// features states how many alerts each detector has in a digest, the busiest
// first.
func features(byDetector map[string]int, total int) []schemas.Feature {
	out := []schemas.Feature{}
	for detector, n := range byDetector {
		out = append(out, schemas.Feature{Name: "alerts", Observed: float64(n), Unit: "alerts",
			Weight: float64(n) / float64(total), Text: fmt.Sprintf("%d alerts of %s", n, detector)})
	}
	slices.SortFunc(out, func(a, b schemas.Feature) int {
		return cmp.Or(cmp.Compare(b.Observed, a.Observed), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(len(out), digestDetectors)]
}

// isID reports whether id can stand in a query as it is.
func isID(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return id != ""
}

// line returns the beginning of a title.
func line(title string) string {
	return strings.ToValidUTF8(title[:min(len(title), 120)], "")
}
