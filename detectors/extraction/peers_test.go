package extraction

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// priced says what every call cost, at so many dollars for a million tokens of input
// and four times as much for output.
func priced(dollars float64, events []schemas.Event) []schemas.Event {
	return each(events, func(_ int, ev *schemas.Event) {
		ev.Cost = dollars * float64(ev.InputTokens+4*ev.OutputTokens) / 1e6
		ev.Known |= schemas.HasCost
	})
}

// gateway is four days of forty customers who chat and four who always had long texts
// written, at a dollar.
func gateway() []schemas.Event {
	var out []schemas.Event
	for i := range 40 {
		out = append(out, use{perHour: 15, jitter: 1, diurnal: true, from: 0, until: 96, unlogged: true, in: 420, out: 200}.events(uint64(i), fmt.Sprintf("h1:k1:chat%d", i))...)
	}
	for i := range 4 {
		out = append(out, use{perHour: 12, jitter: 1, diurnal: true, from: 0, until: 96, unlogged: true, in: 390, out: 900}.events(uint64(90+i), fmt.Sprintf("h1:k1:text%d", i))...)
	}
	return priced(1, out)
}

// severities counts the findings on principals of a name by how severe they are.
func severities(found []finding, name string) map[schemas.Severity]int {
	out := map[schemas.Severity]int{}
	for _, f := range found {
		if strings.HasPrefix(f.Entity.Name, "h1:k1:"+name) {
			out[f.Severity]++
		}
	}
	return out
}

// TestALaunchIsNoNews wants that one new customer with more than a thousand long texts
// a day is told, and of forty with some hundred, who begin within two days, nobody.
func TestALaunchIsNoNews(t *testing.T) {
	text := use{perHour: 80, jitter: 1, diurnal: true, from: 36, until: 96, unlogged: true, in: 390, out: 900}
	one := run(t, append(gateway(), priced(1, text.events(7, "h1:k1:new"))...))
	detectortest.Readable(t, one)
	if n := severities(one, "new"); len(n) == 0 {
		t.Error("a single newcomer with long texts is not told")
	}
	events := gateway()
	text.perHour = 26
	for i := range 40 {
		text.from = 36 + float64(i)
		events = append(events, priced(1, text.events(uint64(i), fmt.Sprintf("h1:k1:new%d", i)))...)
	}
	many := run(t, events)
	if n := severities(many, "new"); len(n) > 0 {
		t.Errorf("of forty newcomers %v are told, want none", n)
	}
	if n := severities(many, "text"); len(n) > 0 {
		t.Errorf("of those who always had texts written %v are told, want none", n)
	}
}

// TestShortAnswers wants a harvest of answers of 400 tokens to prompts of 1,400, which
// summaries have too, to be found by its newness, its hours and what it costs, and
// the same by a cheap model not, nor if its hours are those of people.
func TestShortAnswers(t *testing.T) {
	grades := use{perHour: 60, jitter: 1, from: 50, until: 80, unlogged: true, in: 1200, out: 380, spread: 0.4}
	people := grades
	people.diurnal = true
	for name, c := range map[string]struct {
		use     use
		dollars float64
		want    bool
	}{
		"the best model, round the clock":      {grades, 3, true},
		"the cheapest model":                   {people, 0.2, false},
		"the usual model, the hours of people": {people, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			found := run(t, append(gateway(), priced(c.dollars, c.use.events(3, "h1:k1:new"))...))
			detectortest.Readable(t, found)
			if n := severities(found, "new"); (len(n) > 0) != c.want {
				tell(t, found)
				t.Errorf("%v are told, want some: %v", n, c.want)
			}
		})
	}
}

// TestCollects wants that what every service which writes has is no evidence of a
// slow harvest, however much of it there is.
func TestCollects(t *testing.T) {
	writer := use{perHour: 60, jitter: 1, diurnal: true, from: 0, until: 96, unlogged: true, in: 150, out: 2500, spread: 0.4}
	found := run(t, append(gateway(), priced(5, writer.events(3, "h1:k1:novelist"))...))
	if n := severities(found, "novelist"); len(n) > 0 {
		tell(t, found)
		t.Errorf("%v are told of one that always wrote, want none", n)
	}
}
