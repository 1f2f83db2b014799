// Package formats lists the log formats that are built in, and makes decoders
// of them. The list is generated: a format is added by adding its folder.
package formats

import (
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/ingest/decode"
)

//go:generate go run ../internal/genlist -out builtin.go ..

// New returns a decoder of all built-in formats and of own, the user's, whose
// names must be others.
func New(opts decode.Options, own ...*decode.Format) (*decode.Decoder, error) {
	for _, f := range own {
		if slices.Contains(Names(), f.Name) {
			return nil, fmt.Errorf("format %s is built in: give your own another name", f.Name)
		}
	}
	return decode.New(opts, append(own[:len(own):len(own)], builtin...))
}

// Names returns the names that Options.Format may have: "auto", and then the
// formats in alphabetical order.
func Names() []string {
	names := []string{decode.Auto}
	for _, f := range builtin {
		names = append(names, f.Name)
	}
	return names
}
