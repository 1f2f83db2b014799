package demo

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Plant is what was planted, with entities named as alerts name them.
type Plant struct {
	Title string
	// Benign tells that it is a look-alike: nothing should call it an attack.
	Benign bool
	// Expect has the families of detectors that should find it ("authfail"), or
	// those that may speak of a look-alike, because they call it what it is.
	Expect []string
	// Entities are whom an alert should name, addresses as they are stored; one
	// is enough. Related are whom an alert may name besides, because the attack
	// moves them too.
	Entities []schemas.Entity
	Related  []schemas.Entity
	// Start and End bound it in event time, Events counts its requests.
	Start, End time.Time
	Events     int64
}

// Verdict is what became of a plant.
type Verdict struct {
	Plant Plant
	// Alert is the first alert that found it; nil if none did. For a
	// look-alike it is a false alert, unless Right is set.
	Alert *schemas.Alert
	// Right tells that the alert calls a look-alike what it is.
	Right bool
	// After is the event time from the plant's start to the finding.
	After time.Duration
}

// Score is what was planted against what was found.
type Score struct {
	// Attacks and Lookalikes are the plants that took place.
	Attacks    []Verdict
	Lookalikes []Verdict
	// Related counts further alerts on whom an attack involves.
	Related int
	// Told counts the parts of all alerts: the rules and entities that were told.
	Told int
	// Right counts alerts that call a look-alike what it is.
	Right int
	// False has the alerts that nothing explains.
	False []schemas.Alert
}

// Found counts the attacks that were found.
func (s *Score) Found() int {
	n := 0
	for _, v := range s.Attacks {
		if v.Alert != nil {
			n++
		}
	}
	return n
}

// hit reports whether the alert is the first that found one of the attacks.
func (s *Score) hit(a schemas.Alert) bool {
	return slices.ContainsFunc(s.Attacks, func(v Verdict) bool { return v.Alert != nil && v.Alert.ID == a.ID })
}

// tolerance is how far an alert's window may reach beyond a plant: windows are
// of whole minutes, up to five.
const tolerance = 5 * time.Minute

// Judge holds alerts, in the order in which they fired, against plants. Plants
// without requests did not take place. Updates of an alert count once.
//
// What is held against them is each part of an alert, a rule and its entity, when
// it is told first: an alert that tells a story has several.
//
// An attack is found by the first alert of an expected family that names one of
// its entities in its time. An alert of a campaign names the plant to which most
// of the principals that it names belong. An alert of another family that names
// an entity, or one that names a related entity, is explained by the attack. One
// that calls a look-alike what it is, is right. All else is false.
func Judge(plants []Plant, alerts []schemas.Alert) Score {
	var s Score
	var attacks []int
	for i, p := range plants {
		switch {
		case p.Events == 0:
		case p.Benign:
			s.Lookalikes = append(s.Lookalikes, Verdict{Plant: p})
		default:
			attacks = append(attacks, i)
			s.Attacks = append(s.Attacks, Verdict{Plant: p})
		}
	}
	told := statements(alerts)
	s.Told = len(told)
	for _, a := range told {
		explained, hit := false, false
		for j, k := range attacks {
			p := &plants[k]
			if !p.during(a) {
				continue
			}
			named := p.named(a)
			explained = explained || named || names(p.Related, a.Entity)
			if named && p.expects(a.Detector) {
				hit = true
				s.Attacks[j].credit(a)
			}
		}
		switch {
		case hit:
		case explained:
			s.Related++
		case !s.mistaken(a):
			s.Right++
		default:
			s.False = append(s.False, *a)
		}
	}
	return s
}

// statements returns the alerts once for each part that they have, with the
// part's rule, entity, title and times, in the order in which the parts were told.
func statements(alerts []schemas.Alert) (out []*schemas.Alert) {
	type statement struct {
		alert, detector string
		entity          schemas.Entity
	}
	seen := map[statement]bool{}
	for i := range alerts {
		for _, part := range alerts[i].Parts {
			key := statement{alerts[i].ID, part.Detector, part.Entity}
			if seen[key] {
				continue
			}
			seen[key] = true
			a := alerts[i]
			if f := &a.Finding; f.Detector != part.Detector || f.Entity != part.Entity {
				f.Detected, f.Campaign = part.LastSeen, nil
			}
			a.Detector, a.Entity, a.Severity, a.Title = part.Detector, part.Entity, part.Severity, part.Title
			a.FirstSeen, a.LastSeen = part.FirstSeen, part.LastSeen
			out = append(out, &a)
		}
	}
	return out
}

// mistaken holds an alert that no attack explains against the look-alikes, and
// reports whether it is false.
func (s *Score) mistaken(a *schemas.Alert) bool {
	right := false
	for i := range s.Lookalikes {
		v := &s.Lookalikes[i]
		if !v.Plant.during(a) || !v.Plant.named(a) {
			continue
		}
		is := v.Plant.expects(a.Detector)
		right = right || is
		if v.Alert == nil || v.Right && !is { // a false alert is shown rather than a right one
			v.Alert, v.Right = a, is
		}
	}
	return !right
}

// credit gives the verdict its alert, unless it has an earlier one.
func (v *Verdict) credit(a *schemas.Alert) {
	if v.Alert != nil {
		return
	}
	v.Alert = a
	v.After = max(a.Finding.Detected.Sub(v.Plant.Start), 0)
}

// during reports whether the alert's window meets the plant's time.
func (p *Plant) during(a *schemas.Alert) bool {
	return a.FirstSeen.Before(p.End.Add(tolerance)) && a.LastSeen.After(p.Start.Add(-tolerance))
}

// expects reports whether the detector is of an expected family.
func (p *Plant) expects(detector string) bool {
	for _, family := range p.Expect {
		if rest, ok := strings.CutPrefix(detector, family); ok && (rest == "" || rest[0] == '.') {
			return true
		}
	}
	return false
}

// named reports whether an alert is about the plant: about one of its entities,
// or about a campaign most of whose named members are.
func (p *Plant) named(a *schemas.Alert) bool {
	c := a.Finding.Campaign
	if c == nil {
		return names(p.Entities, a.Entity)
	}
	n := 0
	for _, name := range c.Named {
		if names(p.Entities, schemas.Entity{Kind: schemas.EntityPrincipal, Name: name}) {
			n++
		}
	}
	return 2*n > len(c.Named)
}

func names(es []schemas.Entity, e schemas.Entity) bool {
	return slices.ContainsFunc(es, func(x schemas.Entity) bool { return same(x, e) })
}

// same reports whether an alert's entity is a plant's. Alerts name an IPv6
// client by its network, which has the plant's address in it.
func same(plant, alert schemas.Entity) bool {
	switch {
	case plant.Kind != alert.Kind:
		return false
	case plant.Name == alert.Name || plant.Kind == schemas.EntityGlobal:
		return true
	case plant.Kind != schemas.EntityAddress:
		return false
	}
	network, err := netip.ParsePrefix(alert.Name)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(plant.Name)
	return err == nil && network.Contains(a)
}
