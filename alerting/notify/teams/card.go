package teams

import (
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// Card is an Adaptive Card of version 1.4, which Teams shows in channels
// (https://adaptivecards.io/explorer/AdaptiveCard.html).
type Card struct {
	Type    string    `json:"type"`
	Schema  string    `json:"$schema"`
	Version string    `json:"version"`
	Body    []element `json:"body"`
	Actions []action  `json:"actions,omitempty"`
	// Fallback is shown where the card cannot be.
	Fallback string `json:"fallbackText"`
	Teams    struct {
		Width string `json:"width"`
	} `json:"msteams"`
}

// element is a Container or a RichTextBlock.
type element struct {
	Type    string    `json:"type"`
	Style   string    `json:"style,omitempty"`
	Bleed   bool      `json:"bleed,omitempty"`
	Spacing string    `json:"spacing,omitempty"`
	Items   []element `json:"items,omitempty"`
	Inlines []run     `json:"inlines,omitempty"`

	spare bool // it may be left out
}

// run is a TextRun. Unlike a TextBlock's, its text is not Markdown: what is in it
// is shown as it is.
type run struct {
	Type   string  `json:"type"`
	Text   string  `json:"text"`
	Size   string  `json:"size,omitempty"`
	Weight string  `json:"weight,omitempty"`
	Font   string  `json:"fontType,omitempty"`
	Subtle bool    `json:"isSubtle,omitempty"`
	Select *action `json:"selectAction,omitempty"`
}

// action is an Action.OpenUrl.
type action struct {
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

func opens(title, url string) action { return action{"Action.OpenUrl", title, url} }

// styles are the colours of the head, by severity.
var styles = [...]string{"default", "accent", "warning", "warning", "attention"}

// limitText bounds a text of the card, in code points.
const limitText = 3000

// inert takes out what a client may act upon in any text: mentions, links, and the
// functions of Adaptive Cards ({{DATE(…)}}) and of its templates (${…}).
var inert = strings.NewReplacer("@", "＠", "://", "[:]//", "{{", "｛｛", "${", "＄｛", "<at>", "‹at›", "</at>", "‹/at›")

func safe(s string) string { return inert.Replace(neutral.Text(s, limitText)) }

// card is the alert as it now is. What can be spared comes last.
func card(a *schemas.Alert, m *words.Message) *Card {
	style := styles[min(int(a.Severity), len(styles)-1)]
	if a.State == schemas.AlertResolved {
		style = "good"
	}
	c := &Card{Type: "AdaptiveCard", Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Version: "1.4",
		Fallback: plain(m.Headline())}
	c.Teams.Width = "Full"
	head := element{Type: "Container", Style: style, Bleed: true, Items: []element{
		text(run{Text: safe(m.Lamp + " " + m.Label), Weight: "Bolder"}),
		text(run{Text: safe(m.Title), Weight: "Bolder", Size: "Medium"}),
	}}
	c.Body = append(c.Body, head)
	if m.Summary != "" {
		c.Body = append(c.Body, text(run{Text: safe(m.Summary)}))
	}
	c.list("", "", m.Status, false)
	var facts []run
	for i, f := range m.Fields {
		if i > 0 {
			facts = append(facts, run{Text: "\n"})
		}
		facts = append(facts, run{Text: safe(f.Name) + ": ", Subtle: true}, run{Text: safe(f.Value)})
	}
	c.Body = append(c.Body, text(facts...))
	if m.Chart != "" {
		c.Body = append(c.Body, text(run{Text: safe(m.Chart), Font: "Monospace"}))
	}
	c.list("How it came to be", "• ", m.Story, true)
	c.list("What holds them together", "• ", m.Links, true)
	c.list("Keys that took most", "", m.Named, true)
	c.list("All keys, timeline, what blocking would do", "", m.Commands, true)
	c.list("Observed against expected", "• ", m.Figures, true)
	c.list("Requests to look at", "", m.Samples, true)
	if len(m.Techniques) > 0 {
		var runs []run
		for i, t := range m.Techniques {
			if i > 0 {
				runs = append(runs, run{Text: " · "})
			}
			r := run{Text: safe(t.Text), Subtle: true}
			if t.URL != "" {
				to := opens("", t.URL)
				r.Select = &to
			}
			runs = append(runs, r)
		}
		c.spared(text(runs...))
	}
	if m.Query != "" {
		q := inert.Replace(m.Query)
		c.spared(text(run{Text: "Evidence", Weight: "Bolder"}, run{Text: "\n"}, run{Text: q, Font: "Monospace"}))
	}
	c.Body = append(c.Body, text(run{Text: safe(m.Foot), Subtle: true, Size: "Small"}))
	if m.URL != "" {
		c.Actions = append(c.Actions, opens("Open the case", m.URL))
	}
	if m.MergedURL != "" {
		c.Actions = append(c.Actions, opens("Open the alert that it became part of", m.MergedURL))
	}
	return c
}

// list adds lines below a heading, if there are any.
func (c *Card) list(heading, bullet string, lines []string, spare bool) {
	if len(lines) == 0 {
		return
	}
	var runs []run
	if heading != "" {
		runs = append(runs, run{Text: heading, Weight: "Bolder"})
	}
	for _, l := range lines {
		if len(runs) > 0 {
			runs = append(runs, run{Text: "\n"})
		}
		runs = append(runs, run{Text: bullet + safe(l)})
	}
	e := text(runs...)
	e.spare = spare
	c.Body = append(c.Body, e)
}

func (c *Card) spared(e element) {
	e.spare = true
	c.Body = append(c.Body, e)
}

// shrink leaves out the last part that can be spared, and reports whether there
// was one.
func (c *Card) shrink() bool {
	for i := len(c.Body) - 1; i >= 0; i-- {
		if c.Body[i].spare {
			c.Body = append(c.Body[:i], c.Body[i+1:]...)
			return true
		}
	}
	return false
}

// text is a RichTextBlock of runs.
func text(runs ...run) element {
	for i := range runs {
		runs[i].Type = "TextRun"
		if runs[i].Text == "" {
			runs[i].Text = "–" // an empty one is refused
		}
	}
	return element{Type: "RichTextBlock", Inlines: runs, Spacing: "Small"}
}

// markdown are the characters that Markdown acts upon, and their doubles.
var markdown = strings.NewReplacer("*", "∗", "_", "＿", "~", "∼", "`", "ˋ", "[", "［", "]", "］", "<", "‹", ">", "›", "#", "＃", "\\", "＼", "|", "¦")

// plain is for the fallback, which is Markdown in some clients.
func plain(s string) string { return markdown.Replace(inert.Replace(neutral.Text(s, 500))) }
