// Package alerting turns findings into alerts and gets them to people.
//
// The Manager makes incidents of findings that tell one story, swallows what was
// said before, writes what it decided into a durable notification log, and delivers
// from there: one queue and one worker a sink, so that a sink that hangs
// delays nobody. Retries, back-off, the rate cap and the dead letters live
// here and nowhere else; a sink (alerting/notify/<sink>) only makes one
// attempt and classifies its outcome.
//
// Offer, Cease, Advance and what Desk has may be called before, during and after
// Run, from one or several goroutines; they wait for the log's fsync and for
// nothing else. Run delivers until its context is done and then for a bounded
// while. Close comes last.
//
// The package does not detect, does not store alerts for forensics (the caller
// stores what Offer returns) and knows no format of any receiver.
package alerting
