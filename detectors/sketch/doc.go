// Package sketch has summaries of streams that fit into a detector's state:
// values of fixed size without pointers, whose zero value is empty, that are
// copied by assignment and snapshotted as they are.
//
// HLL64, HLL256, HLL1024, Bitmap256, Hist64 and Hist256 merge exactly: merging is the
// union of what was added, commutative and associative to the bit, so they may
// be part of a cohort without a finding depending on the number of shards.
// TopK8 merges within its error bound only (ties depend on the order), and EWMA,
// CUSUM, Majority and CountedMajority depend on order and do not merge: these
// five belong into the state of one entity, or are touched only in Conclude.
//
// Summaries of distinct values take hashes. Who hashes strings that a client
// chose uses a Key that the client does not know, or the client can make
// values collide and so hide how many they are.
//
// The package does no I/O, allocates nothing and is not safe for concurrent
// use of one value.
package sketch
