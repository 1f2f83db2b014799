package decode

import (
	"slices"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// ReadRequestBody takes parameters and prompt from the body of a request to a
// model, in the shapes of OpenAI, Anthropic and Google. Gateways log bodies,
// or the parameters alone, under many names; the members' names are the same.
func (r *Record) ReadRequestBody(body field.Value) {
	for it := body.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "model":
			if r.Model == "" {
				r.Model = v.Text()
			}
		case "temperature":
			r.SetTemperature(v.Text())
		case "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "max_tokens_to_sample", "maxTokens":
			r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
		case "n", "candidateCount", "candidate_count":
			r.Small(schemas.HasChoices, &r.Choices, v.Text())
		case "stream":
			r.Flag(schemas.HasStream, &r.Stream, v)
		case "logprobs", "responseLogprobs", "response_logprobs":
			r.readLogprobs(v)
		case "top_logprobs":
			r.Small(schemas.HasTopLogprobs, &r.TopLogprobs, v.Text())
		case "logit_bias":
			if k := v.Kind(); k == field.Object || k == field.Array {
				r.LogitBias = int32(v.Len())
				r.Known |= schemas.HasLogitBias
			}
		case "tools", "functions":
			if v.Kind() == field.Array {
				r.Tools = int32(v.Len())
				r.Known |= schemas.HasTools
			}
		case "generationConfig", "generation_config", "inferenceConfig":
			if v.Kind() == field.Object {
				r.ReadRequestBody(v)
			}
		case "messages", "contents":
			r.ReadMessages(v)
		case "prompt", "input", "query":
			r.readTexts(v, 0)
		case "system", "instructions", "systemInstruction", "system_instruction":
			r.readSystem(v)
		}
	}
}

// readLogprobs reads the chat API's flag, or the count of the legacy
// completions API and of Gemini.
func (r *Record) readLogprobs(v field.Value) {
	if k := v.Kind(); k == field.True || k == field.False {
		r.Logprobs = k == field.True
		r.Known |= schemas.HasLogprobs
		return
	}
	before := r.Known
	r.Known &^= schemas.HasTopLogprobs
	r.Small(schemas.HasTopLogprobs, &r.TopLogprobs, v.Text())
	if r.Known&schemas.HasTopLogprobs != 0 {
		r.Logprobs = true
		r.Known |= schemas.HasLogprobs
	}
	r.Known |= before
}

// ReadMessages takes the messages of a conversation: their number, and their
// texts for Prompt. One that stands for a conversation which is not logged does not
// tell how long that was.
func (r *Record) ReadMessages(v field.Value) {
	if v.Kind() == field.Array && !isWithheld(v) {
		r.Messages = int32(v.Len())
		r.Known |= schemas.HasMessages
	}
	r.readTexts(v, 0)
}

// readSystem takes the system prompt: it goes first, wherever it stands.
func (r *Record) readSystem(v field.Value) {
	before := len(r.Prompt)
	r.readTexts(v, 0)
	slices.Reverse(r.Prompt[:before])
	slices.Reverse(r.Prompt[before:])
	slices.Reverse(r.Prompt)
}

// maxTextDepth is how deep texts are looked for: a message's content's part's
// text's value has depth 4, that of a tool's answer (Bedrock) depth 7.
const maxTextDepth = 8

// withheld is what LiteLLM logs in place of all messages when it is told to log
// none.
const withheld = "redacted-by-litellm"

// isWithheld tells whether messages are the one that LiteLLM puts in place of all.
func isWithheld(messages field.Value) bool {
	it := messages.Members()
	return messages.Len() == 1 && it.Next() && it.Value().Get("content").Text() == withheld
}

func (r *Record) readTexts(v field.Value, depth int) {
	switch v.Kind() {
	case field.String:
		if s := v.Text(); s != "" && s != withheld {
			r.Prompt = append(r.Prompt, s)
		}
	case field.Array:
		if depth < maxTextDepth {
			for it := v.Members(); it.Next(); {
				r.readTexts(it.Value(), depth+1)
			}
		}
	case field.Object:
		if depth < maxTextDepth {
			for it := v.Members(); it.Next(); {
				switch it.Key() {
				case "content", "text", "parts", "input_text", "guardContent", "toolResult":
					r.readTexts(it.Value(), depth+1)
				}
			}
		}
	}
}
