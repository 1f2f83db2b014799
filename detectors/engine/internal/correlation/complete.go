package correlation

import (
	"encoding/json"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// mostNamed is how many principals Campaign.Named has at most.
const mostNamed = 20

// completer fills in what a correlator leaves to the engine.
type completer struct {
	Settings
	window     Window
	start, end time.Time
	told       *told.Told
	result     *Result
}

func newCompleter(s Settings, w Window, result *Result) *completer {
	start := time.Unix(0, w.Start).UTC()
	return &completer{s, w, start, start.Add(s.Spec.Window), told.New(s.Room), result}
}

// take completes a finding and keeps it.
func (c *completer) take(f *schemas.Finding) {
	if f.Campaign == nil || !valid(f.Campaign.ID) {
		c.result.Invalid++
		return
	}
	once := told.Once{Rule: c.Key.String(f.Detector), Watch: c.Spec.ID, Key: c.Key.String(f.Campaign.ID), Start: c.window.Start}
	emit, full := c.told.Tell(once, f.Severity)
	if full {
		c.result.Suppressed++
	}
	if !emit {
		return
	}
	out, campaign := *f, *f.Campaign
	campaign.Members = campaign.Members[:min(len(campaign.Members), schemas.MaxMembers)]
	campaign.Named = campaign.Named[:min(len(campaign.Named), mostNamed)]
	out.Campaign = &campaign
	out.Entity = schemas.Entity{Kind: schemas.EntityCampaign, Name: campaign.ID}
	out.WindowStart, out.WindowEnd, out.Detected = c.start, c.end, c.end
	out.ID = schemas.FindingID(out.Detector, out.Entity, out.WindowStart)
	if out.Techniques == nil {
		out.Techniques = c.Spec.Techniques
	}
	if out.Query == "" {
		out.Query = entities.Members(c.Table, campaign.ID, c.window.Rotated, c.start.UnixNano(), c.end.UnixNano())
	}
	// What is not finite cannot be sent, nor be in a snapshot.
	if _, err := json.Marshal(written(&out)); err != nil {
		c.result.Invalid++
		return
	}
	c.result.Findings = append(c.result.Findings, out)
}

// valid tells whether id is "c-" and 12 hexadecimal digits: it stands in queries.
func valid(id string) bool {
	if len(id) != 14 || id[:2] != "c-" {
		return false
	}
	for _, c := range []byte(id[2:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
