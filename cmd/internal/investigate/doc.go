// Package investigate does the work of `gatehound investigate`: what a campaign
// is, what its keys have in common and took, the list of keys to act on, and what
// acting on it would do. It only reads the store, but for the note in the audit
// that keys were named.
package investigate
