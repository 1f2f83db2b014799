package api

import (
	"net/http"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

func (s *Server) listSilences(c *call) error {
	p, err := c.query()
	if err != nil {
		return err
	}
	all := p.flag("all")
	if p.err != nil {
		return p.err
	}
	list, err := s.desk.Silences(all)
	if err != nil {
		return err
	}
	return c.answer(wire.SilenceList{Silences: append([]schemas.Silence{}, list...)})
}

func (s *Server) addSilence(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	var n wire.NewSilence
	if err := c.decode(&n, false); err != nil {
		return err
	}
	if len(n.Matchers) == 0 {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, "matchers is empty", "say what is to be silent, such as detector=~rate.*")
	}
	if err := checkMatchers(n.Matchers); err != nil {
		return err
	}
	comment, err := said("comment", n.Comment, true)
	if err != nil {
		return err
	}
	from := n.From
	if from.IsZero() {
		from = c.now
	}
	until, err := end(c.now, from, n.Until, n.For)
	if err != nil {
		return err
	}
	made, err := s.desk.Silence(c.r.Context(), schemas.Silence{Matchers: n.Matchers, From: from, Until: until, By: c.by, Comment: comment})
	if err != nil {
		return err
	}
	return c.answer(made)
}

func (s *Server) endSilence(c *call) error {
	id, err := c.id(alerting.ErrNoSilence)
	if err != nil {
		return err
	}
	ended, err := s.desk.Unsilence(c.r.Context(), id, c.by)
	if err != nil {
		return err
	}
	return c.answer(ended)
}

func (s *Server) listAllowances(c *call) error {
	p, err := c.query()
	if err != nil {
		return err
	}
	all := p.flag("all")
	if p.err != nil {
		return p.err
	}
	list, err := s.desk.Allowances(all)
	if err != nil {
		return err
	}
	return c.answer(wire.AllowanceList{Allowances: append([]schemas.Allowance{}, list...)})
}

func (s *Server) addAllowance(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	var n wire.NewAllowance
	if err := c.decode(&n, false); err != nil {
		return err
	}
	for _, f := range []struct{ name, text string }{{"detector", n.Detector}, {"principal", n.Principal}, {"client", n.Client}, {"route", n.Route}, {"tenant", n.Tenant}} {
		if err := exact(f.name, f.text); err != nil {
			return err
		}
	}
	covers := schemas.Allowance{Detector: n.Detector, Principal: n.Principal, Client: n.Client, Route: n.Route, Tenant: n.Tenant}
	if err := alerting.CheckAllowance(&covers); err != nil { // its text quotes nothing
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, "the exception is not allowed", err.Error())
	}
	reason, err := said("reason", n.Reason, true)
	if err != nil {
		return err
	}
	until, err := end(c.now, c.now, n.Until, n.For)
	if err != nil {
		return err
	}
	covers.Until, covers.By, covers.Reason = until, c.by, reason
	made, err := s.desk.Allow(c.r.Context(), covers)
	if err != nil {
		return err
	}
	return c.answer(made)
}

func (s *Server) endAllowance(c *call) error {
	id, err := c.id(alerting.ErrNoAllow)
	if err != nil {
		return err
	}
	ended, err := s.desk.Disallow(c.r.Context(), id, c.by)
	if err != nil {
		return err
	}
	return c.answer(ended)
}

func (s *Server) listSinks(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	return c.answer(wire.SinkList{Sinks: append([]alerting.SinkStatus{}, s.desk.Sinks()...)})
}

func (s *Server) listDeliveries(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	return c.answer(wire.DeliveryList{Deliveries: append([]alerting.Delivery{}, s.desk.Pending()...)})
}

func (s *Server) listDead(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	list, err := s.desk.DeadLetters()
	if err != nil {
		return err
	}
	out := wire.DeadLetterList{DeadLetters: append([]alerting.DeadLetter{}, list...)}
	for i := range out.DeadLetters {
		whole(&out.DeadLetters[i].Alert)
	}
	return c.answer(out)
}

// sink returns the name of a sink in the path.
func (c *call) sink(part string) (string, error) {
	if err := c.none(); err != nil {
		return "", err
	}
	name := c.r.PathValue(part)
	if len(name) > 40 || !wire.IsHost(name) {
		return "", alerting.ErrNoSink
	}
	return name, nil
}

func (s *Server) redeliver(c *call) error {
	name, err := c.sink("sink")
	if err != nil {
		return err
	}
	n, err := s.desk.Redeliver(name)
	if err != nil {
		return err
	}
	return c.answer(wire.Redelivered{Redelivered: n})
}

func (s *Server) testRoute(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	var a schemas.Alert
	if err := c.decode(&a, true); err != nil {
		return err
	}
	d, err := s.desk.Route(&a)
	if err != nil {
		return err
	}
	if d.Targets == nil {
		d.Targets = []route.Target{}
	}
	if d.Why == nil {
		d.Why = []string{}
	}
	return c.answer(d)
}

func (s *Server) testSink(c *call) error {
	name, err := c.sink("name")
	if err != nil {
		return err
	}
	if err := c.extend(wire.TestFor); err != nil {
		return err
	}
	began := time.Now()
	if err := s.desk.Try(c.r.Context(), name); err != nil {
		if _, internal := wire.ProblemOf(err); !internal {
			return err
		}
		return wire.NewProblem(http.StatusBadGateway, wire.Refused, "the sink did not accept the test alert", neutral.Text(err.Error(), wire.MaxComment))
	}
	return c.answer(wire.Tried{Sink: name, Took: float64(time.Since(began).Microseconds()) / 1000})
}
