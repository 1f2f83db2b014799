// Package backtest runs the detectors over events of the past: over what the
// store has, or over files. It serves the commands backtest (what would have
// been alerted, and what another configuration would change), tune (which
// thresholds give a wanted number of alerts) and explain (would a finding be
// made again).
//
// It runs the live code: ingest and its pipeline for files, the detectors as the
// service opens them, and alerting's own grouping. Nothing is stored, sent or
// kept: alerting's log is a temporary file.
package backtest
