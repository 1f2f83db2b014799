package hunt

// Pace tells a Progress how far one hunt has come.
type Pace struct {
	p                    *Progress
	h                    *Hunt
	events, findings, at int64
}

// Pace returns the pace of the hunt, which begins at a time in Unix nanoseconds.
func (h *Hunt) Pace(p *Progress, start int64) *Pace { return &Pace{p: p, h: h, at: start} }

// To tells that the hunt has come to a time.
func (c *Pace) To(at int64) {
	events, findings := c.h.Events, int64(len(c.h.Findings))
	c.p.Events.Add(events - c.events)
	c.p.Findings.Add(findings - c.findings)
	c.p.Done.Add(at - c.at)
	c.events, c.findings, c.at = events, findings, at
}
