package injection

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config sets what counts as an attack on a model's instructions. Counts are of
// different prompts of one caller in a run: without an hour's pause, of at most
// two hours.
type Config struct {
	// Signatures is the least number of prompts that hit a signature of
	// injection, jailbreak or prompt leak. Default 5; 3 to 100.
	Signatures int `mapstructure:"signatures"`
	// SignatureShare is the share of all prompts that hits by mistake. Default
	// 0.02; 0.001 to 0.5.
	SignatureShare float64 `mapstructure:"signature_share"`
	// Blocks is the least number of prompts that a guardrail blocks or whose
	// answer it cuts off. Default 5; 3 to 100.
	Blocks int `mapstructure:"blocks"`
	// BlockShare is the share of all prompts that is blocked by mistake.
	// Default 0.02; 0.001 to 0.5.
	BlockShare float64 `mapstructure:"block_share"`
	// Hidden is the least number of prompts that hit a signature in text that
	// was hidden or disguised. Default 3; 2 to 40.
	Hidden int `mapstructure:"hidden"`
	// Variants is the least number of near duplicates of one prompt of which
	// three in ten are blocked or hit a signature. Default 20; 10 to 1,000.
	Variants int `mapstructure:"variants"`
	// Spellings is the least number of near duplicates at a high temperature
	// of which nothing else is known; 0 is off. Default 150; 0 or 50 to
	// 100,000.
	Spellings int `mapstructure:"spellings"`
	// Refusals is the least number of short answers in a row, of about one
	// length to prompts of about one length, of a caller who usually gets long
	// ones; 0 is off. Default 25; 0 or 10 to 1,000.
	Refusals int `mapstructure:"refusals"`
	// Crowd is how many callers at once whose prompts are blocked make it one
	// finding on everything: a guardrail was changed. Default 5; 2 to 10,000.
	Crowd int `mapstructure:"crowd"`
}

// DefaultConfig returns the defaults. Elastic's rules for Bedrock tell of more
// than one guardrail violation of a user in an hour and of more than 5 blocks
// by topic, word or personal data; its hunt for injections of 2 prompts with
// "ignore the above instructions" and the like. The signatures hit 2 of 40
// texts that were made to look like attacks and 9 of 612 others, so 0.02.
func DefaultConfig() Config {
	return Config{Signatures: 5, SignatureShare: 0.02, Blocks: 5, BlockShare: 0.02, Hidden: 3, Variants: 20, Spellings: 150, Refusals: 25, Crowd: 5}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("signatures", c.Signatures, 3, 100),
		bounds.Within("signature_share", c.SignatureShare, 0.001, 0.5),
		bounds.Within("blocks", c.Blocks, 3, 100),
		bounds.Within("block_share", c.BlockShare, 0.001, 0.5),
		bounds.Within("hidden", c.Hidden, 2, 40),
		bounds.Within("variants", c.Variants, 10, 1000),
		bounds.OrOff("spellings", c.Spellings, 50, 100_000),
		bounds.OrOff("refusals", c.Refusals, 10, 1000),
		bounds.Within("crowd", c.Crowd, 2, 10_000),
	)
}
