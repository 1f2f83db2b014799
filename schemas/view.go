package schemas

import "unsafe"

// view makes a string of b without copying; the arena never writes b again.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
