//go:build !linux

package entities

// preferHuge does nothing: the system decides for itself.
func preferHuge([]uint64) {}
