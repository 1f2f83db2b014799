// Package shadow finds what answers and should not: endpoints, hosts and models
// that no inventory has, old versions that come back, internal ones that are
// reached from outside, and what was never seen before.
//
// It has three detectors, shadow.route, shadow.host and shadow.model, with a
// window of ten minutes. Only what succeeded counts: who tries out paths finds
// nothing but refusals, and leaves nothing here. Attempts are package scan's
// matter.
package shadow
