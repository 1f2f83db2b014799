package slack

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/schemas"
)

// What a message shows at most, so that it can be read on a telephone.
const (
	shownFeatures   = 8
	shownTechniques = 8
	shownSamples    = 4
)

// lamps are the severities' colours.
var lamps = [...]string{"⚪", "🔵", "🟡", "🟠", "🔴"}

// label is the first word of a message: the state that counts most.
func label(a *schemas.Alert) string {
	if a.State == schemas.AlertResolved {
		return "✅ RESOLVED"
	}
	return lamps[min(int(a.Severity), len(lamps)-1)] + " " + strings.ToUpper(a.Severity.String())
}

// fallback is the text of notifications and of clients without blocks.
func fallback(a *schemas.Alert) string {
	return label(a) + " · " + inert(a.Title, limitText)
}

// message is the alert as it now is.
func message(a *schemas.Alert, key string) []slackapi.Block {
	prefix := label(a) + " · "
	blocks := []slackapi.Block{
		slackapi.NewHeaderBlock(block(prefix + plain(a.Title, limitHeader-len(prefix)))),
		slackapi.NewSectionBlock(block(plain(a.Summary, limitSection)), nil, nil),
		slackapi.NewSectionBlock(nil, fields(a), nil),
	}
	if a.Finding.Campaign != nil {
		blocks = append(blocks, campaignBlocks(a.Finding.Campaign)...)
	}
	blocks = append(blocks, features(a)...)
	if r := samples(a.Finding.Samples); r != "" {
		blocks = append(blocks, slackapi.NewSectionBlock(block(r), nil, nil))
	}
	if q := code(a.Finding.Query, limitSection); q != "" {
		blocks = append(blocks, slackapi.NewSectionBlock(marked("*Evidence*\n```\n"+q+"\n```"), nil, nil))
	}
	if t := techniques(a.Finding.Techniques); t != "" {
		blocks = append(blocks, slackapi.NewContextBlock("", marked(t)))
	}
	return append(blocks, foot(a, key))
}

// reply is what is new, for the thread.
func reply(a *schemas.Alert, key string) []slackapi.Block {
	var head string
	switch a.State {
	case schemas.AlertResolved:
		head = fmt.Sprintf("%s · nothing more since %s", label(a), when(a.LastSeen))
	case schemas.AlertOpen:
		head = fmt.Sprintf("%s · it is back", label(a))
	default:
		head = fmt.Sprintf("%s · it goes on", label(a))
	}
	head += fmt.Sprintf(" · %s, %s in all", count(int64(a.Findings), "finding"), count(a.Events, "event"))
	if c := a.Finding.Campaign; c != nil {
		head += "\n" + took(c)
	}
	blocks := []slackapi.Block{slackapi.NewSectionBlock(block(head), nil, nil)}
	if a.State != schemas.AlertResolved {
		blocks = append(blocks, slackapi.NewSectionBlock(block(plain(a.Summary, limitSection)), nil, nil))
		blocks = append(blocks, features(a)...)
	}
	return append(blocks, foot(a, key))
}

func fields(a *schemas.Alert) []*slackapi.TextBlockObject {
	field := func(name, value string) *slackapi.TextBlockObject {
		return block(name + "\n" + plain(value, limitField))
	}
	var out []*slackapi.TextBlockObject // at most ten
	if c := a.Finding.Campaign; c != nil {
		out = campaignFields(c)
	} else {
		out = append(out, field("First seen", when(a.FirstSeen)), field("Last seen", when(a.LastSeen)),
			field("So far", count(int64(a.Findings), "finding")+", "+count(a.Events, "event")))
	}
	out = append(out, field("Who: "+a.Entity.Kind.String(), a.Entity.Name), field("Detector", a.Detector),
		field("Confidence", strconv.Itoa(int(a.Confidence*100+0.5))+" %"))
	if a.Tenant != "" {
		out = append(out, field("Tenant", a.Tenant))
	}
	if a.Finding.Model != "" {
		out = append(out, field("Model", strings.TrimSpace(a.Finding.Provider+" "+a.Finding.Model)))
	}
	return out
}

// features says what was observed against what was expected.
func features(a *schemas.Alert) []slackapi.Block {
	fs := a.Finding.Features
	if len(fs) == 0 {
		return nil
	}
	lines := []string{"Observed against expected"}
	for _, f := range fs[:min(len(fs), shownFeatures)] {
		lines = append(lines, fmt.Sprintf("• %s: %s against %s %s", plain(f.Text, 220),
			figure(f.Observed), figure(f.Expected), plain(f.Unit, 30)))
	}
	if n := len(fs) - shownFeatures; n > 0 {
		lines = append(lines, "and "+count(int64(n), "more figure"))
	}
	return []slackapi.Block{slackapi.NewSectionBlock(block(strings.Join(lines, "\n")), nil, nil)}
}

// samples lists the ids of requests to look at.
func samples(ids []string) string {
	var out []string
	for _, id := range ids[:min(len(ids), shownSamples)] {
		out = append(out, plain(id, 80))
	}
	if len(out) == 0 {
		return ""
	}
	return "Requests to look at\n" + strings.Join(out, "\n")
}

// figure writes a number with at most four significant digits, or as it is if
// it is whole and short.
func figure(x float64) string {
	if x == float64(int64(x)) && x < 1e6 && x > -1e6 {
		return strconv.FormatInt(int64(x), 10)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func techniques(ts []schemas.Technique) string {
	var out []string
	for _, t := range ts[:min(len(ts), shownTechniques)] {
		// "|" would end the address of a link.
		text := strings.ReplaceAll(inert(t.ID+" "+t.Name, 120), "|", "/")
		if to := t.URL(); to != "" {
			text = "<" + to + "|" + text + ">"
		}
		out = append(out, text)
	}
	return strings.Join(out, " · ")
}

func foot(a *schemas.Alert, key string) slackapi.Block {
	return slackapi.NewContextBlock("", block("alert "+plain(a.ID, 100)+" · notification "+plain(key, 120)))
}
