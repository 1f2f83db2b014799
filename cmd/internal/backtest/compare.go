package backtest

import (
	"cmp"
	"math"
	"slices"
)

// Difference is what a configuration changes against another.
type Difference struct {
	// Before and After are the candidates' names.
	Before string `json:"before"`
	After  string `json:"after"`
	// Rows are the rules with a difference, in the order of their names.
	Rows []DifferenceRow `json:"detectors"`
	// Same is how many findings both have alike.
	Same int `json:"same"`
	// New are the findings that only After has, Gone those that only Before has,
	// Changed those that both have with another severity, confidence or
	// exception; the most severe first.
	New     []Brief  `json:"new"`
	Gone    []Brief  `json:"gone"`
	Changed []Change `json:"changed"`
}

// DifferenceRow counts the differences of one rule.
type DifferenceRow struct {
	Detector string `json:"detector"`
	New      int    `json:"new"`
	Gone     int    `json:"gone"`
	Changed  int    `json:"changed"`
	Same     int    `json:"same"`
}

// Change is a finding that both have, not alike.
type Change struct {
	Before Brief `json:"before"`
	After  Brief `json:"after"`
}

// sureness is the least change of a confidence that counts.
const sureness = 0.005

// Compare tells what after changes against before. A finding is the same if its
// rule, entity and window are.
func Compare(before, after *Outcome) *Difference {
	d := &Difference{Before: before.Name, After: after.Name, New: []Brief{}, Gone: []Brief{}, Changed: []Change{}}
	rows := map[string]*DifferenceRow{}
	row := func(detector string) *DifferenceRow {
		r := rows[detector]
		if r == nil {
			r = &DifferenceRow{Detector: detector}
			rows[detector] = r
		}
		return r
	}
	for _, f := range before.Findings() {
		now, ok := after.kept[f.ID]
		switch {
		case !ok:
			d.Gone = append(d.Gone, f)
			row(f.Detector).Gone++
		case now.Severity != f.Severity || now.Covered != f.Covered || math.Abs(now.Confidence-f.Confidence) > sureness:
			d.Changed = append(d.Changed, Change{f, now})
			row(f.Detector).Changed++
		default:
			d.Same++
			row(f.Detector).Same++
		}
	}
	for _, f := range after.Findings() {
		if _, ok := before.kept[f.ID]; !ok {
			d.New = append(d.New, f)
			row(f.Detector).New++
		}
	}
	severe := func(a, b Brief) int { return cmp.Compare(b.Severity, a.Severity) }
	slices.SortStableFunc(d.New, severe)
	slices.SortStableFunc(d.Gone, severe)
	slices.SortStableFunc(d.Changed, func(a, b Change) int { return severe(a.After, b.After) })
	for _, r := range rows {
		if r.New+r.Gone+r.Changed > 0 {
			d.Rows = append(d.Rows, *r)
		}
	}
	slices.SortFunc(d.Rows, func(a, b DifferenceRow) int { return cmp.Compare(a.Detector, b.Detector) })
	return d
}
