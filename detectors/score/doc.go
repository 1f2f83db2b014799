// Package score says how surprising the next value of a series is, online and
// in fixed memory: for the counts that detectors keep for each entity, and for
// any other series of non-negative figures.
//
// A Stream is a value without pointers whose zero value is empty, so it lives
// in a detector's state and is snapshotted as it is. It looks only at values
// that it was given, reads no clock, allocates nothing, and is not safe for
// concurrent use.
package score
