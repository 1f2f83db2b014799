// Package builtin lists the detectors that are built in, with their settings.
// The list is generated: a detector is added by adding its folder.
package builtin

//go:generate go run ../internal/genlist -out builtin.go ..

import (
	"errors"
	"strings"
)

// keyed puts the detector's key before every line of its error.
func keyed(name string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(name + "." + strings.ReplaceAll(err.Error(), "\n", "\n"+name+"."))
}
