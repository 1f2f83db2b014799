package scan

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config sets what counts as scanning. Counts are of different things that one
// caller asked for with pauses of less than ten minutes (ids: half an hour);
// each also forgives one for every five minutes (ids: two) that it took.
type Config struct {
	// Paths is how many different paths are refused before it is a scan.
	// Default 20; 10 to 200.
	Paths int `mapstructure:"paths"`
	// Sensitive is how many different sensitive paths (files with secrets,
	// consoles, backups) are refused before it is a scan. Default 5; 3 to 40.
	Sensitive int `mapstructure:"sensitive"`
	// Models is how many different models are refused before it is an
	// enumeration. Default 5; 3 to 40.
	Models int `mapstructure:"models"`
	// IDs is how many different ids are asked for on one route, in sequence,
	// before it is an enumeration. Default 30; 10 to 200.
	IDs int `mapstructure:"ids"`
	// IDShare is the least share of those ids that is refused (403, 404); who
	// walks through a list of his own is refused hardly ever. Default 0.2;
	// 0.05 to 0.9.
	IDShare float64 `mapstructure:"id_share"`
	// Pages is how many different resources one address without a credential
	// gets before it is scraping, at one every two seconds and more. Default
	// 400; 100 to 800.
	Pages int `mapstructure:"pages"`
	// Calls is how many answers of a model in five minutes go to a client that
	// calls itself a scanner or crawler before that is told. Default 20; 5 to
	// 100,000.
	Calls int `mapstructure:"calls"`
	// Digest is how many addresses a day are told one by one if all that they
	// asked for was refused; more are one finding on everything. Default 20; 0
	// to 10,000.
	Digest int `mapstructure:"digest"`
}

// DefaultConfig returns the defaults. CrowdSec's http-probing takes more than
// 10 different refused paths (one forgiven every 10 seconds), its
// http-sensitive-files more than 4 (every 5 seconds), its
// http-crawl-non_statics more than 40 different pages at two a second; here
// the first and the last are higher, as a finding is read by somebody and a
// ban is not. Elastic's rule for Bedrock tells of more than 3 refused models.
func DefaultConfig() Config {
	return Config{Paths: 20, Sensitive: 5, Models: 5, IDs: 30, IDShare: 0.2, Pages: 400, Calls: 20, Digest: 20}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		bounds.Within("paths", c.Paths, 10, 200),
		bounds.Within("sensitive", c.Sensitive, 3, 40),
		bounds.Within("models", c.Models, 3, 40),
		bounds.Within("ids", c.IDs, 10, 200),
		bounds.Within("id_share", c.IDShare, 0.05, 0.9),
		bounds.Within("pages", c.Pages, 100, 800),
		bounds.Within("calls", c.Calls, 5, 100_000),
		bounds.Within("digest", c.Digest, 0, 10_000),
	)
}
