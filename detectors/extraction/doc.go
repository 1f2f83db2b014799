// Package extraction finds callers that copy a model through its API: by
// harvesting answers (distillation), by reading out logits, or slowly, round
// the clock.
//
// It has one detector, extraction.principal, with three rules:
// extraction.harvest, extraction.logits and extraction.sustained. Each adds up
// what speaks for and against, needs volume and several independent kinds of
// behaviour, and takes what a log does not state as no evidence at all. It
// does not link callers that share the work.
package extraction
