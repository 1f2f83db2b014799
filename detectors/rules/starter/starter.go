// Package starter has the rules that come with Gatehound, and their cases.
package starter

import "embed"

// Files has name.yml, the rules, and name.test.yml, their cases.
//
//go:embed *.yml
var Files embed.FS
