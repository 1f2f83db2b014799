package feed

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// The least that is judged. They keep a few odd records from being an alert.
const (
	// leastRejects: one broken line in a hundred is no poisoned format.
	leastRejects = 10
	// sure is by how many standard deviations rejects must be more than may be,
	// as if each came by itself: a source just below the bound is quiet.
	sure = 2.5
	// leastLooked is how many looked-at events, of eight times as many, a window
	// needs for its fields and times to be judged. A share of half of 25 is off
	// by less than 0.3 in 997 of 1,000 windows.
	leastLooked = 25
	// leastWindows is how many windows make a field's usual share.
	leastWindows = 3
	// leastEvents and leastHistory make a source one that used to speak.
	leastEvents  = 1000
	leastHistory = int64(time.Hour)
	// pauses is how many times its longest pause a source is given.
	pauses = 4
)

// rejects finds a poisoned format: n of its records, of so many that they are
// held against, were rejected since start.
func (m *Monitor) rejects(k key, s *source, n, of, start int64) bool {
	if n < leastRejects || float64(n)-sure*math.Sqrt(float64(n)) <= m.cfg.RejectShare*float64(of) {
		return false
	}
	share := float64(n) / float64(of)
	severity := schemas.SeverityMedium
	if share >= 0.5 {
		severity = schemas.SeverityHigh
	}
	f := m.finding("feed.rejects", k, severity, start, of)
	f.Title = fmt.Sprintf("%s of the records of %s are rejected", words.Percent(share), k)
	f.Summary = fmt.Sprintf("%d of %d records could not become events (%s), against at most %s. What is rejected is not watched: see gatehound rejects list.",
		n, of, reasons(s.Reasons), words.Percent(m.cfg.RejectShare))
	f.Features = []schemas.Feature{{Name: "reject_share", Observed: share, Expected: m.cfg.RejectShare, Weight: 1,
		Text: fmt.Sprintf("%s of the records were rejected; at most %s are expected", words.Percent(share), words.Percent(m.cfg.RejectShare))}}
	f.Query = fmt.Sprintf("SELECT format, stage, reason, count() AS n, any(excerpt) AS example FROM rejects WHERE topic = %s AND rejected_at >= now() - INTERVAL 1 DAY GROUP BY format, stage, reason ORDER BY n DESC",
		words.Literal(k.Topic))
	m.findings = append(m.findings, f)
	return true
}

// jump finds a source whose times went back. Those of a clock that was set back
// go on at the pace of the clock on the wall; those of a log that was held up or
// is read late span more time than they take to come.
func (m *Monitor) jump(k key, s *source) {
	if s.Looked < leastLooked || 4*s.Late < s.Looked {
		s.Jumped = s.Jumped && s.Looked < leastLooked
		return
	}
	pace := int64(m.cfg.Window)*int64(s.Waited+1) + min(max(s.Ever[0], s.Ever[1]), hour) + int64(m.cfg.Jump)
	if s.Jumped || 2*s.Late < s.Looked || s.LateTo-s.LateFrom > pace {
		return
	}
	s.Jumped = true
	by := time.Duration(s.LateBy).Round(time.Second)
	hint := ""
	if half := by.Round(30 * time.Minute); half > 0 && (by-half).Abs() < 3*time.Minute {
		by = half
		hint = " That is a whole number of half hours: a time zone may be missing or wrong."
	}
	f := m.finding("feed.time", k, schemas.SeverityMedium, m.start, s.Events)
	f.Title = fmt.Sprintf("the times of %s jumped back by %v", k, by)
	f.Summary = fmt.Sprintf("%s of the records are more than %v older than records that came before them, by %v at most; the detectors count them as late.%s",
		words.Percent(float64(s.Late)/float64(s.Looked)), m.cfg.Jump, by, hint)
	f.Features = []schemas.Feature{{Name: "lateness", Observed: by.Seconds(), Expected: m.cfg.Jump.Seconds(), Unit: "s", Weight: 1,
		Text: fmt.Sprintf("records are %v older than those before them; up to %v is expected", by, m.cfg.Jump)}}
	m.findings = append(m.findings, f)
}

// fields finds fields that the records lost or gained, and learns what is usual.
func (m *Monitor) fields(k key, s *source) {
	if s.Looked < leastLooked {
		return
	}
	if fortnight := m.clock / (2 * weekHours * hour); fortnight != s.Fortnight {
		s.Fortnight = fortnight
		s.ToldLost, s.ToldGained = [2]uint32{0, s.ToldLost[0]}, [2]uint32{0, s.ToldGained[0]}
	}
	var lost, gained []string
	var worst schemas.Feature
	for i, name := range fieldNames {
		share := float64(s.Has[i]) / float64(s.Looked)
		switch {
		case s.Windows < leastWindows:
			s.Usual[i] += (share - s.Usual[i]) / float64(s.Windows+1)
			continue
		case s.Usual[i] >= 0.9 && share <= 0.1:
			if !fresh(&s.ToldLost, i) {
				s.Usual[i] = share
				continue
			}
			lost = append(lost, name)
		case s.Usual[i] <= 0.01 && share >= 0.9:
			if !fresh(&s.ToldGained, i) {
				s.Usual[i] = share
				continue
			}
			gained = append(gained, name)
		default:
			// Slowly, so that a change that takes a while, as a deployment of
			// several gateways does, is one.
			s.Usual[i] += (share - s.Usual[i]) * max(1./32, 1/float64(s.Windows+1))
			continue
		}
		if d := math.Abs(share - s.Usual[i]); d > math.Abs(worst.Observed-worst.Expected) {
			worst = schemas.Feature{Name: "share_with_" + name, Observed: share, Expected: s.Usual[i], Weight: 1,
				Text: fmt.Sprintf("%s of the successful records have %s; %s had it before", words.Percent(share), name, words.Percent(s.Usual[i]))}
		}
		s.Usual[i] = share // it is told once
	}
	s.Windows++
	if len(lost)+len(gained) == 0 {
		return
	}
	severity, what := schemas.SeverityLow, "gained "+strings.Join(gained, ", ")
	if len(lost) > 0 {
		severity, what = schemas.SeverityMedium, "lost "+strings.Join(lost, ", ")
		if len(gained) > 0 {
			what += " and gained " + strings.Join(gained, ", ")
		}
	}
	f := m.finding("feed.schema", k, severity, m.start, s.Events)
	f.Title = fmt.Sprintf("the records of %s %s", k, what)
	f.Summary = fmt.Sprintf("Successful records %s from one window to the next. A change of the gateway's log format blinds the detectors that need these fields.", what)
	f.Features = []schemas.Feature{worst}
	m.findings = append(m.findings, f)
}

// fresh reports whether a field was told of in neither fortnight, and notes it.
func fresh(told *[2]uint32, field int) bool {
	known := (told[0]|told[1])>>field&1 != 0
	told[0] |= 1 << field
	return !known
}

// hear finds a source that is silent at the time at of our clock.
func (m *Monitor) hear(k key, s *source, at int64) {
	if s.Arrived == 0 && s.All > 0 {
		s.Arrived = at // after a restart its silence begins now
	}
	gap := at - s.Arrived
	if s.Silent || s.All < leastEvents || s.Arrived-s.First < leastHistory || gap <= int64(m.cfg.Silence) {
		return
	}
	awake, usual := s.awake(s.Arrived, at, s.First)
	longest := max(s.Longest[0], s.Longest[1], usual)
	if ever := max(s.Ever[0], s.Ever[1]); gap > max(int64(m.cfg.Silence), pauses*ever) {
		awake, longest = gap, ever // longer than any night or weekend
	}
	allowed := max(int64(m.cfg.Silence), pauses*longest)
	if awake <= allowed {
		return
	}
	s.Silent = true
	pause := time.Duration(gap).Round(time.Second)
	f := m.finding("feed.silence", k, schemas.SeverityHigh, s.Arrived, 0)
	f.WindowEnd = time.Unix(0, at).UTC()
	f.Title = fmt.Sprintf("%s is silent for %v", k, pause)
	f.Summary = fmt.Sprintf("No record came for %v; its longest usual pause is %v. The gateway, its shipper or the topic has stopped, and nothing is watched there.",
		pause, time.Duration(longest).Round(time.Second))
	f.Features = []schemas.Feature{{Name: "silence", Observed: time.Duration(awake).Seconds(), Expected: time.Duration(allowed).Seconds(), Unit: "s", Weight: 1,
		Text: fmt.Sprintf("no record for %v of the hours in which it speaks; up to %v is allowed", time.Duration(awake).Round(time.Second), time.Duration(allowed).Round(time.Second))}}
	m.findings = append(m.findings, f)
}

// finding returns a finding about a source in the window that began at start.
func (m *Monitor) finding(detector string, k key, severity schemas.Severity, start, events int64) schemas.Finding {
	f := schemas.Finding{
		Detector: detector, Entity: schemas.Entity{Kind: schemas.EntitySource, Name: k.String()},
		Severity: severity, Confidence: 0.95, Events: events,
		WindowStart: time.Unix(0, start).UTC(), WindowEnd: time.Unix(0, m.start).Add(m.cfg.Window).UTC(),
		Detected: time.Unix(0, max(m.clock, start)).UTC(),
		// Log sources that fail or are made to fail are how defences are
		// impaired; a fault of one's own looks the same.
		Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1562", Name: "Impair Defenses"}},
	}
	f.Query = fmt.Sprintf("SELECT toStartOfMinute(time) AS minute, count() AS events, min(ingested_at) AS first_arrival FROM %s WHERE topic = %s AND format = %s AND time >= toDateTime64('%s', 3, 'UTC') - INTERVAL 1 HOUR GROUP BY minute ORDER BY minute",
		m.table, words.Literal(k.Topic), words.Literal(k.Format), f.WindowStart.Format("2006-01-02 15:04:05.000"))
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}

// reasons lists reasons with their counts, the most frequent first.
func reasons(counts map[string]int64) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return strings.Compare(a, b)
	})
	for i, n := range names {
		names[i] = fmt.Sprintf("%s %d", n, counts[n])
	}
	return strings.Join(names[:min(3, len(names))], ", ")
}
