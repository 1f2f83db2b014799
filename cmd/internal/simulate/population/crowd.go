package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// crowds are look-alikes of many principals.
var crowds = []scenario{
	{name: "course", title: "200 students send the template of their course from a campus and from home", benign: true, plant: func(p *plot) {
		h := usage.Named("assistant").Draw(p.d)
		h.Prompt, h.Template, h.System, h.Users = gateway.CoursePrompt, 0, between(p.d, 50, 400), 0
		h.Limit, h.Heat, h.Part, h.InVary, h.In = 1000, .7, 0, .5, between(p.d, 150, 500)
		t := p.w.tenant()
		campus := internet.Campus(p.d)
		for range 200 {
			own := h
			c := p.w.client(t, "OpenAI/Python 1.82.0", campus)
			if p.d.Chance(.3) {
				c.agent = own.Model.Client(p.d)
			}
			c.others, c.roams = []internet.Place{internet.Home(p.d, t.country), internet.Mobile(p.d, t.country)}, .5
			own.Turns = 1 + p.d.Exp(2)
			r := rhythm.Sessions(p.d, p.d.Lognormal(14, .9), [...]*rhythm.Shape{rhythm.Leisure, rhythm.Office}[p.d.Below(2)], t.zone)
			// Until the deadline, a working week later.
			p.w.enter(p.member(c, &own, r, 0), p.begin+int64(p.d.Float()*float64(2*day)), p.begin+5*day)
		}
	}},
	{name: "hackathon", title: "60 new keys in one weekend, with one starter kit", benign: true, plant: func(p *plot) {
		// It begins on a Saturday at nine, if there is one; else at once.
		t, begin := p.w.tenant(), p.begin
		for b := p.begin; b < p.begin+7*day && b < p.w.end-day; b += hour {
			if local := b + t.zone; (local/day+4)%7 == 6 && local%day/hour == 9 {
				begin = b
				break
			}
		}
		venue := internet.Place{Network: internet.Office(p.d, t.country), Networks: 1, First: 7, Hosts: 2}
		for range 60 {
			app := usage.Of(p.d, "assistant", "chat service", "rag", "agent", "copywriting")
			h := app.Draw(p.d)
			h.Model, h.Limit, h.Heat, h.Part = usage.Called("gpt-4o-mini"), 1024, .7, 0
			c := p.w.client(t, "OpenAI/JS 5.12.2", venue)
			c.others, c.roams = []internet.Place{internet.Home(p.d, t.country)}, .15
			r := rhythm.Sessions(p.d, p.d.Lognormal(120, 1), rhythm.Leisure, t.zone)
			p.w.enter(p.member(c, &h, r, 0), begin+int64(p.d.Float()*float64(4*hour)), begin+int64(between(p.d, 26, 38)*float64(hour)))
		}
	}},
	{name: "product_launch", title: "80 customers install one product within two days", benign: true, plant: func(p *plot) {
		app := usage.Of(p.d, "rag", "copywriting", "support bot", "classification")
		h := app.Draw(p.d)
		h.Prompt, h.Template, h.Limit = gateway.FilledPrompt, p.d.Next(), 1500
		for range 80 {
			own := h
			own.In *= p.d.Lognormal(1, .25)
			own.Users = 2 + int(p.d.Lognormal(40, 1))
			t := p.w.tenant()
			r := app.Rhythm(p.d, p.d.Lognormal(60, 1.1), t.zone, &own)
			p.w.enter(p.member(p.w.client(t, "clerkbot/1.0.3 axios/1.7.9", t.cloud), &own, r, 0), p.begin+int64(p.d.Float()*float64(2*day)), 0)
		}
	}},
	{name: "labelling", title: "25 people label data with one tool, all working days", benign: true, plant: func(p *plot) {
		h := usage.Named("classification").Draw(p.d)
		h.Out, h.Limit, h.Conversed, h.Same, h.Pool = between(p.d, 30, 150), 300, false, 0, 0
		t := p.w.tenant()
		from := p.begin
		if p.d.Chance(.5) {
			from = p.w.start
		}
		for range 25 {
			own := h
			c := p.w.client(t, "labelstudio/1.14 python-requests/2.32.3", t.office)
			r := rhythm.Sessions(p.d, between(p.d, 250, 600), rhythm.Office, t.zone)
			r.Calls, r.Visits, r.Swing, r.Gap = 40, r.Visits*6/40, .15, between(p.d, 15, 40)
			p.w.enter(p.member(c, &own, r, 0), from, 0)
		}
	}},
}
