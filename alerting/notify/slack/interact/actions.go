package interact

import (
	"regexp"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"
)

// Verb is what a person can ask for.
type Verb string

// The verbs.
const (
	Acknowledge Verb = "ack"
	Resolve     Verb = "resolve"
	Silence     Verb = "silence"
	open        Verb = "open" // a link: there is nothing to do
)

// prefix begins the action ids that are ours.
const prefix = "gatehound."

// spans are the lengths of silences on offer.
var spans = []struct {
	value, text string
	span        time.Duration
}{
	{"1h", "1 hour", time.Hour},
	{"4h", "4 hours", 4 * time.Hour},
	{"24h", "24 hours", 24 * time.Hour},
}

// alertID is the form of an alert's id. What has another form gets no buttons,
// and is not asked for.
var alertID = regexp.MustCompile(`^[0-9a-f]{6,64}$`)

// Buttons returns the block of what can be done with an alert, and false if its id
// is none that could come back. taken leaves out Acknowledge; a link to the case is shown
// if caseURL is not empty. The buttons carry the alert's id and a verb, nothing
// else: who may do what is decided when they come back.
func Buttons(alert, caseURL string, taken bool) (slackapi.Block, bool) {
	if !alertID.MatchString(alert) {
		return nil, false
	}
	var parts []slackapi.BlockElement
	if !taken {
		b := slackapi.NewButtonBlockElement(id(Acknowledge), alert, label("Acknowledge"))
		b.Style = slackapi.StylePrimary
		parts = append(parts, b)
	}
	var options []*slackapi.OptionBlockObject
	for _, s := range spans {
		options = append(options, slackapi.NewOptionBlockObject(alert+" "+s.value, label(s.text), nil))
	}
	parts = append(parts, slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, label("Silence for …"), id(Silence), options...))
	resolve := slackapi.NewButtonBlockElement(id(Resolve), alert, label("Resolve"))
	resolve.Confirm = slackapi.NewConfirmationBlockObject(label("Resolve it?"),
		label("It comes back if what caused it goes on."), label("Resolve"), label("Not yet"))
	parts = append(parts, resolve)
	if caseURL != "" {
		parts = append(parts, link(caseURL))
	}
	return slackapi.NewActionBlock("", parts...), true
}

func link(caseURL string) slackapi.BlockElement {
	b := slackapi.NewButtonBlockElement(id(open), "", label("Open the case"))
	b.URL = caseURL
	return b
}

func id(v Verb) string { return prefix + string(v) }

func label(text string) *slackapi.TextBlockObject {
	no := false
	return &slackapi.TextBlockObject{Type: slackapi.PlainTextType, Text: text, Emoji: &no}
}

// request is what a click asks for.
type request struct {
	verb  Verb
	alert string
	span  time.Duration // of a silence
}

// parse reads an action as Buttons has made it, and reports whether it is one.
func parse(a action) (request, bool) {
	name, ok := strings.CutPrefix(a.ActionID, prefix)
	if !ok {
		return request{}, false
	}
	r := request{verb: Verb(name), alert: a.Value}
	switch r.verb {
	case open:
		return r, true
	case Acknowledge, Resolve:
		return r, alertID.MatchString(r.alert)
	case Silence:
		var span string
		r.alert, span, _ = strings.Cut(a.SelectedOption.Value, " ")
		for _, s := range spans {
			if s.value == span {
				r.span = s.span
			}
		}
		return r, r.span > 0 && alertID.MatchString(r.alert)
	}
	return request{}, false
}
