package receivers

import (
	"encoding/json"
	"unicode/utf8"
)

// The limits of messages, from Slack's reference of Block Kit
// (https://docs.slack.dev/reference/block-kit/blocks) and of chat.postMessage.
const (
	maxText        = 40_000
	maxBlocks      = 50
	maxHeader      = 150
	maxSection     = 3_000
	maxFields      = 10
	maxField       = 2_000
	maxContext     = 10
	maxActions     = 25
	maxBlockID     = 255
	maxButtonValue = 2_000
)

type block struct {
	Type     string      `json:"type"`
	BlockID  string      `json:"block_id"`
	Text     *blockText  `json:"text"`
	Fields   []blockText `json:"fields"`
	Elements []element   `json:"elements"`
}

type blockText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type element struct {
	Value string `json:"value"`
}

// check returns Slack's error code for a message, or nothing if it is good.
func check(m Message) string {
	if len(m.Blocks) == 0 {
		if m.Text == "" {
			return "no_text"
		}
	} else if !goodBlocks(m.Blocks) {
		return "invalid_blocks"
	}
	if utf8.RuneCountInString(m.Text) > maxText {
		return "msg_too_long"
	}
	return ""
}

func goodBlocks(raw json.RawMessage) bool {
	var blocks []block
	if json.Unmarshal(raw, &blocks) != nil || len(blocks) == 0 || len(blocks) > maxBlocks {
		return false
	}
	for _, b := range blocks {
		if len(b.BlockID) > maxBlockID || !goodBlock(b) {
			return false
		}
	}
	return true
}

func goodBlock(b block) bool {
	switch b.Type {
	case "header":
		return b.Text != nil && b.Text.Type == "plain_text" && fits(b.Text.Text, maxHeader)
	case "section":
		if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > maxFields {
			return false
		}
		if b.Text != nil && !fits(b.Text.Text, maxSection) {
			return false
		}
		for _, f := range b.Fields {
			if !fits(f.Text, maxField) {
				return false
			}
		}
		return true
	case "context":
		return len(b.Elements) > 0 && len(b.Elements) <= maxContext
	case "actions":
		for _, e := range b.Elements {
			if len(e.Value) > maxButtonValue {
				return false
			}
		}
		return len(b.Elements) > 0 && len(b.Elements) <= maxActions
	case "divider", "rich_text", "image":
		return true
	}
	return false
}

func fits(s string, limit int) bool { return s != "" && utf8.RuneCountInString(s) <= limit }
