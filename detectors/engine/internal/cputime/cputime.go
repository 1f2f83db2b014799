// Package cputime measures the CPU time of calls, so that a goroutine that had
// to wait for a core is not blamed for it.
package cputime

import (
	"runtime"
	"time"
)

// Of calls do and returns the CPU time that the thread took meanwhile. Where the
// system does not tell, it is the time on the clock.
func Of(do func()) time.Duration {
	runtime.LockOSThread() // both readings are of one thread
	defer runtime.UnlockOSThread()
	from := now()
	do()
	return now() - from
}
