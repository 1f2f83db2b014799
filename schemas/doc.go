// Package schemas holds the types that the stages of Gatehound hand to one
// another: Event, Batch, Finding and Alert, version 1.
//
// Everything here is redacted: no type of this package can carry a raw log
// record, a credential or a prompt. The stages (ingest, detectors, storage,
// alerting) import this package and never one another; cmd wires them.
//
// The package does no I/O and starts no goroutine.
package schemas

// Version is the version of the Event, Finding and Alert schemas. A field may
// be added within a version; a field that changes its meaning, its unit or its
// type, or that goes, makes a new version.
const Version = 1
