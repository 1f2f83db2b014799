// Package hunt puts simulated records through the service's own ingest, redaction,
// enrichment and detectors, in event time, and keeps what is found: what every
// measurement of the detectors is made with.
//
// A Hunt is used by one goroutine. Several run side by side, each with detectors of
// its own; a Ground has what they share, which is the files of the simulated world,
// and nothing else.
package hunt
