package app

import _ "embed"

//go:generate go run ./internal/gensample -root ../../.. -out gatehound.yaml

// SampleConfig is a configuration with every setting, explained.
//
//go:embed gatehound.yaml
var SampleConfig string
