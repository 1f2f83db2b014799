package extraction

import (
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// quiet tells that the rule has spoken of the principal lately, at least as
// severely.
func (d *watch) quiet(x *detectors.Context, s *State, rule int, severity schemas.Severity) bool {
	now := uint32(x.WindowStart / int64(time.Hour))
	return s.said[rule] > 0 && now < s.said[rule]+uint32(d.config.RepeatHours) && severity <= s.severe[rule]
}

// say emits a finding unless the rule is to be quiet.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	if d.quiet(x, s, rule, f.Severity) {
		return
	}
	s.said[rule], s.severe[rule] = uint32(x.WindowStart/int64(time.Hour)), f.Severity
	x.Emit(f)
}
