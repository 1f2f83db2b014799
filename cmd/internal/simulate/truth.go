package simulate

import (
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// Entity is who a plant is about, before any pseudonym.
type Entity struct {
	Kind schemas.EntityKind `json:"kind"`
	// Raw is the principal as the gateway logs it, the client's address, or a
	// route's method and path template; empty for everything.
	Raw string `json:"raw"`
	// Format is that of the gateway that saw it.
	Format gateway.Format `json:"format"`
}

// Truth tells what was planted.
type Truth struct {
	// ID is the kind and the number of the plant, for example "spraying-3".
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Title says it in words.
	Title string `json:"title"`
	// Benign tells that it is a look-alike: it is no attack, and nothing should
	// call it one.
	Benign bool `json:"benign"`
	// Mild tells that a finding of low severity on a look-alike is right.
	Mild bool `json:"mild,omitempty"`
	// Expect has the families of detectors that should find an attack, as
	// prefixes of their ids ("authfail"); one of them is enough. For a
	// look-alike it has those that may speak, because they call it what it is.
	Expect []string `json:"expect,omitempty"`
	// Entities has whom a finding may name; one of them is enough.
	Entities []Entity `json:"entities"`
	// Related has whom a finding may name as well, because an attack of some
	// volume moves its route and everything too.
	Related []Entity `json:"related,omitempty"`
	// Start and End bound it in event time, as planned; if it comes again, End
	// is that of the latest time.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Events counts its requests so far; for a silence, those held back.
	Events int64 `json:"events"`
}

// Truths returns what was planted, in the order of Config.Plants. Events
// counts what Next has returned so far.
func (f *Fleet) Truths() []Truth { return slices.Clone(f.truths) }
