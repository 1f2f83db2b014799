package slack

import (
	"regexp"
	"strings"
	"unicode/utf16"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
)

// Slack's limits, in UTF-16 code units of the escaped text
// (https://docs.slack.dev/reference/block-kit/blocks), less a margin.
const (
	limitHeader  = 150
	limitSection = 2900
	limitField   = 1900
	limitContext = 1900
	limitText    = 1000
	// limitLine bounds a line of a list.
	limitLine = 900
	// maxFields is how many fields a section takes.
	maxFields = 10
)

// mentions are the words that some of Slack's parsers turn into a mention.
var mentions = strings.NewReplacer("@", "＠", "://", "[:]//")

// plain returns text of unknown origin as one line that Slack shows as it is:
// visible, escaped, without mentions or links, at most limit units long.
func plain(s string, limit int) string {
	return escape(mentions.Replace(neutral.Text(s, limit)), limit)
}

// markup are the characters that Slack's mrkdwn acts upon, and their doubles.
var markup = strings.NewReplacer("*", "∗", "_", "＿", "~", "∼", "`", "ˋ")

// inert is plain for places where Slack may parse mrkdwn.
func inert(s string, limit int) string {
	return escape(markup.Replace(mentions.Replace(neutral.Text(s, limit))), limit)
}

// broadcast are the mentions that reach everyone. Slack parses none in a code
// block; other readers of the message might.
var broadcast = regexp.MustCompile(`(?i)@(here|channel|everyone)`)

// code returns a query for a code block. A backtick could end the block. What
// is replaced can only stand in a value that an attacker has chosen.
func code(s string, limit int) string {
	s = strings.ReplaceAll(neutral.Lines(s, limit), "`", "ˋ")
	return escape(broadcast.ReplaceAllString(s, "＠$1"), limit)
}

// escape replaces the three characters that Slack wants escaped
// (https://docs.slack.dev/messaging/formatting-message-text#escaping) and cuts
// the result, never within an entity.
func escape(s string, limit int) string {
	var b strings.Builder
	used := 0
	for i, c := range s {
		piece := string(c)
		switch c {
		case '&':
			piece = "&amp;"
		case '<':
			piece = "&lt;"
		case '>':
			piece = "&gt;"
		}
		n := len(piece)
		if len(piece) == len(string(c)) {
			n = utf16.RuneLen(c)
		}
		last := i+len(string(c)) == len(s)
		if used+n > limit-1 && !(last && used+n <= limit) {
			return b.String() + "…"
		}
		used += n
		b.WriteString(piece)
	}
	return b.String()
}

// units is the length of s as Slack counts it.
func units(s string) int {
	n := 0
	for _, c := range s {
		n += utf16.RuneLen(c)
	}
	return n
}

// link returns a link to an address that words has let pass; text is inert.
func link(to, text string) string { return "<" + escape(to, limitSection) + "|" + text + ">" }

// block returns a plain_text object, in which Slack parses neither mrkdwn nor
// emoji codes. Its text is never empty, which Slack refuses.
func block(text string) *slackapi.TextBlockObject {
	if text == "" {
		text = "–"
	}
	no := false
	return &slackapi.TextBlockObject{Type: slackapi.PlainTextType, Text: text, Emoji: &no}
}

// marked returns a mrkdwn object for text of our own with inert parts.
// Verbatim keeps Slack from linking names and addresses in it.
func marked(text string) *slackapi.TextBlockObject {
	return &slackapi.TextBlockObject{Type: slackapi.MarkdownType, Text: text, Verbatim: true}
}
