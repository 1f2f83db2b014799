package silence

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detectors silence.minutes (routes by their minutes),
// silence.key and silence.route (principals and routes by their pauses).
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&minutes{config: c}),
		detectors.Watch(&pauses{kind: schemas.EntityPrincipal, id: "silence.key", config: c}),
		detectors.Watch(&pauses{kind: schemas.EntityRoute, id: "silence.route", config: c}),
	}, nil
}

// techniques are what an end of traffic can be besides an outage.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATT&CK", ID: "T1562.008", Name: "Impair Defenses: Disable or Modify Cloud Logs"},
	{Framework: "MITRE ATT&CK", ID: "T1499", Name: "Endpoint Denial of Service"},
}
