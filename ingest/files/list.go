package files

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stdinPath stands for standard input.
const stdinPath = "-"

// file is one file to read, in its place in the list.
type file struct {
	path      string
	topic     string
	partition int32
	size      int64
	changed   time.Time
}

// expand returns the files that paths name, each once, in the order in which
// they were written: logs of a higher rotation number first, then those with a
// date in their name, then the others; within these by time of change, then by
// path.
func expand(paths []string) ([]file, error) {
	var out []file
	var errs []error
	seen := map[string]bool{}
	for _, p := range paths {
		if p == stdinPath {
			out = append(out, file{path: p, topic: "stdin", changed: time.Now()})
			continue
		}
		matches := []string{p}
		if _, err := os.Lstat(p); err != nil {
			if matches, err = filepath.Glob(p); err != nil || len(matches) == 0 {
				errs = append(errs, fmt.Errorf("paths: no file matches %s", p))
			}
		}
		for _, m := range matches {
			m = filepath.Clean(m)
			if seen[m] {
				continue
			}
			seen[m] = true
			info, err := os.Stat(m)
			switch {
			case err != nil:
				errs = append(errs, fmt.Errorf("paths: %w", err))
			case info.IsDir():
				errs = append(errs, fmt.Errorf("paths: %s is a directory: name the files in it, for example %s", m, filepath.Join(m, "*.log")))
			default:
				out = append(out, file{path: m, topic: safe(filepath.Base(m)), size: info.Size(), changed: info.ModTime()})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b file) int {
		an, ad := rotation(a.path)
		bn, bd := rotation(b.path)
		return cmp.Or(cmp.Compare(bn, an), byDate(ad, bd), a.changed.Compare(b.changed), cmp.Compare(a.path, b.path))
	})
	for i := range out {
		out[i].partition = int32(i)
	}
	return out, errors.Join(errs...)
}

// rotation returns the number that logrotate appended ("access.log.2.gz"), 0
// without one, and the date that it appended ("access.log-20260131"), or "".
func rotation(path string) (number int, date string) {
	base := filepath.Base(path)
	for _, ext := range []string{".gz", ".zst"} {
		base = strings.TrimSuffix(base, ext)
	}
	if i := strings.LastIndexAny(base, ".-"); i > 0 {
		digits := base[i+1:]
		n, err := strconv.Atoi(digits)
		switch {
		case err != nil || n < 0:
		case len(digits) == 8:
			return 0, digits
		case len(digits) <= 4 && base[i] == '.':
			return n, ""
		}
	}
	return 0, ""
}

// byDate puts earlier dates first and no date last.
func byDate(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return cmp.Compare(a, b)
}

// safe makes a file's name a topic's: other characters become "_".
func safe(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), 249)]
}
