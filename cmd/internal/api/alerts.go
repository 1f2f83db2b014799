package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/cmd/internal/incident"
	"github.com/gatehound/gatehound/schemas"
)

func (s *Server) listAlerts(c *call) error {
	f, _, bad := parseFilter(c.r.URL.RawQuery, c.now)
	if bad != nil {
		return bad
	}
	if f.Limit == 0 {
		f.Limit = defaultPage
	}
	alerts, err := s.desk.List(f)
	if err != nil {
		return err
	}
	page := wire.AlertPage{Alerts: append([]schemas.Alert{}, alerts...)}
	for i := range page.Alerts {
		whole(&page.Alerts[i])
	}
	if len(alerts) == f.Limit {
		page.Next = alerts[len(alerts)-1].ID
	}
	return c.answer(page)
}

// id returns the id in the path, or the error that there is nothing like it.
func (c *call) id(missing error) (string, error) {
	if err := c.none(); err != nil {
		return "", err
	}
	id := c.r.PathValue("id")
	if !wire.IsID(id) {
		return "", missing
	}
	return id, nil
}

func (s *Server) getAlert(c *call) error {
	id, err := c.id(alerting.ErrNoAlert)
	if err != nil {
		return err
	}
	a, err := s.desk.Alert(id)
	if err != nil {
		return err
	}
	whole(&a)
	return c.answer(a)
}

// whole gives an alert the lists that its schema says it has.
func whole(a *schemas.Alert) {
	if a.Parts == nil {
		a.Parts = []schemas.AlertPart{}
	}
	if a.Finding.Features == nil {
		a.Finding.Features = []schemas.Feature{}
	}
	if a.Finding.Techniques == nil {
		a.Finding.Techniques = []schemas.Technique{}
	}
}

func (s *Server) acknowledge(c *call) error { return c.act(s.desk.Acknowledge, false) }
func (s *Server) resolve(c *call) error     { return c.act(s.desk.Resolve, false) }
func (s *Server) comment(c *call) error     { return c.act(s.desk.Comment, true) }

// act does something to an alert.
func (c *call) act(do func(ctx context.Context, id, by, comment string) (schemas.Alert, error), needed bool) error {
	id, err := c.id(alerting.ErrNoAlert)
	if err != nil {
		return err
	}
	var body wire.Comment
	if err := c.decode(&body, false); err != nil {
		return err
	}
	text, err := said("comment", body.Comment, needed)
	if err != nil {
		return err
	}
	a, err := do(c.r.Context(), id, c.by, text)
	if err != nil {
		return err
	}
	whole(&a)
	return c.answer(a)
}

// exportFor is how long an export may take.
const exportFor = 10 * time.Minute

func (s *Server) exportAlerts(c *call) error {
	p, err := c.query()
	if err != nil {
		return err
	}
	f := alerting.Filter{Open: p.flag("open"), Matchers: p.matchers(), Since: p.moment("since")}
	format := p.values.Get("format")
	if format == "" {
		format = "ndjson"
	}
	kind := exportTypes[format]
	if kind == "" {
		p.fail("format is not allowed", "allowed are ndjson and csv")
	}
	if p.err != nil {
		return p.err
	}
	if err := c.extend(exportFor); err != nil {
		return err
	}
	h := c.w.Header()
	begin := func() {
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="alerts.`+format+`"`)
	}
	out := &late{w: c.w, begin: begin}
	if c.r.Method == http.MethodHead {
		begin()
		return nil
	}
	if err := incident.Export(c.r.Context(), out, s.desk, f, format); err != nil {
		if !out.begun {
			return err
		}
		s.log.Debug("an export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	out.start()
	return nil
}

// exportTypes are the formats of exports.
var exportTypes = map[string]string{"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8; header=present"}

// extend gives a request longer than others have.
func (c *call) extend(d time.Duration) error {
	rc := http.NewResponseController(c.w)
	if err := rc.SetReadDeadline(c.now.Add(d)); err != nil {
		return err
	}
	return rc.SetWriteDeadline(c.now.Add(d))
}

// late sets the headers of a stream when its first byte is there, so that an
// error before it can still be told.
type late struct {
	w     http.ResponseWriter
	begin func()
	begun bool
}

func (l *late) start() {
	if !l.begun {
		l.begun = true
		l.begin()
		l.w.WriteHeader(http.StatusOK)
	}
}

func (l *late) Write(b []byte) (int, error) {
	l.start()
	return l.w.Write(b)
}
