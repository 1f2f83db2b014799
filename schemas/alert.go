package schemas

import "time"

// Alert is a group of findings that people are told of as one.
type Alert struct {
	// ID is unique and stable over all notifications of the alert.
	ID string `json:"id"`
	// Fingerprint is what findings are grouped by: detector and entity.
	Fingerprint string     `json:"fingerprint"`
	State       AlertState `json:"state"`
	// Sequence counts the alert's notifications from 1; ID and Sequence are
	// the idempotency key of a notification.
	Sequence   int      `json:"sequence"`
	Severity   Severity `json:"severity"`
	Confidence float64  `json:"confidence"`
	Title      string   `json:"title"`
	Summary    string   `json:"summary"`
	Detector   string   `json:"detector"`
	Entity     Entity   `json:"entity"`
	Tenant     string   `json:"tenant,omitempty"`
	// FirstSeen is the start of the first finding's window, LastSeen the end
	// of the last one's.
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// Findings counts the findings so far, Events their events.
	Findings int   `json:"findings"`
	Events   int64 `json:"events"`
	// Finding is the latest finding of the group.
	Finding Finding `json:"finding"`
}
