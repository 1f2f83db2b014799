package prompt

import "fmt"

// Action is what happens to the text of a prompt once it was read.
type Action string

// The actions.
const (
	// Drop forgets the text.
	Drop Action = "drop"
	// Seal keeps the redacted text, encrypted.
	Seal Action = "seal"
)

// The bounds of the configuration.
const (
	minSealedBytes = 1 << 10
	maxSealedBytes = 48 << 10
)

// Config says what happens to prompts, if the logs have them.
type Config struct {
	// Keep is what happens to the texts: "drop", the default, or "seal", which
	// stores them redacted and encrypted for the shorter time that the store
	// is set to.
	Keep Action `mapstructure:"keep"`
	// MaxSealedBytes is how much of a prompt's redacted text is sealed.
	// Default 16384, from 1024 to 49152.
	MaxSealedBytes int `mapstructure:"max_sealed_bytes"`
	// SignaturesFile has signatures beside the built-in ones, one a line. It is
	// read again when it changes. Default "": none.
	SignaturesFile string `mapstructure:"signatures_file"`
}

// DefaultConfig returns the defaults: texts are dropped.
func DefaultConfig() Config { return Config{Keep: Drop, MaxSealedBytes: 16 << 10} }

// Validate reports the first setting that cannot be used.
func (c *Config) Validate() error {
	if c.Keep != Drop && c.Keep != Seal {
		return fmt.Errorf("keep: %q is no action: want drop or seal", c.Keep)
	}
	if c.MaxSealedBytes < minSealedBytes || c.MaxSealedBytes > maxSealedBytes {
		return fmt.Errorf("max_sealed_bytes is %d: want %d to %d", c.MaxSealedBytes, minSealedBytes, maxSealedBytes)
	}
	return nil
}
