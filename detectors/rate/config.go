package rate

import (
	"errors"

	"github.com/gatehound/gatehound/detectors/bounds"
)

// Config has the settings of the three detectors.
type Config struct {
	// Principal, Address and Route are the limits for each kind of entity.
	Principal Limits `mapstructure:"principal"`
	Address   Limits `mapstructure:"address"`
	Route     Limits `mapstructure:"route"`
	// ColdFactor is how many times the peers' 99.9th percentile an entity
	// without a past of its own has to reach. Default 3; 2 to 10,000.
	ColdFactor float64 `mapstructure:"cold_factor"`
	// RoundFactor multiplies each factor for what begins on the hour or the
	// half hour, as scheduled jobs do. Default 4; 1 to 100.
	RoundFactor float64 `mapstructure:"round_factor"`
	// Crowd is how many entities with the same change make it one finding on
	// everything. Default 20; 2 to 1,000,000.
	Crowd int `mapstructure:"crowd"`
}

// Limits are the bounds for one kind of entity. Counts are requests in a
// minute; 0 turns a rule off where it says so.
type Limits struct {
	// Floor is the least count that can be a spike or a shift. Default 600 for
	// principals and addresses, 1,200 for routes; 10 to 1e9.
	Floor float64 `mapstructure:"floor"`
	// Factor is how many times the upper end of what is usual makes a spike.
	// Default 10 for principals and addresses, 5 for routes; 1.5 to 1,000.
	Factor float64 `mapstructure:"factor"`
	// ColdFloor is the least pace, in requests a minute, at which an entity
	// without a past is a spike; it also has to make twice Floor in the minute.
	// Default 3,000 (50 a second), not used for routes; 10 to 1e9.
	ColdFloor float64 `mapstructure:"cold_floor"`
	// RoundFloor is the least count of a spike that begins on the hour or the half
	// hour, as scheduled jobs do. Default 2,000 for principals and addresses, not
	// used for routes; 10 to 1e9.
	RoundFloor float64 `mapstructure:"round_floor"`
	// NamelessFloor is ColdFloor for addresses whose requests tell no principal;
	// 0 is off. Default 2,000 (33 a second) for addresses, else off; at most 1e9.
	NamelessFloor float64 `mapstructure:"nameless_floor"`
	// SteadyFloor and SteadyFactor take the place of Floor and Factor for an
	// entity with two hours of a past that hardly varies; a floor of 0 is off.
	// Default 300 and 5 for principals and addresses, off for routes; at most
	// 1e9, and 1.5 to 1,000.
	SteadyFloor  float64 `mapstructure:"steady_floor"`
	SteadyFactor float64 `mapstructure:"steady_factor"`
	// Burst is the count at which an entity without a past is reported before
	// its minute is over; 0 is off. Default 30,000, off for routes; at most
	// 1e9.
	Burst float64 `mapstructure:"burst"`
	// ShiftFactor is how many times the old level a lasting change is; 0 is
	// off. Default 5; else 1.5 to 1,000.
	ShiftFactor float64 `mapstructure:"shift_factor"`
	// ThrottledFloor and ThrottledShare are the least count and share of 429
	// answers; a floor of 0 is off. Default 1,200 and 0.5 for principals and
	// addresses, off and 0.3 for routes, which errors.quota tells of; at most
	// 1e9, and 0.01 to 1.
	ThrottledFloor float64 `mapstructure:"throttled_floor"`
	ThrottledShare float64 `mapstructure:"throttled_share"`
	// ErrorsFloor and ErrorsShare are the same for 5xx answers. Default 600
	// and 0.5 for principals, off for addresses, off and 0.2 for routes, which
	// the detector errors tells of.
	ErrorsFloor float64 `mapstructure:"errors_floor"`
	ErrorsShare float64 `mapstructure:"errors_share"`
	// Callers is how many different callers have to meet the 429 or 5xx, or
	// were usual before a lasting fall; one caller's trouble or end is not the
	// route's. Default 5 for routes, 0 for the others; 0 to 60.
	Callers int `mapstructure:"callers"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	caller := Limits{
		Floor: 600, Factor: 10, ColdFloor: 3000, RoundFloor: 2000, Burst: 30_000, ShiftFactor: 5,
		SteadyFloor: 300, SteadyFactor: 5,
		ThrottledFloor: 1200, ThrottledShare: 0.5, ErrorsFloor: 600, ErrorsShare: 0.5,
	}
	address := caller
	address.ErrorsFloor, address.NamelessFloor = 0, 2000
	return Config{
		Principal: caller,
		Address:   address,
		Route: Limits{
			Floor: 1200, Factor: 5, ColdFloor: 3000, RoundFloor: 2000, ShiftFactor: 5,
			SteadyFactor:   5,
			ThrottledShare: 0.3, ErrorsShare: 0.2,
			Callers: 5,
		},
		ColdFactor: 3, RoundFactor: 4, Crowd: 20,
	}
}

// Validate returns every setting that is out of its bounds.
func (c *Config) Validate() error {
	return errors.Join(
		c.Principal.validate("principal"), c.Address.validate("address"), c.Route.validate("route"),
		bounds.Within("cold_factor", c.ColdFactor, 2, 10_000),
		bounds.Within("round_factor", c.RoundFactor, 1, 100),
		bounds.Within("crowd", c.Crowd, 2, 1_000_000),
	)
}

func (l *Limits) validate(kind string) error {
	return errors.Join(
		bounds.Within(kind+".floor", l.Floor, 10, 1e9),
		bounds.Within(kind+".factor", l.Factor, 1.5, 1000),
		bounds.Within(kind+".cold_floor", l.ColdFloor, 10, 1e9),
		bounds.Within(kind+".round_floor", l.RoundFloor, 10, 1e9),
		bounds.Within(kind+".burst", l.Burst, 0, 1e9),
		bounds.OrOff(kind+".shift_factor", l.ShiftFactor, 1.5, 1000),
		bounds.Within(kind+".nameless_floor", l.NamelessFloor, 0, 1e9),
		bounds.Within(kind+".steady_floor", l.SteadyFloor, 0, 1e9),
		bounds.Within(kind+".steady_factor", l.SteadyFactor, 1.5, 1000),
		bounds.Within(kind+".throttled_floor", l.ThrottledFloor, 0, 1e9),
		bounds.Within(kind+".throttled_share", l.ThrottledShare, 0, 1),
		bounds.Within(kind+".errors_floor", l.ErrorsFloor, 0, 1e9),
		bounds.Within(kind+".errors_share", l.ErrorsShare, 0, 1),
		bounds.Within(kind+".callers", l.Callers, 0, 60),
	)
}
