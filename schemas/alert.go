package schemas

import "time"

// Bounds of an Alert's lists.
const (
	// MaxParts is how many parts an alert has at most; what comes after them is
	// counted in the alert's figures only.
	MaxParts = 32
	// MaxHistory is how many entries of its history an alert has at most: the
	// first one and the latest.
	MaxHistory = 100
)

// DigestDetector is the Detector of an alert that sums up others, which no
// detector has made.
const DigestDetector = "alerting.digest"

// Alert is an incident: findings of one or several detectors that tell one
// story, which people are told of as one.
type Alert struct {
	// ID is unique and stable over all notifications of the alert. It follows
	// from the findings alone.
	ID string `json:"id"`
	// Fingerprint names the story: the actor, or the rule and its entity.
	Fingerprint string     `json:"fingerprint"`
	State       AlertState `json:"state"`
	// Sequence counts the alert's notifications from 1; ID and Sequence are
	// the idempotency key of a notification.
	Sequence int `json:"sequence"`
	// Severity is that of the worst part after what routing knows of the asset.
	Severity   Severity `json:"severity"`
	Confidence float64  `json:"confidence"`
	Title      string   `json:"title"`
	Summary    string   `json:"summary"`
	// Detector and Entity are those of the part that leads: the worst, and of
	// equals the first.
	Detector string `json:"detector"`
	Entity   Entity `json:"entity"`
	Tenant   string `json:"tenant,omitempty"`
	// FirstSeen is the start of the first finding's window, LastSeen when its
	// cause was last seen, as far as findings tell: never after they were made.
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// Findings counts the findings so far, Events their events.
	Findings int   `json:"findings"`
	Events   int64 `json:"events"`
	// Parts are the rules and entities that it is made of, in the order of
	// their first findings; at most MaxParts.
	Parts []AlertPart `json:"parts"`
	// Acknowledged is who has taken it; nil if nobody has.
	Acknowledged *Mark `json:"acknowledged,omitempty"`
	// Escalated counts the steps of escalation that were taken.
	Escalated int `json:"escalated,omitempty"`
	// Reopened counts how often it came back after it was resolved.
	Reopened int `json:"reopened,omitempty"`
	// Resolution is who or what ended it, and Outcome what happened, in at most
	// four sentences; set while State is AlertResolved.
	Resolution *Mark  `json:"resolution,omitempty"`
	Outcome    string `json:"outcome,omitempty"`
	// Muted is why nobody is told of it at present: "silence 01ab…", "mute time
	// nights"; empty if people are told.
	Muted string `json:"muted,omitempty"`
	// MergedInto is the alert that this one became a part of, once a campaign
	// was found to be behind it, say; it is resolved then.
	MergedInto string `json:"merged_into,omitempty"`
	// Test marks an alert that somebody made to try a sink. It is not stored.
	Test bool `json:"test,omitempty"`
	// URL is where people look at the case; empty if none is configured.
	URL string `json:"url,omitempty"`
	// Finding is the latest finding of the leading part.
	Finding Finding `json:"finding"`
	// History is what happened to it, the oldest first; at most MaxHistory.
	// Notifications do not have it.
	History []AlertEvent `json:"history,omitempty"`
}

// AlertPart is what one rule says of one entity in an alert.
type AlertPart struct {
	Detector string   `json:"detector"`
	Entity   Entity   `json:"entity"`
	Severity Severity `json:"severity"`
	// Title is that of the latest finding.
	Title     string    `json:"title"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Findings  int       `json:"findings"`
	Events    int64     `json:"events"`
	// Ended is when its cause was seen to have ended; zero while it was not.
	Ended time.Time `json:"ended,omitzero"`
}

// Mark says who did something to an alert, when, and why.
type Mark struct {
	At time.Time `json:"at"`
	// By is a person or a program as the API's token or the user names it;
	// empty if Gatehound did it.
	By      string `json:"by,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// AlertEvent is an entry of an alert's history.
type AlertEvent struct {
	// Number counts the entries of an alert from 1; with the alert's ID it is
	// the entry's key.
	Number int `json:"number"`
	// At is when it was noted, by the wall clock; EventTime what the time was
	// in the logs.
	At        time.Time `json:"at"`
	EventTime time.Time `json:"event_time"`
	// What is one of "opened", "grew" (another rule or entity), "worsened",
	// "acknowledged", "escalated", "commented", "muted", "unmuted", "ceased" (the
	// cause of a part), "resolved", "reopened", "absorbed" (another alert) and
	// "merged" (into another alert).
	What string `json:"what"`
	// By is who did it; empty if Gatehound did.
	By   string `json:"by,omitempty"`
	Text string `json:"text,omitempty"`
	// Severity is the alert's after it.
	Severity Severity `json:"severity"`
}

// Ceased tells that the cause of a finding has ended: what the rule watches of
// the entity was seen no more; or, if GoesOn, that it has not.
type Ceased struct {
	Detector string `json:"detector"`
	// Entity is as in the finding.
	Entity Entity `json:"entity"`
	// GoesOn tells that the cause has not ended by At: rules hold for hours after
	// they told, and that they say nothing is no sign of an end.
	GoesOn bool `json:"goes_on,omitempty"`
	// Last is when the entity last did what the rule watches, At the event time
	// at which that was long enough ago.
	Last time.Time `json:"last"`
	At   time.Time `json:"at"`
}

// Silence keeps alerts that match from being told, for a time. They are made,
// grouped and stored all the same.
type Silence struct {
	// ID is 12 hexadecimal digits.
	ID string `json:"id"`
	// Matchers all have to match: `detector=authfail.*`, `severity<=medium`,
	// `entity="h1:k1:…"`. See alerting/route.
	Matchers []string  `json:"matchers"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	By       string    `json:"by"`
	Comment  string    `json:"comment"`
	Created  time.Time `json:"created"`
	// Ended is when somebody ended it before its time; zero if nobody did.
	Ended   time.Time `json:"ended,omitzero"`
	EndedBy string    `json:"ended_by,omitempty"`
}

// Allowance is an exception that was made while Gatehound ran: findings that it
// covers are stored and not told.
type Allowance struct {
	// ID is 12 hexadecimal digits.
	ID string `json:"id"`
	// What it covers: everything that is set has to hold. Detector is a rule or
	// a family; Principal and Client are a caller and an address as findings show
	// them, Route a method and a route template, Tenant a tenant. One of them
	// besides Detector is set.
	Detector  string    `json:"detector,omitempty"`
	Principal string    `json:"principal,omitempty"`
	Client    string    `json:"client,omitempty"`
	Route     string    `json:"route,omitempty"`
	Tenant    string    `json:"tenant,omitempty"`
	Until     time.Time `json:"until"`
	By        string    `json:"by"`
	Reason    string    `json:"reason"`
	Created   time.Time `json:"created"`
	Ended     time.Time `json:"ended,omitzero"`
	EndedBy   string    `json:"ended_by,omitempty"`
}
