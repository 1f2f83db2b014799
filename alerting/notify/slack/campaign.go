package slack

import (
	"fmt"
	"strconv"
	"strings"

	slackapi "github.com/slack-go/slack"

	"github.com/gatehound/gatehound/schemas"
)

// What a message about a campaign shows at most.
const (
	shownLinks = 6
	shownNames = 5
)

// campaignFields are the figures of a campaign: what was taken, by how many,
// since when, and how it grows.
func campaignFields(c *schemas.Campaign) []*slackapi.TextBlockObject {
	field := func(name, value string) *slackapi.TextBlockObject { return block(name + "\n" + value) }
	out := []*slackapi.TextBlockObject{
		field("Keys", grouped(int64(c.Size))),
		field("Exchanges", grouped(c.Exchanges)),
		field("Since", when(c.First)),
		field("Growth", growth(c)),
	}
	if c.InputTokens > 0 || c.OutputTokens > 0 {
		out = append(out, field("Tokens", grouped(c.InputTokens)+" in, "+grouped(c.OutputTokens)+" out"))
	}
	return out
}

// growth says what is new.
func growth(c *schemas.Campaign) string {
	var parts []string
	if c.Joined > 0 {
		parts = append(parts, "+"+many(c.Joined, "key")+" since the last finding")
	}
	parts = append(parts, grouped(c.Today)+" exchanges in 24 h")
	return strings.Join(parts, ", ")
}

// took says in a line how much how many took, for the thread.
func took(c *schemas.Campaign) string {
	return fmt.Sprintf("%s, %s exchanges since %s; %s", many(c.Size, "key"), grouped(c.Exchanges), when(c.First), growth(c))
}

// campaignBlocks say what holds the keys together, name a few, and tell how to
// get the list.
func campaignBlocks(c *schemas.Campaign) []slackapi.Block {
	var out []slackapi.Block
	if len(c.Links) > 0 {
		lines := []string{"What holds them together"}
		for _, l := range c.Links[:min(len(c.Links), shownLinks)] {
			lines = append(lines, fmt.Sprintf("• %s (%s)", plain(l.Text, 220), others(l.Others)))
		}
		if n := len(c.Links) - shownLinks; n > 0 {
			lines = append(lines, "and "+count(int64(n), "more link"))
		}
		out = append(out, slackapi.NewSectionBlock(block(strings.Join(lines, "\n")), nil, nil))
	}
	if len(c.Named) > 0 {
		lines := []string{"Keys that took most"}
		for _, name := range c.Named[:min(len(c.Named), shownNames)] {
			lines = append(lines, plain(name, 120))
		}
		if n := c.Size - min(len(c.Named), shownNames); n > 0 {
			lines = append(lines, "and "+grouped(int64(n))+" more")
		}
		out = append(out, slackapi.NewSectionBlock(block(strings.Join(lines, "\n")), nil, nil))
	}
	if id := campaignID(c.ID); id != "" {
		out = append(out, slackapi.NewSectionBlock(marked("*All keys, timeline, what blocking would do*\n```\ngatehound investigate "+id+
			"\ngatehound investigate "+id+" --dry-run\ngatehound investigate "+id+" --keys csv\n```"), nil, nil))
	}
	return out
}

// others is how many who are no members share a link.
func others(n int) string {
	if n <= 0 {
		return "no other caller"
	}
	return many(n, "other caller")
}

// campaignID returns the id if it is one that a command may be told to take: it
// is pasted into shells.
func campaignID(id string) string {
	if !strings.HasPrefix(id, "c-") || len(id) > 40 || strings.Trim(id[2:], "0123456789abcdef") != "" {
		return ""
	}
	return id
}

// many is a count of things that there may be thousands of.
func many(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(int64(n)) + " " + what + "s"
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(max(n, 0), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
