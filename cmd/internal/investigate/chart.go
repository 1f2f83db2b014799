package investigate

import (
	"strings"
	"time"
)

// What a chart has at most: the width of a bar and how many steps; of a longer
// timeline the latest are shown.
const (
	barWidth   = 40
	chartSteps = 72
)

// chart prints the timeline, and the hours of the day.
func (r *Report) chart(p *page) {
	if len(r.Timeline) == 0 {
		p.printf("\nThe store has no roll-ups of these keys: no timeline.\n")
		return
	}
	steps := r.steps()
	what, layout := "hour", "2006-01-02 15:04"
	if r.Step >= day {
		what, layout = "day", "2006-01-02"
	}
	p.printf("\nCalls of all keys together by %s, UTC", what)
	if steps[0].Time.After(r.Timeline[0].Time) {
		p.printf(" (the last %d)", len(steps))
	}
	p.printf("\n")
	most := int64(1)
	for _, s := range steps {
		most = max(most, s.Calls)
	}
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = strings.Join([]string{s.Time.Format(layout), pad(whole(s.Calls), 11), pad(ofKeys(s.Keys, "key"), 13), bar(s.Calls, most)}, " ")
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	p.printf("%s\n", strings.Join(lines, "\n"))
	p.printf("\nBy hour of the day, UTC\n%s\n0     6     12    18    \n", spark(r.Hours[:]))
}

// steps are the buckets with those between them that have no call, at most
// chartSteps, the latest.
func (r *Report) steps() []Bucket {
	last := r.Timeline[len(r.Timeline)-1].Time
	first := r.Timeline[0].Time
	if least := last.Add(-(chartSteps - 1) * r.Step); first.Before(least) {
		first = least
	}
	out := make([]Bucket, 0, chartSteps)
	at := make(map[time.Time]Bucket, len(r.Timeline))
	for _, b := range r.Timeline {
		at[b.Time] = b
	}
	for t := first; !t.After(last); t = t.Add(r.Step) {
		b := at[t]
		b.Time = t
		out = append(out, b)
	}
	return out
}

// bar is n of most, with at least a dot for what is not nothing.
func bar(n, most int64) string {
	if n <= 0 {
		return ""
	}
	eighths := max(n*barWidth*8/most, 1)
	if eighths < 8 {
		return "▏"
	}
	return strings.Repeat("█", int(eighths/8)) // at most barWidth
}

// spark draws one character a value.
func spark(values []int64) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	most := int64(1)
	for _, v := range values {
		most = max(most, v)
	}
	var out strings.Builder
	for _, v := range values {
		if v <= 0 {
			out.WriteByte('.')
			continue
		}
		out.WriteRune(levels[min((v*int64(len(levels))-1)/most, int64(len(levels))-1)])
	}
	return out.String()
}

// pad puts spaces before s.
func pad(s string, width int) string { return strings.Repeat(" ", max(width-len(s), 0)) + s }
