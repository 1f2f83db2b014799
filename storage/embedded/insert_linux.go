package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// spool copies the data of an INSERT to an anonymous file in memory. libchdb
// reads data that follows the statement's text only up to the first blank line,
// which binary data may hold; from a file it reads all.
func spool(data io.Reader) (*os.File, error) {
	fd, err := unix.MemfdCreate("gatehound-insert", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("Code: 76. DB::Exception: no file in memory for the data: %w (CANNOT_OPEN_FILE)", err)
	}
	f := os.NewFile(uintptr(fd), "gatehound-insert")
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, data, make([]byte, 1<<20)); err != nil {
		f.Close()
		return nil, fmt.Errorf("Code: 23. DB::Exception: the data cannot be read: %w (CANNOT_READ_FROM_ISTREAM)", err)
	}
	return f, nil
}

// insertFrom turns "INSERT INTO … FORMAT F", whose data is in the file fd, into
// the statement that reads the file.
func insertFrom(sql string, fd uintptr, settings []string) (string, error) {
	head, format, ok := cutLast(sql, "FORMAT")
	format = strings.TrimSpace(format)
	if !ok || format == "" || strings.ContainsAny(format, " \t\n;'\"`") {
		return "", errors.New("Code: 62. DB::Exception: a statement with data must end in FORMAT and a name (SYNTAX_ERROR)")
	}
	sql = fmt.Sprintf("%s FROM INFILE '/proc/self/fd/%d' COMPRESSION 'none'", head, fd)
	if len(settings) > 0 {
		sql += " SETTINGS " + strings.Join(settings, ", ")
	}
	return sql + " FORMAT " + format, nil
}

// cutLast slices s around the last occurrence of word in whatever case.
func cutLast(s, word string) (before, after string, found bool) {
	i := strings.LastIndex(strings.ToUpper(s), word)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(word):], true
}
