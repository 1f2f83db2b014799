package field

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

type event = schemas.Event

// str makes a field of a member that is text.
func str(name, doc string, get func(*event) string, aliases ...string) Def {
	return Def{Name: name, Kind: Text, Doc: doc, Aliases: aliases, text: func(e *event, _ *Buffer) string { return get(e) }}
}

// made makes a field of text that is put together.
func made(name, doc string, put func(*event, []byte) []byte, aliases ...string) Def {
	return Def{Name: name, Kind: Text, Doc: doc, Aliases: aliases, text: func(e *event, b *Buffer) string {
		start := len(b.b)
		b.b = put(e, b.b)
		return view(b.b[start:])
	}}
}

// enum makes a field of an enumeration, whose zero means that it is not known.
func enum(name, doc string, get func(*event) string, has func(*event) bool, aliases ...string) Def {
	d := str(name, doc, get, aliases...)
	d.has = has
	return d
}

// num makes a field of a number that is known if has says so.
func num(name, doc string, get func(*event) float64, has func(*event) bool, aliases ...string) Def {
	return Def{Name: name, Kind: Number, Doc: doc, Aliases: aliases, number: get, has: has}
}

func flag(name, doc string, get func(*event) bool, bit schemas.FieldSet, aliases ...string) Def {
	d := num(name, doc, func(e *event) float64 {
		if get(e) {
			return 1
		}
		return 0
	}, known(bit), aliases...)
	d.Kind = Flag
	return d
}

func known(f schemas.FieldSet) func(*event) bool {
	return func(e *event) bool { return e.Has(f) }
}

func always(*event) bool { return true }

// ms writes a duration in milliseconds.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// defs are the fields, named as in the events' JSON and in the events table.
var defs = []Def{
	{Name: "time", Kind: Moment, Aliases: []string{"@timestamp", "timestamp", "date"}, has: always,
		Doc: "time of the request, UTC; only with the modifiers minute, hour, day, week, month and year"},
	str("method", "HTTP method in upper case", func(e *event) string { return e.Method },
		"cs-method", "http.request.method", "http.method"),
	str("host", "host that was asked for, in lower case, without port", func(e *event) string { return e.Host },
		"cs-host", "r-dns", "url.domain", "server.address", "destination.domain", "s-sitename"),
	str("path", "redacted path, without the query", func(e *event) string { return e.Path },
		"cs-uri-stem", "c-uri-stem", "url.path"),
	str("query", "redacted query, without ?", func(e *event) string { return e.Query }, "url.query"),
	made("target", "path, ? and query", putTarget, "http.target"),
	made("url", "host, path, ? and query; no scheme", func(e *event, b []byte) []byte {
		return putTarget(e, append(b, e.Host...))
	}),
	made("extension", "what follows the last point of the path's last part", putExtension,
		"c-uri-extension", "url.extension", "file.extension"),
	str("route", "template of the path, or the gateway's name of the route", func(e *event) string { return e.Route }, "http.route"),
	num("status", "HTTP status that the client got", func(e *event) float64 { return float64(e.Status) }, known(schemas.HasStatus),
		"sc-status", "http.response.status_code", "http.status_code"),
	num("upstream_status", "last HTTP status of the upstream", func(e *event) float64 { return float64(e.UpstreamStatus) }, known(schemas.HasUpstreamStatus)),
	enum("responder", "gateway or upstream", func(e *event) string { return e.Responder.String() },
		func(e *event) bool { return e.Responder != schemas.ResponderUnknown }),
	enum("auth", "success or failure, at the gateway", func(e *event) string { return e.Auth.String() },
		func(e *event) bool { return e.Auth != schemas.AuthUnknown }, "event.outcome"),
	enum("auth_reason", "missing, invalid, expired, forbidden or unstated", func(e *event) string { return e.AuthReason.String() },
		func(e *event) bool { return e.AuthReason != schemas.ReasonNone }),

	str("principal", "caller: a pseudonym unless policy keeps the name", func(e *event) string { return e.Principal },
		"cs-username", "user.name", "user.id", "username", "user"),
	str("end_user", "user behind a shared key: a pseudonym unless policy keeps it", func(e *event) string { return e.EndUser }, "enduser.id"),
	str("credential", "keyed fingerprint of the credential", func(e *event) string { return e.Credential }),
	{Name: "client", Kind: Address, has: func(e *event) bool { return Addr(e).IsValid() },
		Aliases: []string{"client_addr", "c-ip", "src_ip", "src", "SourceIp", "source.ip", "client.ip", "client.address", "source.address"},
		Doc:     "client's true address while it is in memory, else what is stored of it"},
	num("asn", "number of the autonomous system", func(e *event) float64 { return float64(e.ASN) },
		func(e *event) bool { return e.ASN != 0 }, "source.as.number", "client.as.number"),
	str("country", "country of the address, ISO 3166", func(e *event) string { return e.Country },
		"source.geo.country_iso_code", "client.geo.country_iso_code"),
	enum("network", "hosting, proxy, tor or internal", func(e *event) string { return e.Network.String() },
		func(e *event) bool { return e.Network != schemas.NetworkUnknown }),
	str("tls", "version and cipher, or fingerprint, as logged", func(e *event) string { return e.TLS }, "tls.version", "tls.cipher"),
	enum("endpoint", "known, deprecated, internal or unlisted in the inventory", func(e *event) string { return e.Endpoint.String() },
		func(e *event) bool { return e.Endpoint != schemas.ListingUnknown }),
	str("user_agent", "redacted user agent", func(e *event) string { return e.UserAgent },
		"c-useragent", "cs-useragent", "c-user-agent", "cs-user-agent", "user_agent.original", "useragent"),
	enum("client_class", "sdk, http_library, browser, crawler, ai_crawler, scanner or empty", func(e *event) string { return e.ClientClass.String() },
		func(e *event) bool { return e.ClientClass != schemas.ClientUnknown }),

	num("latency", "whole time in nanoseconds", func(e *event) float64 { return float64(e.Latency) }, known(schemas.HasLatency), "event.duration"),
	num("latency_ms", "whole time in milliseconds", func(e *event) float64 { return ms(e.Latency) }, known(schemas.HasLatency), "time-taken"),
	num("upstream_latency", "upstream's part in nanoseconds", func(e *event) float64 { return float64(e.UpstreamLatency) }, known(schemas.HasUpstreamLatency)),
	num("upstream_latency_ms", "upstream's part in milliseconds", func(e *event) float64 { return ms(e.UpstreamLatency) }, known(schemas.HasUpstreamLatency)),
	num("request_bytes", "size of the request", func(e *event) float64 { return float64(e.RequestBytes) }, known(schemas.HasRequestBytes),
		"cs-bytes", "http.request.bytes", "source.bytes", "http.request.size"),
	num("response_bytes", "size of the response", func(e *event) float64 { return float64(e.ResponseBytes) }, known(schemas.HasResponseBytes),
		"sc-bytes", "http.response.bytes", "destination.bytes", "http.response.size"),

	str("provider", "model's provider in OpenTelemetry's spelling", func(e *event) string { return e.Provider },
		"gen_ai.provider.name", "gen_ai.system"),
	str("model", "model that answered, else the one asked for", func(e *event) string { return e.Model },
		"gen_ai.request.model", "gen_ai.response.model"),
	enum("model_listing", "known, deprecated, internal or unlisted in the inventory", func(e *event) string { return e.ModelListing.String() },
		func(e *event) bool { return e.ModelListing != schemas.ListingUnknown }),
	str("operation", "chat, embeddings, text_completion, …; empty if this is no model call", func(e *event) string { return e.Operation }, "gen_ai.operation.name"),
	str("tool", "tool that was called", func(e *event) string { return e.Tool }, "gen_ai.tool.name"),
	num("input_tokens", "tokens of the prompt", func(e *event) float64 { return float64(e.InputTokens) }, known(schemas.HasInputTokens), "gen_ai.usage.input_tokens"),
	num("output_tokens", "tokens of the answer", func(e *event) float64 { return float64(e.OutputTokens) }, known(schemas.HasOutputTokens), "gen_ai.usage.output_tokens"),
	num("cached_tokens", "tokens of the prompt that were cached", func(e *event) float64 { return float64(e.CachedTokens) }, known(schemas.HasCachedTokens), "gen_ai.usage.cache_read.input_tokens"),
	num("reasoning_tokens", "tokens of the answer that were reasoning", func(e *event) float64 { return float64(e.ReasoningTokens) }, known(schemas.HasReasoningTokens)),
	num("cost", "US dollars", func(e *event) float64 { return e.Cost }, known(schemas.HasCost)),
	flag("cost_estimated", "whether the cost comes from the price table", func(e *event) bool { return e.CostEstimated }, schemas.HasCost),
	flag("stream", "whether the answer was streamed", func(e *event) bool { return e.Stream }, schemas.HasStream, "gen_ai.request.stream"),
	num("temperature", "parameter of the request", func(e *event) float64 { return decimal(e.Temperature) }, known(schemas.HasTemperature), "gen_ai.request.temperature"),
	num("max_tokens", "parameter of the request", func(e *event) float64 { return float64(e.MaxTokens) }, known(schemas.HasMaxTokens), "gen_ai.request.max_tokens"),
	num("choices", "parameter n of the request", func(e *event) float64 { return float64(e.Choices) }, known(schemas.HasChoices), "gen_ai.request.choice.count"),
	flag("logprobs", "whether log probabilities were asked for", func(e *event) bool { return e.Logprobs }, schemas.HasLogprobs),
	num("top_logprobs", "how many were asked for", func(e *event) float64 { return float64(e.TopLogprobs) }, known(schemas.HasTopLogprobs)),
	num("logit_bias", "number of biased tokens", func(e *event) float64 { return float64(e.LogitBias) }, known(schemas.HasLogitBias)),
	num("tools", "number of tools offered", func(e *event) float64 { return float64(e.Tools) }, known(schemas.HasTools)),
	num("messages", "number of messages sent", func(e *event) float64 { return float64(e.Messages) }, known(schemas.HasMessages)),
	str("finish_reason", "why the model stopped", func(e *event) string { return e.FinishReason }, "gen_ai.response.finish_reasons"),
	enum("guardrail", "passed, input_blocked, output_blocked or masked", func(e *event) string { return e.Guardrail.String() },
		func(e *event) bool { return e.Guardrail != schemas.GuardrailUnknown }),
	num("prompt_length", "code points of the prompt", func(e *event) float64 { return float64(e.PromptLength) }, known(schemas.HasPrompt)),
	made("prompt_fingerprint", "keyed hash of the prompt, in decimal", func(e *event, b []byte) []byte { return putHash(e.PromptFingerprint, b) }),
	made("template_fingerprint", "keyed hash of the prompt's template, in decimal", func(e *event, b []byte) []byte { return putHash(e.TemplateFingerprint, b) }),
	made("prompt_simhash", "keyed sketch of the prompt, in decimal", func(e *event, b []byte) []byte { return putHash(e.PromptSimHash, b) }),
	enum("prompt_script", "script of the prompt", func(e *event) string { return e.PromptScript.String() },
		func(e *event) bool { return e.PromptScript != schemas.ScriptUnknown }),
	str("prompt_language", "language of the prompt, ISO 639-1", func(e *event) string { return e.PromptLanguage }),
	num("prompt_hidden", "percent of zero-width, encoded and look-alike characters", func(e *event) float64 { return float64(e.PromptHidden) }, known(schemas.HasPrompt)),
	made("prompt_signals", "signatures that the prompt hit, with commas between", func(e *event, b []byte) []byte {
		if e.PromptSignals == 0 {
			return b
		}
		return append(b, strings.Join(e.PromptSignals.Names(), ",")...)
	}),

	str("format", "log format", func(e *event) string { return e.Format }, "event.module"),
	str("gateway", "gateway instance, service or host", func(e *event) string { return e.Gateway }, "s-computername", "service.name", "observer.name"),
	str("tenant", "workspace, team, account or subscription", func(e *event) string { return e.Tenant }, "organization.id"),
	str("request_id", "gateway's id of the request", func(e *event) string { return e.RequestID }, "http.request.id"),
	made("delivery", "keyed hash of what tells this record from others, in decimal", func(e *event, b []byte) []byte { return putHash(e.Delivery, b) }),
	str("key_id", "key of the pseudonyms", func(e *event) string { return e.KeyID }),
	made("redacted", "kinds of what was redacted, with commas between", putRedacted),
	str("topic", "topic or file of the record", func(e *event) string { return e.Position.Topic }),
	num("partition", "partition of the record", func(e *event) float64 { return float64(e.Position.Partition) }, always),
	num("offset", "offset or line of the record", func(e *event) float64 { return float64(e.Position.Offset) }, always),
	num("index", "place in the message", func(e *event) float64 { return float64(e.Position.Index) }, always),
}

// decimal widens a number without the digits that its width adds: 0.7 stays 0.7.
func decimal(v float32) float64 {
	d, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	if err != nil {
		return float64(v)
	}
	return d
}

func putTarget(e *event, b []byte) []byte {
	b = append(b, e.Path...)
	if e.Query != "" {
		b = append(append(b, '?'), e.Query...)
	}
	return b
}

func putExtension(e *event, b []byte) []byte {
	last := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	if i := strings.LastIndexByte(last, '.'); i >= 0 {
		b = append(b, last[i+1:]...)
	}
	return b
}

func putHash(h uint64, b []byte) []byte {
	if h == 0 {
		return b
	}
	return strconv.AppendUint(b, h, 10)
}

func putRedacted(e *event, b []byte) []byte {
	if e.Redacted == (schemas.RedactionCounts{}) {
		return b
	}
	start := len(b)
	for k := range e.Redacted {
		if e.Redacted[k] > 0 {
			if len(b) > start {
				b = append(b, ',')
			}
			b = append(b, schemas.RedactionKind(k).String()...)
		}
	}
	return b
}
