package population

import "github.com/gatehound/gatehound/cmd/internal/simulate/gateway"

// crowds are look-alikes of many principals.
var crowds = []scenario{
	{name: "course", title: "200 students send the template of their course from a campus and from home", benign: true, plant: func(p *plot) {
		h := named("assistant").draw(p.d)
		h.prompt, h.template, h.system, h.users = gateway.CoursePrompt, 0, between(p.d, 50, 400), 0
		h.limit, h.heat, h.part, h.inVary, h.in = 1000, .7, 0, .5, between(p.d, 150, 500)
		t := p.w.tenant()
		campus := place{(campuses + p.d.Below(proxies-campuses)) * perBlock, 2, 0, 30}
		for range 200 {
			own := h
			c := p.w.client(t, "OpenAI/Python 1.82.0", campus)
			if p.d.Chance(.3) {
				c.agent = agent(p.d, own.model.at)
			}
			c.others, c.roams = []place{home(p.d, t.country), mobile(p.d, t.country)}, .5
			own.turns = 1 + p.d.Exp(2)
			r := sessions(p.d, p.d.Lognormal(14, .9), [...]*shape{leisure, office}[p.d.Below(2)], t.zone)
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
		venue := place{within(p.d, companies+p.d.Below(campuses-companies)), 1, 7, 2}
		for range 60 {
			app := &applications[[...]int{0, 1, 2, 7, 9}[p.d.Below(5)]]
			h := app.draw(p.d)
			h.model, h.limit, h.heat, h.part = models[0], 1024, .7, 0
			c := p.w.client(t, "OpenAI/JS 5.12.2", venue)
			c.others, c.roams = []place{home(p.d, t.country)}, .15
			r := sessions(p.d, p.d.Lognormal(120, 1), leisure, t.zone)
			p.w.enter(p.member(c, &h, r, 0), begin+int64(p.d.Float()*float64(4*hour)), begin+int64(between(p.d, 26, 38)*float64(hour)))
		}
	}},
	{name: "product_launch", title: "80 customers install one product within two days", benign: true, plant: func(p *plot) {
		app := named([...]string{"rag", "copywriting", "support bot", "classification"}[p.d.Below(4)])
		h := app.draw(p.d)
		h.prompt, h.template, h.limit = gateway.FilledPrompt, p.d.Next(), 1500
		for range 80 {
			own := h
			own.in *= p.d.Lognormal(1, .25)
			own.users = 2 + int(p.d.Lognormal(40, 1))
			t := p.w.tenant()
			r := app.rhythm(p.d, p.d.Lognormal(60, 1.1), t.zone, &own)
			p.w.enter(p.member(p.w.client(t, "clerkbot/1.0.3 axios/1.7.9", t.cloud), &own, r, 0), p.begin+int64(p.d.Float()*float64(2*day)), 0)
		}
	}},
	{name: "labelling", title: "25 people label data with one tool, all working days", benign: true, plant: func(p *plot) {
		h := named("classification").draw(p.d)
		h.out, h.limit, h.conversed, h.same, h.pool = between(p.d, 30, 150), 300, false, 0, 0
		t := p.w.tenant()
		from := p.begin
		if p.d.Chance(.5) {
			from = p.w.start
		}
		for range 25 {
			own := h
			c := p.w.client(t, "labelstudio/1.14 python-requests/2.32.3", t.office)
			r := sessions(p.d, between(p.d, 250, 600), office, t.zone)
			r.calls, r.visits, r.swing, r.gap = 40, r.visits*6/40, .15, between(p.d, 15, 40)
			p.w.enter(p.member(c, &own, r, 0), from, 0)
		}
	}},
}
