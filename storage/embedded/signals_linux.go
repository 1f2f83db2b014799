package embedded

import (
	"syscall"
	"unsafe"
)

// dispositionBytes is the size of the kernel's struct sigaction on 64-bit
// Linux: handler, flags, restorer and a mask of 64 bits. It is moved as a whole
// and never looked into.
const dispositionBytes = 32

// claimedSignals are those whose dispositions libchdb takes over on load and on
// every connect, or resets to the default when its handlers are switched off.
// Without Go's own handlers back in place a nil dereference ends the process
// without a traceback, or hangs it.
var claimedSignals = [...]syscall.Signal{
	syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS,
	syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGTSTP, syscall.SIGSYS,
}

// dispositions holds what the process does on the claimed signals.
type dispositions [len(claimedSignals)][dispositionBytes]byte

// saveSignals reads the dispositions of the claimed signals.
func saveSignals() *dispositions {
	d := new(dispositions)
	for i, s := range claimedSignals {
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&d[i])), 8, 0, 0)
	}
	return d
}

// restore puts the dispositions back.
func (d *dispositions) restore() {
	for i, s := range claimedSignals {
		syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&d[i])), 0, 8, 0, 0)
	}
}
