package rate

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detectors rate.principal, rate.address and rate.route.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&watch{kind: schemas.EntityPrincipal, id: "rate.principal", limits: c.Principal, config: c}),
		detectors.Watch(&watch{kind: schemas.EntityAddress, id: "rate.address", limits: c.Address, config: c}),
		detectors.Watch(&watch{kind: schemas.EntityRoute, id: "rate.route", limits: c.Route, config: c}),
	}, nil
}
