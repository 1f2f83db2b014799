// Package crowd is everybody who calls a gateway in a window: what is common among
// them and what is rare, and how likely one of them belongs to a group.
//
// A Population is made of profiles once and not changed. A Centre is what the
// members of a group have in common, and Fits how a principal fits it.
package crowd

import "github.com/gatehound/gatehound/detectors/sketch"

// Watch is since when and under which key the profiles are seen.
type Watch struct {
	// Since is when the gateway began to be watched, End the end of the window, in
	// minutes since the epoch.
	Since, End uint32
	// Key makes the order and all hashes unknown to callers.
	Key sketch.Key
}

// settling is for how long after the watch began first calls mean nothing, in
// minutes: everybody is new then, and daily jobs are seen a day later.
const settling = 24 * 60

// Settled returns until when first calls tell nothing of a principal's age.
func (w Watch) Settled() uint32 { return w.Since + settling }

// MostPrincipals bounds how many are compared.
const MostPrincipals = 1 << 26
