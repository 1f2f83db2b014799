package slack

import (
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/slack/interact"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// fallback is the text of notifications and of clients without blocks.
func fallback(m *words.Message) string { return inert(m.Headline(), limitText) }

// message is the alert as it now is: at most 16 of the 50 blocks that Slack
// takes. With buttons, people can act on it from there.
func message(a *schemas.Alert, m *words.Message, buttons bool) []slackapi.Block {
	blocks := []slackapi.Block{
		slackapi.NewHeaderBlock(block(plain(m.Headline(), limitHeader))),
		slackapi.NewSectionBlock(block(plain(m.Summary, limitSection)), nil, nil),
	}
	blocks = append(blocks, list("", "", m.Status)...)
	blocks = append(blocks, slackapi.NewSectionBlock(nil, fields(m), nil))
	if m.Chart != "" {
		blocks = append(blocks, slackapi.NewSectionBlock(block(plain(m.Chart, limitField)), nil, nil))
	}
	blocks = append(blocks, list("How it came to be", "• ", m.Story)...)
	blocks = append(blocks, list("What holds them together", "• ", m.Links)...)
	blocks = append(blocks, list("Keys that took most", "", m.Named)...)
	if len(m.Commands) > 0 {
		blocks = append(blocks, slackapi.NewSectionBlock(
			marked("*All keys, timeline, what blocking would do*\n```\n"+strings.Join(m.Commands, "\n")+"\n```"), nil, nil))
	}
	blocks = append(blocks, list("Observed against expected", "• ", m.Figures)...)
	blocks = append(blocks, list("Requests to look at", "", m.Samples)...)
	if q := code(m.Query, limitSection); q != "" {
		blocks = append(blocks, slackapi.NewSectionBlock(marked("*Evidence*\n```\n"+q+"\n```"), nil, nil))
	}
	if t := techniques(m.Techniques); t != "" {
		blocks = append(blocks, slackapi.NewContextBlock("", marked(t)))
	}
	blocks = append(blocks, actions(a, m, buttons)...)
	return append(blocks, foot(m))
}

// actions are what can be done: buttons where they are wanted and something is
// left to do, and links to the case and to the one that it became a part of.
func actions(a *schemas.Alert, m *words.Message, buttons bool) []slackapi.Block {
	var out []slackapi.Block
	if buttons && words.Actionable(a) {
		if b, ok := interact.Buttons(a.ID, m.URL, a.Acknowledged != nil); ok {
			out = append(out, b)
		}
	}
	var links []string
	if len(out) == 0 && m.URL != "" {
		links = append(links, link(m.URL, "Open the case"))
	}
	if m.MergedURL != "" {
		links = append(links, link(m.MergedURL, "Open the alert that it became part of"))
	}
	if len(links) > 0 {
		out = append(out, slackapi.NewContextBlock("", marked(strings.Join(links, " · "))))
	}
	return out
}

// happened says for the thread what is new.
var happened = map[schemas.AlertState]string{
	schemas.AlertOpen:         "it is back",
	schemas.AlertUpdated:      "it goes on",
	schemas.AlertResolved:     "it is over",
	schemas.AlertAcknowledged: "somebody looks at it",
	schemas.AlertEscalated:    "nobody has taken it",
	schemas.AlertReopened:     "it is back",
}

// reply is what is new, for the thread.
func reply(a *schemas.Alert, m *words.Message) []slackapi.Block {
	what := happened[a.State]
	if a.State == schemas.AlertResolved {
		what = "nothing more since " + words.When(a.LastSeen)
	}
	head := plain(m.Lamp+" "+m.Label+" · "+what+" · "+words.Count(int64(a.Findings), "finding")+", "+
		words.Count(a.Events, "event")+" in all", limitField)
	if c := a.Finding.Campaign; c != nil {
		head += "\n" + plain(words.Took(c), limitText)
	}
	blocks := []slackapi.Block{slackapi.NewSectionBlock(block(head), nil, nil)}
	blocks = append(blocks, list("", "", m.Status)...)
	switch a.State {
	case schemas.AlertAcknowledged:
	case schemas.AlertResolved:
		blocks = append(blocks, list("How it went", "• ", m.Story)...)
	default:
		blocks = append(blocks, slackapi.NewSectionBlock(block(plain(m.Summary, limitSection)), nil, nil))
		blocks = append(blocks, list("Observed against expected", "• ", m.Figures)...)
	}
	return append(blocks, foot(m))
}

func fields(m *words.Message) []*slackapi.TextBlockObject {
	var out []*slackapi.TextBlockObject
	for _, f := range m.Fields[:min(len(m.Fields), maxFields)] {
		out = append(out, block(f.Name+"\n"+plain(f.Value, limitField)))
	}
	return out
}

// list returns a section of lines below a heading, or nothing if there are none.
// Lines that do not fit are left out.
func list(heading, bullet string, lines []string) []slackapi.Block {
	if len(lines) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(heading)
	left := limitSection - units(heading)
	for _, l := range lines {
		l = bullet + plain(l, limitLine)
		if left -= units(l) + 1; left < 2 {
			b.WriteString("\n…")
			break
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l)
	}
	return []slackapi.Block{slackapi.NewSectionBlock(block(b.String()), nil, nil)}
}

func techniques(ts []words.Technique) string {
	var out []string
	for _, t := range ts {
		text := strings.ReplaceAll(inert(t.Text, 120), "|", "/")
		if t.URL != "" {
			text = link(t.URL, text)
		}
		out = append(out, text)
	}
	return strings.Join(out, " · ")
}

func foot(m *words.Message) slackapi.Block {
	return slackapi.NewContextBlock("", block(plain(m.Foot, limitContext)))
}
