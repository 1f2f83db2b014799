package alerting

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/schemas"
)

// digestNamed is how many alerts a digest names.
const digestNamed = 10

// digestDetector is the Detector of a digest, which no detector has made.
const digestDetector = "alerting.digest"

// trim keeps the sink's queue within its bound.
func (m *Manager) trim(r *route, now time.Time) error {
	length := r.q.size()
	if length <= m.cfg.QueueLimit {
		return nil
	}
	if r.cfg.OnStorm == StormDigest {
		_, err := m.sumUp(r, now)
		return err
	}
	items := r.q.waiting()
	slices.SortFunc(items, func(a, b *item) int {
		return cmp.Or(cmp.Compare(a.severity, b.severity), cmp.Compare(a.seq, b.seq))
	})
	var errs []error
	for _, it := range items[:min(length-m.cfg.QueueLimit, len(items))] {
		errs = append(errs, m.bury(r, it, "queue_limit was reached"))
	}
	return errors.Join(errs...)
}

// sumUp replaces what waits for the sink by one notification about it, in the
// log and in the queue, and reports whether it did: one alert needs no digest.
func (m *Manager) sumUp(r *route, now time.Time) (bool, error) {
	items := r.q.waiting()
	if len(items) < 2 {
		return false, nil
	}
	slices.SortFunc(items, func(a, b *item) int { return cmp.Compare(a.seq, b.seq) })
	var made *item
	err := m.db.Update(func(tx *bolt.Tx) error {
		outbox := tx.Bucket(bucketOutbox).Bucket([]byte(r.name))
		sum := newSummary()
		for _, it := range items {
			var d delivery
			if _, err := get(outbox, number(it.seq), &d); err != nil {
				return err
			}
			sum.add(&d)
			if err := outbox.Delete(number(it.seq)); err != nil {
				return err
			}
		}
		a := sum.alert()
		var err error
		made, err = store(tx, r.name, &delivery{Key: Key(&a), Queued: now, Digest: true, Alert: a})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sum up for %s: %w", r.name, err)
	}
	m.metrics.notifications.WithLabelValues(r.name, outcomeDigested).Add(float64(len(items)))
	m.metrics.queue.WithLabelValues(r.name).Inc()
	m.gone(r, items...)
	r.q.push(made)
	return true, nil
}

// summary gathers what a digest says.
type summary struct {
	keys   []string
	latest map[string]schemas.Alert
}

func newSummary() *summary {
	return &summary{latest: make(map[string]schemas.Alert)}
}

func (s *summary) add(d *delivery) {
	s.keys = append(s.keys, d.Key)
	s.latest[d.Alert.ID] = d.Alert
}

// alert returns the digest in the form of an alert that is about everything.
func (s *summary) alert() schemas.Alert {
	var all []schemas.Alert
	for _, a := range s.latest {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b schemas.Alert) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID))
	})
	id := digestOf(append([]string{"digest"}, s.keys...)...)
	out := schemas.Alert{
		ID: "digest-" + id, Fingerprint: id, State: schemas.AlertOpen, Sequence: 1,
		Severity: all[0].Severity, Detector: digestDetector,
		Entity:    schemas.Entity{Kind: schemas.EntityGlobal, Name: "all"},
		FirstSeen: all[0].FirstSeen, LastSeen: all[0].LastSeen,
	}
	bySeverity := make([]int, schemas.SeverityCritical+1)
	resolved := 0
	byDetector := make(map[string]int)
	var ids, named []string
	for i, a := range all {
		bySeverity[a.Severity]++
		if a.State == schemas.AlertResolved {
			resolved++
		}
		byDetector[a.Detector]++
		out.Confidence = max(out.Confidence, a.Confidence)
		out.Findings += a.Findings
		out.Events += a.Events
		if a.FirstSeen.Before(out.FirstSeen) {
			out.FirstSeen = a.FirstSeen
		}
		if a.LastSeen.After(out.LastSeen) {
			out.LastSeen = a.LastSeen
		}
		if i < digestNamed {
			named = append(named, fmt.Sprintf("%s: %s", a.Severity, cut(a.Title, 120)))
		}
		if i < 500 && isID(a.ID) {
			ids = append(ids, "'"+a.ID+"'")
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
	return out[:min(len(out), maxEntries)]
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
