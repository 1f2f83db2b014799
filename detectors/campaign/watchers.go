package campaign

import "github.com/gatehound/gatehound/detectors"

// Watchers returns the detector campaign.principal, or none if it is not enabled.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !c.Enabled {
		return nil, nil
	}
	return []detectors.Watcher{detectors.Correlate(newWatch(c))}, nil
}
