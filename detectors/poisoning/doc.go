// Package poisoning watches who writes what a model learns from or looks up:
// feedback, fine-tuning jobs, files, vectors, batches and memories.
//
// It has one detector, poisoning.principal, with an hour as its window. Of what
// principals do besides writing it sees one second in 64, so that it knows for
// how long they were there, and as what. Contents are never at hand: who writes,
// how much, how large and how alike is all that a log tells.
package poisoning
