package route

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// label is something of an alert that matchers ask for.
type label uint8

const (
	labelSeverity label = iota
	labelConfidence
	labelDetector
	labelFamily
	labelEntity
	labelKind
	labelTenant
	labelProvider
	labelModel
	labelTechnique
	labelState
	labelAlert
	labelCampaign
	labels // the number of labels
)

var labelNames = []string{"severity", "confidence", "detector", "family", "entity", "kind", "tenant",
	"provider", "model", "technique", "state", "alert", "campaign"}

func (l label) String() string { return labelNames[l] }

// Labels returns the names of all labels.
func Labels() []string { return slices.Clone(labelNames) }

func labelOf(name string) (label, bool) {
	i := slices.Index(labelNames, name)
	return label(max(i, 0)), i >= 0
}

// own tells that the values of a label are Gatehound's own words, which no
// caller of the gateway can write.
func (l label) own() bool {
	switch l {
	case labelSeverity, labelConfidence, labelDetector, labelFamily, labelKind, labelTechnique, labelState:
		return true
	}
	return false
}

// ofParts tells that each part of an alert has its own value of a label.
func (l label) ofParts() bool {
	return l == labelDetector || l == labelFamily || l == labelEntity || l == labelKind
}

// subject is an alert as matchers see it. A label's values are gathered when
// they are first asked for.
type subject struct {
	alert *schemas.Alert
	// severity is what the label says, which for assets is not the alert's.
	severity schemas.Severity
	// part, if it is set, is the only one that is looked at.
	part   *schemas.AlertPart
	values [labels][]string
	// first has room for the first value of each label: most have no other.
	first [labels]string
}

func newSubject(a *schemas.Alert) *subject {
	return &subject{alert: a, severity: a.Severity}
}

// more reports whether the alert has parts that it does not list.
func (s *subject) more() bool {
	if len(s.alert.Parts) < schemas.MaxParts {
		return false
	}
	listed := 0
	for i := range s.alert.Parts {
		listed += s.alert.Parts[i].Findings
	}
	return listed < s.alert.Findings
}

// of returns the values of a label without repeats; "" alone if there are none.
func (s *subject) of(l label) []string {
	if s.values[l] == nil {
		s.values[l] = s.gather(l)
	}
	return s.values[l]
}

// has reports whether v is one of the values of a label; it gathers nothing for the
// labels of which an alert has one value or that its parts have.
func (s *subject) has(l label, v string) bool {
	a := s.alert
	switch {
	case s.values[l] != nil:
	case l == labelTenant:
		return a.Tenant == v
	case l == labelProvider:
		return a.Finding.Provider == v
	case l == labelModel:
		return a.Finding.Model == v
	case l.ofParts() && s.part == nil && v != "":
		return partValue(l, a.Detector, a.Entity) == v ||
			slices.ContainsFunc(a.Parts, func(p schemas.AlertPart) bool { return partValue(l, p.Detector, p.Entity) == v })
	}
	return slices.Contains(s.of(l), v)
}

func (s *subject) gather(l label) []string {
	a, out := s.alert, s.first[l:l:l+1]
	switch l {
	case labelSeverity:
		return append(out, s.severity.String())
	case labelConfidence:
		return append(out, strconv.FormatFloat(a.Confidence, 'f', 2, 64))
	case labelTenant:
		return append(out, a.Tenant)
	case labelProvider:
		return append(out, a.Finding.Provider)
	case labelModel:
		return append(out, a.Finding.Model)
	case labelState:
		return append(out, a.State.String())
	case labelAlert:
		return append(out, a.ID)
	case labelTechnique:
		for i := range a.Finding.Techniques {
			out = addNew(out, a.Finding.Techniques[i].ID)
		}
	case labelCampaign:
		if c := a.Finding.Campaign; c != nil {
			out = addNew(out, c.ID)
		}
		out = addNew(out, partValue(l, a.Detector, a.Entity))
		for i := range a.Parts {
			out = addNew(out, partValue(l, a.Parts[i].Detector, a.Parts[i].Entity))
		}
	default:
		if s.part != nil {
			return append(out, partValue(l, s.part.Detector, s.part.Entity))
		}
		out = addNew(out, partValue(l, a.Detector, a.Entity))
		for i := range a.Parts {
			out = addNew(out, partValue(l, a.Parts[i].Detector, a.Parts[i].Entity))
		}
	}
	if len(out) == 0 {
		out = append(out, "")
	}
	return out
}

// partValue returns the value of a label that parts have.
func partValue(l label, detector string, e schemas.Entity) string {
	switch l {
	case labelDetector:
		return detector
	case labelFamily:
		family, _, _ := strings.Cut(detector, ".")
		return family
	case labelEntity:
		return e.Name
	case labelKind:
		if e.Kind != schemas.EntityNone {
			return e.Kind.String()
		}
	case labelCampaign:
		if e.Kind == schemas.EntityCampaign {
			return e.Name
		}
	}
	return ""
}

func addNew(list []string, v string) []string {
	if v == "" || slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}
