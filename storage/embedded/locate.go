package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LibraryVersion is the version of chDB that fetch/get.sh installs and that the
// tests run on. chDB carries the version of the ClickHouse that it is built of.
const LibraryVersion = "26.5.3"

// LibraryEnv names the environment variable that points at a libchdb.so and
// goes before the cache folder.
const LibraryEnv = "GATEHOUND_CHDB"

// ErrNoLibrary is wrapped by the error of Locate if there is no library.
var ErrNoLibrary = errors.New("the embedded ClickHouse engine is not installed")

// Locate returns the path of the engine's shared library: what GATEHOUND_CHDB
// names, else what `make engine` put into the user's cache folder. It does not
// load it. Its error says how to get the library.
func Locate() (string, error) {
	if path := os.Getenv(LibraryEnv); path != "" {
		if err := regular(path); err != nil {
			return "", fmt.Errorf("%w: %s: %w", ErrNoLibrary, LibraryEnv, err)
		}
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: set %s to a libchdb.so: %w", ErrNoLibrary, LibraryEnv, err)
	}
	path := filepath.Join(cache, "gatehound", "chdb-"+LibraryVersion, "libchdb.so")
	if err := regular(path); err != nil {
		return "", fmt.Errorf("%w: run `make engine` to fetch it (167 MB, once), or set %s to a libchdb.so: %w",
			ErrNoLibrary, LibraryEnv, err)
	}
	return path, nil
}

func regular(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return nil
}
