package schemas

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Entity is what a finding is about.
type Entity struct {
	Kind EntityKind `json:"kind"`
	// Name is the entity as policy lets it be shown: a pseudonym of a
	// principal, the stored form of an address, "POST /v1/chat/completions".
	Name string `json:"name"`
}

// Technique is an entry of a public catalogue of attacks.
type Technique struct {
	// Framework is "MITRE ATLAS", "MITRE ATT&CK", "OWASP LLM 2025" or "OWASP
	// API 2023".
	Framework string `json:"framework"`
	// ID is the catalogue's id, for example "AML.T0024.002".
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Feature is one figure that spoke for a finding.
type Feature struct {
	// Name is a stable snake_case identifier.
	Name string `json:"name"`
	// Observed and Expected are in Unit; Expected is the bound or the baseline
	// that Observed was held against.
	Observed float64 `json:"observed"`
	Expected float64 `json:"expected"`
	Unit     string  `json:"unit,omitempty"`
	// Weight is the share of the score that the feature carried, from 0 to 1.
	Weight float64 `json:"weight"`
	// Text says it in words that a person on call understands.
	Text string `json:"text"`
}

// Exception tells that an allowlist covers a finding: it is stored, not sent.
type Exception struct {
	Owner  string `json:"owner"`
	Reason string `json:"reason"`
}

// Finding is what a detector has to say about one entity in one window.
type Finding struct {
	// ID is FindingID(Detector, Entity, WindowStart): the same finding has the
	// same id, however often its events are read.
	ID string `json:"id"`
	// Detector is the detector and its rule, for example
	// "authfail.brute_force".
	Detector string `json:"detector"`
	Entity   Entity `json:"entity"`
	Tenant   string `json:"tenant,omitempty"`
	// Severity is how bad it would be, Confidence (0 to 1) how sure it is.
	Severity   Severity `json:"severity"`
	Confidence float64  `json:"confidence"`
	// Title is a line, Summary two sentences: what happened, and against what
	// expectation.
	Title   string `json:"title"`
	Summary string `json:"summary"`
	// WindowStart and WindowEnd bound the window, Detected is the event time
	// at which the finding was made.
	WindowStart time.Time `json:"window_start"`
	WindowEnd   time.Time `json:"window_end"`
	Detected    time.Time `json:"detected"`
	// Events is how many events of the entity were in the window.
	Events     int64       `json:"events"`
	Features   []Feature   `json:"features"`
	Techniques []Technique `json:"techniques"`
	// Samples are request ids of a few of the window's events, at most four: of
	// what was refused or failed first, if there is any.
	Samples []string `json:"samples,omitempty"`
	// Series is how the entity's events spread over the window and before it; nil
	// if it is not known.
	Series *Series `json:"series,omitempty"`
	// Related are entities that the window's events tie to the finding's: of an
	// address the principals behind it, of a principal its addresses; at most
	// MaxRelated. RelatedAll tells that there are no more.
	Related    []Entity `json:"related,omitempty"`
	RelatedAll bool     `json:"related_all,omitempty"`
	// Query is a ClickHouse statement that shows the evidence.
	Query string `json:"query"`
	// Provider and Model are the model that the finding is about, if it is
	// about one and the detector knows it.
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// Campaign is set if the finding is about principals that work together.
	Campaign *Campaign `json:"campaign,omitempty"`
	// Exception is set if an allowlist covers the finding.
	Exception *Exception `json:"exception,omitempty"`
}

// MaxRelated is how many related entities a finding has at most, MaxBins how
// many bins its series.
const (
	MaxRelated = 4
	MaxBins    = 24
)

// Series is counts of events in equal bins of time.
type Series struct {
	Start time.Time `json:"start"`
	// Step is the length of a bin in seconds.
	Step int64 `json:"step"`
	// Counts has at most MaxBins entries; the last bin may not be over.
	Counts []int64 `json:"counts"`
}

// FindingID returns the id of a finding: 32 hexadecimal digits of a SHA-256
// over the detector, the entity and the start of the window.
func FindingID(detector string, entity Entity, windowStart time.Time) string {
	h := sha256.New()
	h.Write([]byte(detector))
	h.Write([]byte{0, byte(entity.Kind)})
	h.Write([]byte(entity.Name))
	var b [9]byte
	binary.BigEndian.PutUint64(b[1:], uint64(windowStart.UnixNano()))
	h.Write(b[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}
