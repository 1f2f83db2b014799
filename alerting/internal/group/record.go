package group

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// record is what the log holds of an alert.
type record struct {
	Alert schemas.Alert `json:"alert"`
	// Notified is the event time of the last notification, Told the severity
	// that it stated.
	Notified time.Time        `json:"notified"`
	Told     schemas.Severity `json:"told"`
	// Marks has an entry for each of the alert's parts; More tells that there
	// are parts that the alert does not list, Raised that its severity is a step
	// above that of the worst part.
	Marks  []mark `json:"marks,omitempty"`
	More   bool   `json:"more,omitempty"`
	Raised bool   `json:"raised,omitempty"`
	// Actors counts the principals and addresses that are tied to it, the
	// members of a campaign apart.
	Actors int `json:"actors,omitempty"`
	// Sinks were told of it; All stands for every sink that took its severity,
	// in a record that was written before sinks were noted.
	Sinks []string `json:"sinks,omitempty"`
	All   bool     `json:"all,omitempty"`
	// Missed are sinks that were not told of something because it was muted.
	Missed []string `json:"missed,omitempty"`
	// Until is the end of the latest window of its findings, which may be ahead of
	// when the alert was last seen, or when a cause was said to go on. The alert's
	// life goes by it.
	Until time.Time `json:"until,omitzero"`
	// Lapsed tells that it was resolved because nothing came, not because
	// somebody or something ended it.
	Lapsed bool `json:"lapsed,omitempty"`
	// Since is when it was first told or reopened, by the wall clock; Due when the
	// next step of escalation is to be taken, zero without one.
	Since time.Time `json:"since,omitzero"`
	Due   time.Time `json:"due,omitzero"`
}

// mark is what the log holds of a part besides what people see of it.
type mark struct {
	// Made is the event time at which the part's latest finding was made.
	Made       time.Time `json:"made"`
	Confidence float64   `json:"confidence"`
	// Last is when its cause was last seen, once it has ended.
	Last time.Time `json:"last,omitzero"`
}

// sighting is what the log holds of a finding.
type sighting struct {
	Severity schemas.Severity `json:"severity"`
	Events   int64            `json:"events"`
	Alert    string           `json:"alert,omitempty"`
	Excepted bool             `json:"excepted,omitempty"`
	At       int64            `json:"at"`
}

// until is the end of the latest window, or when the alert was last seen in a
// record that has no window.
func (r *record) until() time.Time { return later(r.Until, r.Alert.LastSeen) }

// modern gives a record of the first version of the log what it lacks.
func (r *record) modern() {
	a := &r.Alert
	if len(a.Parts) == 0 {
		a.Parts = []schemas.AlertPart{{Detector: a.Detector, Entity: a.Entity, Severity: a.Severity, Title: a.Title,
			FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, Findings: a.Findings, Events: a.Events}}
		r.Marks = []mark{{Made: a.Finding.Detected, Confidence: a.Confidence}}
		r.All, r.Lapsed = a.Sequence > 0, a.State == schemas.AlertResolved
	}
	for len(r.Marks) < len(a.Parts) {
		r.Marks = append(r.Marks, mark{Made: a.LastSeen, Confidence: a.Confidence})
	}
}

// load reads the record with the id and reports whether there is one.
func load(tx *bolt.Tx, id []byte, into *record) (bool, error) {
	ok, err := journal.Get(tx.Bucket(journal.Alerts), id, into)
	if ok {
		into.modern()
	}
	return ok, err
}

// maxRecord bounds a record in the log; what does not fit is thinned out.
const maxRecord = 64 << 10

// encode returns rec as the log holds it. An alert that is too large is made
// smaller: first its history, then what explains the finding, then its parts.
func encode(rec *record) ([]byte, error) {
	for step := 0; ; step++ {
		raw, err := json.Marshal(rec)
		if err != nil {
			return nil, fmt.Errorf("encode an entry of the notification log: %w", err)
		}
		if len(raw) <= maxRecord || step >= len(thinner) {
			return raw, nil
		}
		thinner[step](rec)
	}
}

// thinner makes an alert smaller, one after the other as long as it is too
// large.
var thinner = []func(*record){
	func(r *record) { r.Alert.History = ends(r.Alert.History, 30) },
	func(r *record) { r.Alert.History = ends(r.Alert.History, 10) },
	func(r *record) {
		f := &r.Alert.Finding
		f.Features, f.Techniques = f.Features[:min(len(f.Features), 8)], f.Techniques[:min(len(f.Techniques), 8)]
		f.Features = append([]schemas.Feature{}, f.Features...)
		for i := range f.Features {
			f.Features[i].Text = bound.Cut(f.Features[i].Text, 256)
		}
	},
	func(r *record) { r.Alert.Finding.Query = bound.Cut(r.Alert.Finding.Query, 4<<10) },
	func(r *record) {
		for i := range r.Alert.Parts {
			r.Alert.Parts[i].Title = bound.Cut(r.Alert.Parts[i].Title, 100)
		}
		if c := r.Alert.Finding.Campaign; c != nil {
			few := *c
			few.Links, few.Named = c.Links[:min(len(c.Links), 4)], c.Named[:min(len(c.Named), 5)]
			r.Alert.Finding.Campaign = &few
		}
	},
	bare,
}

// bare leaves what fits in any case, also if every byte has to be escaped.
func bare(r *record) {
	a := &r.Alert
	a.History = append([]schemas.AlertEvent{}, ends(a.History, 2)...)
	for i := range a.History {
		a.History[i].Text, a.History[i].By = bound.Cut(a.History[i].Text, bound.MaxLine), bound.Cut(a.History[i].By, 100)
	}
	if len(a.Parts) > 2 {
		a.Parts, r.Marks, r.More = a.Parts[:2], r.Marks[:2], true
	}
	f := &a.Finding
	f.Features, f.Techniques, f.Samples, f.Related, f.Query = []schemas.Feature{}, []schemas.Technique{}, nil, nil, ""
	f.Campaign, f.Exception = nil, nil
	f.Summary = bound.Cut(f.Summary, bound.MaxLine)
	a.Summary, a.Outcome = bound.Cut(a.Summary, bound.MaxLine), bound.Cut(a.Outcome, bound.MaxLine)
	for _, m := range []**schemas.Mark{&a.Acknowledged, &a.Resolution} {
		if *m != nil {
			short := **m
			short.Comment = bound.Cut(short.Comment, bound.MaxLine)
			*m = &short
		}
	}
}

// ends returns the first entry of the history and the latest, n in all.
func ends(h []schemas.AlertEvent, n int) []schemas.AlertEvent {
	if len(h) <= n {
		return h
	}
	return append(h[:1:1], h[len(h)-n+1:]...)
}
