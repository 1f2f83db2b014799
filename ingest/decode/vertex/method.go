package vertex

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// methods are those of the API that ask a model, by their last word, in lower
// case in rows and in upper case in audit logs. An operation of "*" depends on
// the model.
var methods = [...]struct {
	name, operation string
	stream          bool
}{
	{"generateContent", "generate_content", false},
	{"streamGenerateContent", "generate_content", true},
	{"bidiGenerateContent", "generate_content", true},
	{"chatCompletions", "chat", false},
	{"rawPredict", "chat", false},
	{"streamRawPredict", "chat", true},
	{"embedContent", "embeddings", false},
	{"predict", "*", false},
	{"predictLongRunning", "*", false},
	{"directPredict", "*", false},
	{"directRawPredict", "*", false},
	{"serverStreamingPredict", "*", true},
	{"streamingPredict", "*", true},
}

// setMethod sets what a method of the API does, and whether it streams; it
// leaves all as it is for methods that ask no model. It reports which it was.
func setMethod(method string, r *decode.Record) bool {
	name := method[strings.LastIndexByte(method, '.')+1:]
	for i := range methods {
		m := &methods[i]
		if !strings.EqualFold(m.name, name) {
			continue
		}
		if r.Known&schemas.HasStream == 0 {
			r.Stream = m.stream
			r.Known |= schemas.HasStream
		}
		if r.Operation = m.operation; r.Operation == "*" || r.Operation == "chat" {
			if special := familyOf(r.Model); special != "" || r.Operation == "*" {
				r.Operation = special
			}
		}
		return true
	}
	return false
}

// families are parts of the names of models that do one thing only.
var families = [...]struct{ part, operation string }{
	{"embedding", "embeddings"},
	{"gecko", "embeddings"},
	{"imagen", "image_generation"},
	{"imagegeneration", "image_generation"},
	{"veo", "video_generation"},
	{"text-bison", "text_completion"},
	{"chat-bison", "chat"},
}

func familyOf(model string) string {
	for i := range families {
		if strings.Contains(model, families[i].part) {
			return families[i].operation
		}
	}
	return ""
}
