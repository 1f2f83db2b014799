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

// Bounds of texts of the card, in code points.
const (
	limitText    = 500
	limitSummary = 1200
)

// inert takes out what a client may act upon in any text: mentions, links, and the
// functions of Adaptive Cards ({{DATE(…)}}) and of its templates (${…}).
var inert = strings.NewReplacer("@", "＠", "://", "[:]//", "{{", "｛｛", "${", "＄｛", "<at>", "‹at›", "</at>", "‹/at›")

func safe(s string) string { return cut(s, limitText) }

func cut(s string, limit int) string { return inert.Replace(neutral.Text(s, limit)) }

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
		c.Body = append(c.Body, text(run{Text: cut(m.Summary, limitSummary)}))
	}
	c.list("", "", m.Status)
	var facts []element
	for _, f := range m.Fields {
		facts = append(facts, row(run{Text: safe(f.Name) + ": ", Subtle: true}, run{Text: safe(f.Value)}))
	}
	c.spared(facts...)
	if m.Chart != "" {
		c.Body = append(c.Body, text(run{Text: safe(m.Chart), Font: "Monospace"}))
	}
	c.list("How it came to be", "• ", m.Story)
	c.list("What holds them together", "• ", m.Links)
	c.list("Keys that took most", "", m.Named)
	c.list("All keys, timeline, what blocking would do", "", m.Commands)
	c.list("Observed against expected", "• ", m.Figures)
	c.list("Requests to look at", "", m.Samples)
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
		rows := []element{row(run{Text: "Evidence", Weight: "Bolder"})}
		for line := range strings.Lines(inert.Replace(m.Query)) {
			rows = append(rows, row(run{Text: strings.TrimRight(line, "\n"), Font: "Monospace"}))
		}
		c.spared(rows...)
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

// list adds lines below a heading, if there are any. It can be spared.
func (c *Card) list(heading, bullet string, lines []string) {
	if len(lines) == 0 {
		return
	}
	var rows []element
	if heading != "" {
		rows = append(rows, row(run{Text: heading, Weight: "Bolder"}))
	}
	for _, l := range lines {
		rows = append(rows, row(run{Text: bullet + safe(l)}))
	}
	c.spared(rows...)
}

// spared adds a part that can be left out.
func (c *Card) spared(rows ...element) {
	c.Body = append(c.Body, element{Type: "Container", Spacing: "Small", Items: rows, spare: true})
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

// row is a text without space above it. Lines are rows of their own: what a client
// does with a line feed is not said.
func row(runs ...run) element {
	e := text(runs...)
	e.Spacing = "None"
	return e
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
func plain(s string) string { return markdown.Replace(inert.Replace(neutral.Text(s, limitText))) }
