package extraction

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the detector's settings.
type Config struct {
	// Calls is the least number of successful model calls in an hour for
	// extraction.harvest. Default 500: Elastic's rule for Amazon Bedrock
	// probing alerts at 500 by one principal in 60 minutes. 100 to 1e9.
	Calls int `mapstructure:"calls"`
	// Score is the sum of evidence at which extraction.harvest reports a full
	// hour, EarlyScore before it is over. Default 4.5 and 5.7; 1 to 20.
	Score      float64 `mapstructure:"score"`
	EarlyScore float64 `mapstructure:"early_score"`
	// LogitCalls is the least number of calls in an hour for
	// extraction.logits. Default 250, well below the width of any model whose
	// output layer has been read out (1,024 and more); 50 to 1e9.
	LogitCalls int `mapstructure:"logit_calls"`
	// LogitScore is the sum of evidence at which extraction.logits reports.
	// Default 4.5; 1 to 20.
	LogitScore float64 `mapstructure:"logit_score"`
	// DayCalls is the least number of calls in 24 hours for
	// extraction.sustained. Default 200: 1,000 good answers, five days, were
	// enough to train s1. 50 to 1e9.
	DayCalls int `mapstructure:"day_calls"`
	// DayScore is the sum of evidence at which extraction.sustained reports.
	// Default 4.6; 1 to 20.
	DayScore float64 `mapstructure:"day_score"`
	// ReasoningCalls is the least number of prompts in an hour that ask for the
	// reasoning for extraction.reasoning. Default 50; 10 to 1e9.
	ReasoningCalls int `mapstructure:"reasoning_calls"`
	// ReasoningScore is the sum of evidence at which extraction.reasoning
	// reports. Default 4; 1 to 20.
	ReasoningScore float64 `mapstructure:"reasoning_score"`
	// MembershipCalls is the least number of calls in an hour, in 24 hours if no
	// prompts are logged, for extraction.membership. Default 500, as Calls; 100 to
	// 1e9.
	MembershipCalls int `mapstructure:"membership_calls"`
	// MembershipScore is the sum of evidence at which extraction.membership
	// reports. Default 4; 1 to 20.
	MembershipScore float64 `mapstructure:"membership_score"`
	// EmbeddingCalls is the least number of embedding calls in a day for
	// extraction.embeddings. Default 20,000: copies of encoders took tens of
	// thousands of inputs and more. 1,000 to 1e9.
	EmbeddingCalls int `mapstructure:"embedding_calls"`
	// BatchJobs is the least number of batches in a day for extraction.batch.
	// Default 6; 2 to 1e9.
	BatchJobs int `mapstructure:"batch_jobs"`
	// TenantKeys and TenantCalls are the least number of principals of a tenant and
	// of their calls in a day for extraction.tenant. Default 10 and 1,000; 3 to 1e6
	// and 100 to 1e9.
	TenantKeys  int `mapstructure:"tenant_keys"`
	TenantCalls int `mapstructure:"tenant_calls"`
	// TenantScore is the sum of evidence at which extraction.tenant reports.
	// Default 4.5; 1 to 20.
	TenantScore float64 `mapstructure:"tenant_score"`
	// RepeatHours is for how long a rule is silent about a principal that it
	// has reported, unless it got worse. Default 168, so
	// that one which goes on is told once a week; 1 to 8,760.
	RepeatHours int `mapstructure:"repeat_hours"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Calls: 500, Score: 4.5, EarlyScore: 5.7,
		LogitCalls: 250, LogitScore: 4.5,
		DayCalls: 200, DayScore: 4.6,
		ReasoningCalls: 50, ReasoningScore: 4,
		MembershipCalls: 500, MembershipScore: 4,
		EmbeddingCalls: 20_000, BatchJobs: 6,
		TenantKeys: 10, TenantCalls: 1000, TenantScore: 4.5,
		RepeatHours: 168,
	}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("calls", c.Calls, 100, 1_000_000_000),
		bounds.Within("score", c.Score, 1, 20),
		bounds.Within("early_score", c.EarlyScore, 1, 20),
		bounds.Within("logit_calls", c.LogitCalls, 50, 1_000_000_000),
		bounds.Within("logit_score", c.LogitScore, 1, 20),
		bounds.Within("day_calls", c.DayCalls, 50, 1_000_000_000),
		bounds.Within("day_score", c.DayScore, 1, 20),
		bounds.Within("reasoning_calls", c.ReasoningCalls, 10, 1_000_000_000),
		bounds.Within("reasoning_score", c.ReasoningScore, 1, 20),
		bounds.Within("membership_calls", c.MembershipCalls, 100, 1_000_000_000),
		bounds.Within("membership_score", c.MembershipScore, 1, 20),
		bounds.Within("embedding_calls", c.EmbeddingCalls, 1000, 1_000_000_000),
		bounds.Within("batch_jobs", c.BatchJobs, 2, 1_000_000_000),
		bounds.Within("tenant_keys", c.TenantKeys, 3, 1_000_000),
		bounds.Within("tenant_calls", c.TenantCalls, 100, 1_000_000_000),
		bounds.Within("tenant_score", c.TenantScore, 1, 20),
		bounds.Within("repeat_hours", c.RepeatHours, 1, 8760),
	)
}
