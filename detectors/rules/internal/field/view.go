package field

import "unsafe"

// view makes a string of b without copying. It lives until the buffer is reset,
// and nothing writes b before.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
