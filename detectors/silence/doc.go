// Package silence watches for what should speak and does not: a route whose
// steady traffic ends, a key that is interrupted, a job that does not run, and
// everything at once, which is an outage or a log that was turned off.
//
// What is usual is each entity's own past: the traffic of its minutes, the
// longest pause at each hour of the day, and the times at which its runs begin.
// Sources of records that fall silent are the matter of detectors/feed.
package silence
