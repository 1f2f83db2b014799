package bedrock

import (
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// input takes the request. Its body is not there if it was too large for the
// log (it is in S3 then), if text is not logged, or if it was no JSON.
func (c *call) input(input field.Value) {
	c.r.ReadCacheApart(input)
	text := input.Get("inputBodyJson")
	body := text.Unwrap()
	if body.Kind() != field.Object {
		if text.Kind() == field.String {
			c.r.Dropped++
		}
		return
	}
	c.r.ReadRequestBody(body)
	for it := body.Members(); it.Next(); {
		c.member(it.Key(), it.Value())
	}
}

// member takes what the families of models name in ways of their own; the
// others are read by ReadRequestBody.
func (c *call) member(name string, v field.Value) {
	r := c.r
	switch name {
	case "prompt":
		c.text = true
	case "metadata", "requestMetadata": // Anthropic's, Converse's
		readMetadata(v, r)
	case "max_gen_len", "max_new_tokens", "maxTokenCount", "max_tokens_to_generate": // Llama, Nova, Titan
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "num_generations", "numResults", "numberOfImages", "samples": // Cohere, AI21, Titan and Nova, Stability
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "textGenerationConfig", "imageGenerationConfig", "inferenceConfig":
		for it := v.Members(); it.Next(); {
			if it.Key() == "temperature" {
				r.SetTemperature(it.Value().Text())
			} else {
				c.member(it.Key(), it.Value())
			}
		}
	case "additionalModelRequestFields":
		r.ReadRequestBody(v)
	case "toolConfig":
		if tools := v.Get("tools"); tools.Kind() == field.Array {
			r.Tools = int32(tools.Len())
			r.Known |= schemas.HasTools
		}
	case "message", "inputText": // Cohere, Titan
		c.prompt(v)
		c.text = c.text || name == "inputText"
	case "texts", "text_prompts": // Cohere, Stability
		for it := v.Members(); it.Next(); {
			if text := it.Value(); text.Kind() == field.Object {
				c.prompt(text.Get("text"))
			} else {
				c.prompt(text)
			}
		}
	case "textToImageParams", "inPaintingParams", "outPaintingParams", "imageVariationParams":
		c.prompt(v.Get("text"))
	}
}

func (c *call) prompt(v field.Value) {
	if s := v.Text(); s != "" && v.Kind() == field.String {
		c.r.Prompt = append(c.r.Prompt, s)
	}
}
