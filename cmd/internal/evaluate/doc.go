// Package evaluate measures how good detection is: it runs simulated fleets
// with planted attacks and innocent look-alikes through the real ingest,
// redaction, enrichment and detectors, in event time, and holds what was found
// against what was planted.
//
// Run does it; a Report says what came of it. Seeds run side by side, each with
// its own detectors; nothing is shared between them but the configuration.
package evaluate
