package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gatehound/gatehound/schemas"
)

// Rewrite calls change for every batch that waits in the spool at dir or that
// was put aside, and writes those anew of which it says that it changed them. A
// batch keeps its token and ranges. No Spool may be open in dir. It returns how
// many batches were changed, and how many files are damaged and could not be
// looked at. A folder that is not there has nothing.
func Rewrite(dir string, change func(*schemas.Batch) bool) (changed, damaged int, err error) {
	for _, folder := range []string{"", refusedDir} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "*"+suffix))
		if err != nil {
			return changed, damaged, fmt.Errorf("rewrite the spool: %w", err)
		}
		for _, name := range files {
			done, err := rewrite(name, change)
			switch {
			case errors.Is(err, errDamaged):
				damaged++
			case err != nil:
				return changed, damaged, fmt.Errorf("rewrite the spool: %w", err)
			case done:
				changed++
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, damagedDir, "*"))
	if err != nil {
		return changed, damaged, fmt.Errorf("rewrite the spool: %w", err)
	}
	return changed, damaged + len(files), nil
}

func rewrite(name string, change func(*schemas.Batch) bool) (changed bool, err error) {
	b, err := read(name)
	if err != nil || !change(b) {
		return false, err
	}
	h, _, err := readHeader(name)
	if err != nil {
		return false, err
	}
	temp, err := os.CreateTemp(filepath.Dir(name), tempPrefix)
	if err != nil {
		return false, err
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	if _, err = write(temp, b, h.Group); err != nil {
		return false, err
	}
	if err = temp.Sync(); err != nil {
		return false, err
	}
	if err = temp.Close(); err != nil {
		return false, err
	}
	if err = os.Rename(temp.Name(), name); err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(name))
}
