package errors

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// cause is what became of a request, and if it failed, by whom.
type cause uint8

const (
	timeout  cause = iota // nobody answered in time
	upstream              // the upstream failed or could not be reached
	server                // another 5xx, or one of which it is not known whose
	provider              // 429 by the upstream: a quota of the gateway's owner
	limiter               // 429 by the gateway, or it is not known by whom
	causes
	fine    = causes     // an answer
	nothing = causes + 1 // a refusal, or a client that went away: not counted
)

// patience is how long a client waits before its going away (499) is a timeout;
// people stop answers that they do not like sooner.
const patience = 30 * time.Second

// causeOf reads an event. 499 is nginx's and 460 the AWS load balancer's for a
// client that closed, 520 to 524 are Cloudflare's for an upstream that failed,
// 529 is Anthropic's for an overload.
func causeOf(ev *schemas.Event) cause {
	switch s := ev.Status; {
	case s == 0:
		return nothing
	case s < 400:
		return fine
	case s == 429:
		if ev.UpstreamStatus == 429 || ev.Responder == schemas.ResponderUpstream {
			return provider
		}
		return limiter
	case s == 504, s == 408, s == 522, s == 524, s == 598, s == 599:
		return timeout
	case s == 499, s == 460:
		if ev.Has(schemas.HasLatency) && ev.Latency >= patience {
			return timeout
		}
		return nothing
	case s < 500:
		return nothing
	case s == 502, s >= 520 && s <= 523, s == 529, ev.UpstreamStatus >= 500, ev.Responder == schemas.ResponderUpstream,
		s == 503 && ev.Responder == schemas.ResponderGateway:
		return upstream
	}
	return server
}

// fewTokens is of how many tokens an answer has to be for the time of one.
const fewTokens = 64

// took returns how long the answer took, and for how many tokens if that is
// known and they are enough to count; 0 if it is not known.
func took(ev *schemas.Event) (d time.Duration, tokens int64) {
	switch {
	case ev.Has(schemas.HasUpstreamLatency) && ev.UpstreamLatency > 0:
		d = ev.UpstreamLatency
	case ev.Has(schemas.HasLatency) && ev.Latency > 0:
		d = ev.Latency
	}
	// The first token takes longer than the others: of few tokens the time says
	// more about that.
	if ev.Has(schemas.HasOutputTokens) && ev.OutputTokens >= fewTokens {
		tokens = ev.OutputTokens
	}
	return min(d, 24*time.Hour), tokens
}
