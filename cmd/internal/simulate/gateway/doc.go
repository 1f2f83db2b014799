// Package gateway renders a request as the line that an AI gateway would have
// logged: Kong 3.9's file-log with its ai-proxy, nginx's combined format and
// the JSON format that Gatehound recommends, Envoy AI Gateway, LiteLLM's
// StandardLoggingPayload and an application's own JSON, each bare or in the
// envelope of Filebeat 7.17. Names, types and units are those of the real ones.
//
// A record is rendered from its fields and seeds alone: rendering it again
// gives the same bytes. Everything that looks like personal data or a secret is
// made up.
package gateway
