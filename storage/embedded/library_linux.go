package embedded

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is the C interface of libchdb, as far as it is used. A handle of the
// library is a uintptr: it is C memory, which Go must not follow.
type library struct {
	connect       func(argc int32, argv unsafe.Pointer) uintptr
	closeConn     func(conn uintptr)
	query         func(conn uintptr, sql unsafe.Pointer, n uintptr, format unsafe.Pointer, fn uintptr) uintptr
	queryParams   func(conn uintptr, sql unsafe.Pointer, n uintptr, format unsafe.Pointer, fn uintptr, names, nameLens, values, valueLens unsafe.Pointer, count uintptr) uintptr
	destroy       func(result uintptr)
	buffer        func(result uintptr) uintptr
	length        func(result uintptr) uintptr
	failure       func(result uintptr) uintptr
	rowsWritten   func(result uintptr) uint64
	signalHandler func(enabled bool)
}

// load opens the shared library at path. The library stays in the process for
// good: its threads and static objects do not survive being unloaded.
func load(path string) (*library, error) {
	saved := saveSignals()
	defer saved.restore()
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	lib := new(library)
	for name, function := range map[string]any{
		"chdb_connect":                     &lib.connect,
		"chdb_close_conn":                  &lib.closeConn,
		"chdb_query_n":                     &lib.query,
		"chdb_query_with_params_n":         &lib.queryParams,
		"chdb_destroy_query_result":        &lib.destroy,
		"chdb_result_buffer":               &lib.buffer,
		"chdb_result_length":               &lib.length,
		"chdb_result_error":                &lib.failure,
		"chdb_result_rows_written":         &lib.rowsWritten,
		"chdb_set_signal_handlers_enabled": &lib.signalHandler,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load %s: not a libchdb of version %s: %w", path, LibraryVersion, err)
		}
		purego.RegisterFunc(function, symbol)
	}
	lib.signalHandler(false)
	return lib, nil
}

// open makes a session with the engine; the first one starts the engine with
// args, which are those of clickhouse-local.
func (l *library) open(args []string) (uintptr, error) {
	var pin runtime.Pinner
	defer pin.Unpin()
	argv := make([]unsafe.Pointer, len(args)+1)
	for i, a := range args {
		b := append([]byte(a), 0)
		pin.Pin(&b[0])
		argv[i] = unsafe.Pointer(&b[0])
	}
	pin.Pin(&argv[0])
	saved := saveSignals()
	defer saved.restore()
	conn := l.connect(int32(len(args)), unsafe.Pointer(&argv[0]))
	if conn == 0 {
		return 0, errors.New("the engine did not start")
	}
	return conn, nil
}

// param is a value for a {name:Type} of a statement, in the escaped text form
// that ClickHouse's HTTP interface takes too.
type param struct{ name, value string }

// run executes one statement and returns its whole output in format, and the
// number of rows that it wrote.
func (l *library) run(conn uintptr, sql, format string, params []param) ([]byte, uint64, error) {
	// A connection is a pointer to a pointer in C memory.
	session := **(**uintptr)(unsafe.Pointer(&conn))
	var result uintptr
	if len(params) == 0 {
		result = l.query(session, text(sql), uintptr(len(sql)), text(format), uintptr(len(format)))
	} else {
		var pin runtime.Pinner
		defer pin.Unpin()
		names, nameLens := array(&pin, params, func(p param) string { return p.name })
		values, valueLens := array(&pin, params, func(p param) string { return p.value })
		result = l.queryParams(session, text(sql), uintptr(len(sql)), text(format), uintptr(len(format)),
			names, nameLens, values, valueLens, uintptr(len(params)))
	}
	if result == 0 {
		return nil, 0, errors.New("the engine gave no result")
	}
	defer l.destroy(result)
	if message := l.failure(result); message != 0 {
		return nil, 0, errors.New(cString(message))
	}
	var out []byte
	if n := l.length(result); n > 0 {
		out = make([]byte, n)
		copy(out, memory(l.buffer(result), n))
	}
	return out, l.rowsWritten(result), nil
}

// array lays out one string of each parameter as the C arrays of pointers and
// of lengths.
func array(pin *runtime.Pinner, params []param, of func(param) string) (pointers, lengths unsafe.Pointer) {
	p, n := make([]unsafe.Pointer, len(params)), make([]uintptr, len(params))
	for i := range params {
		b := append([]byte(of(params[i])), 0)
		pin.Pin(&b[0])
		p[i], n[i] = unsafe.Pointer(&b[0]), uintptr(len(b)-1)
	}
	pin.Pin(&p[0])
	pin.Pin(&n[0])
	return unsafe.Pointer(&p[0]), unsafe.Pointer(&n[0])
}

func text(s string) unsafe.Pointer { return unsafe.Pointer(unsafe.StringData(s)) }

// memory views n bytes of C memory at p.
func memory(p, n uintptr) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n)
}

// cString copies the zero-terminated string at p.
func cString(p uintptr) string {
	n := uintptr(0)
	for memory(p, n+1)[n] != 0 {
		n++
	}
	return string(memory(p, n))
}
