// Package demo is what `gatehound demo` shows on the terminal: a live line,
// the alerts as they fire, and at the end what was planted against what was
// found, with the evidence of the first alert.
//
// It takes plain data and knows nothing of the pipeline. On a terminal the live
// line is written over itself and severities have colours; anywhere else it
// prints plain lines. Whatever comes from an alert or from the store may have
// been written by an attacker: it is shown without control characters, escape
// sequences and characters that reorder text.
package demo
