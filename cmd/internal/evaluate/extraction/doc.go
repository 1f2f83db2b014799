// Package extraction measures how well the copying of models is found, by one key
// and by campaigns of many: it runs simulated weeks of a gateway's customers, with
// those who copy and those who only look like it among them, through the real
// ingest, redaction, enrichment and all detectors, in event time, and holds what
// was found against what took place.
//
// Run does it; a Report says what came of it. Worlds run side by side and share the
// configuration alone.
package extraction
