// Package score says how surprising the next value of a series is: online, by
// the values before it alone, and in fixed memory. One threshold serves every
// series.
//
// A Stream is small, for counts of each of millions of entities; a Series is
// rich, for routes, models and any series that somebody has. Both are values
// without pointers whose zero value is empty, so they live in a detector's state
// and are snapshotted as they are. They read no clock, allocate nothing, and are
// not safe for concurrent use.
//
// The ideas are those of published detectors: bounded influence (Huber 1964),
// profiles by the time of day and week and what is left of them (Holt, Winters
// 1960), the mean and the changes of a short window against the long past
// (windowed Gaussian; Adams, MacKay 2007 for what makes a change of level),
// patterns by their nearest neighbours (KNN-CAD: Burnaev, Ishimtsev 2016), tails
// beyond a threshold (Hill 1975; SPOT: Siffer et al. 2017), and the likelihood of
// the score by its own recent distribution (Numenta: Ahmad et al. 2017).
package score
