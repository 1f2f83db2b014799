// Package engine runs detectors over batches of events: it deals events to
// shards by entity, keeps the entities' states in tables of bounded memory,
// tells from the events' times when a window is over, and turns what detectors
// emit into findings.
//
// Everything that comes out is a function of the sequence of events alone:
// neither the clock, nor where batches are cut, nor the number of workers
// changes a finding. So a replay finds what the live run found, and a snapshot
// with the remaining events gives what an unbroken run gives.
//
// One goroutine deals, a fixed number of workers drives the shards, and a
// shard's state is touched by one of them at a time, so detectors and tables
// take no lock. A correlator judges copies, on a goroutine of its own for each
// window, for which the next window, a snapshot and a reload wait. The engine does
// no I/O and knows neither the store nor the alerts.
package engine
