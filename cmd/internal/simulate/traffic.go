package simulate

import (
	"math"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// traffic starts the sessions of one service. Sessions begin as a Poisson
// process whose rate follows the hour and the weekday; the requests of a
// session follow in a burst, which makes the traffic as clustered as that of
// real callers. Who calls is drawn from a Pareto distribution: a few clients
// make most of the requests.
type traffic struct {
	fleet *Fleet
	svc   *gateway.Service
	index int
	// rate is the mean number of sessions a second.
	rate float64
}

// tail is the shape of the Pareto distribution of the clients.
const tail = 0.3

// office is the share of a day's mean that people make in each hour (UTC),
// weekend what is left of it on Saturday and Sunday. Their mean over a week
// is 1, as a test checks.
var (
	office  = [24]float64{.34, .28, .24, .22, .24, .33, .52, .88, 1.33, 1.68, 1.83, 1.77, 1.54, 1.65, 1.79, 1.76, 1.58, 1.36, 1.12, .95, .84, .71, .59, .45}
	weekend = [7]float64{.38, 1.23, 1.27, 1.27, 1.25, 1.17, .43}
)

// officePeak is the most that activity returns.
const officePeak = 1.83 * 1.27

// activity returns how busy a service is at that time; the mean is 1.
func activity(s *gateway.Service, at int64) float64 {
	sec := at / int64(time.Second)
	hour := float64(sec%86400) / 3600
	if s.Machine {
		return 1 + .15*math.Sin(2*math.Pi*(hour-9)/24)
	}
	i := int(hour)
	frac := hour - float64(i)
	day := office[i]*(1-frac) + office[(i+1)%24]*frac
	return day * weekend[(sec/86400+4)%7] // the epoch was a Thursday
}

// following returns when the next session begins after from, by thinning.
func (t *traffic) following(from int64) int64 {
	peak := officePeak
	if t.svc.Machine {
		peak = 1.15
	}
	mean := float64(time.Second) / (t.rate * peak)
	for at := from; ; {
		at += 1 + int64(t.fleet.rng.Exp(mean))
		if t.fleet.rng.Chance(activity(t.svc, at) / peak) {
			return at
		}
	}
}

// emit begins a session and makes its first request.
func (t *traffic) emit(at int64, r *gateway.Record) int64 {
	f := t.fleet
	perService := max(f.cfg.Clients/FirstService, 1)
	c := Caller(f.rng.Rank(perService, tail)*FirstService + t.index)
	s := f.session()
	s.svc, s.caller, s.turn = t.svc, c, 0
	// The number of requests is geometric with the mean of the workload.
	s.left = 1 + int(math.Log(1-f.rng.Float())/math.Log(1-1/t.svc.Load.Turns))
	if next := s.emit(at, r); next > 0 {
		f.queue.push(next, s)
	}
	return t.following(at)
}

// session is a client's run of requests.
type session struct {
	fleet      *Fleet
	svc        *gateway.Service
	caller     Caller
	left, turn int
}

// session returns an idle session, or a new one.
func (f *Fleet) session() *session {
	if n := len(f.idle); n > 0 {
		s := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return s
	}
	return &session{fleet: f}
}

func (s *session) emit(at int64, r *gateway.Record) int64 {
	f := s.fleet
	r.Reset(at, s.svc)
	f.fill(r, s.caller, s.turn)
	s.turn++
	if s.left--; s.left <= 0 {
		f.idle = append(f.idle, s)
		return 0
	}
	return at + 1 + int64(f.rng.Lognormal(s.svc.Load.Gap, 0.8)*float64(time.Second))
}

// The shares of benign requests that have personal data or a secret in the
// query, that have personal data in the prompt, and that go wrong.
const (
	leakyQuery   = 0.03
	leakyPrompt  = 0.08
	notFound     = 0.01
	upstreamFail = 0.004
	mistyped     = 0.04
	roaming      = 0.1 // of the requests come from another address
)

// fill makes r an ordinary request of caller c, the turn-th of its session.
func (f *Fleet) fill(r *gateway.Record, c Caller, turn int) {
	d, load := &f.rng, &r.Service.Load
	who := c
	if load.Prompt == gateway.RagPrompt {
		who = victimBase + 900 + c%3 // the application's few keys
	}
	f.identify(r, who)
	if d.Chance(roaming) {
		r.Client = f.address(who, 1+d.Below(3))
	}
	if who != c {
		r.EndUser = strconv.AppendUint(append(r.EndUser[:0], "end-"...), uint64(c), 10)
	}
	if load.IDs > 0 {
		r.Path = strconv.AppendInt(r.Path, int64(1000+d.Rank(load.IDs, 0.5)), 10)
	}
	r.RequestBytes = 300 + int64(d.Below(200))
	r.ResponseBytes = int64(d.Lognormal(900, 1))
	r.Latency = time.Duration(d.Lognormal(30, 0.7) * float64(time.Millisecond))
	if r.Service.Model != "" {
		f.converse(r, turn)
	}
	if d.Chance(leakyQuery) {
		r.Query = gateway.AppendLeak(r.Query, d)
	}
	switch u := d.Float(); {
	case u < upstreamFail:
		r.Fail(502 + d.Below(2))
	case u < upstreamFail+notFound && load.IDs > 0:
		r.Status, r.Upstream = 404, 404
	case r.Service.Template == "/login" && u < upstreamFail+mistyped:
		r.Refuse(401)
	}
}

// converse gives r the tokens, parameters and prompt of a model's call.
func (f *Fleet) converse(r *gateway.Record, turn int) {
	d, load := &f.rng, &r.Service.Load
	// A conversation carries what was said before.
	grown := math.Min(1+0.6*float64(turn), 8)
	r.Input = 1 + int64(d.Lognormal(load.InMedian, load.InSigma)*grown)
	r.Messages = 2*turn + 1
	r.Tools = load.Tools
	if load.OutMedian > 0 {
		r.Output = 1 + int64(d.Lognormal(load.OutMedian, load.OutSigma))
		r.Stream = d.Chance(0.5)
		r.Temperature = float64(d.Below(11)) / 10
		r.MaxTokens = 1024 << d.Below(3)
		r.Output = min(r.Output, int64(r.MaxTokens))
	}
	if turn > 0 {
		r.Cached = r.Input / 2
	}
	r.Prompt = gateway.Prompt{Kind: load.Prompt, Seed: d.Next(), Length: int(min(r.Input*4, gateway.PromptMax)), Personal: d.Chance(leakyPrompt)}
	f.weigh(r)
}

// weigh derives bytes and latency from the tokens.
func (f *Fleet) weigh(r *gateway.Record) {
	r.RequestBytes = 400 + r.Input*4
	r.ResponseBytes = 500 + r.Output*5
	perToken := f.rng.Lognormal(11, 0.25) // ms
	r.Latency = time.Duration((180 + float64(r.Input)*0.05 + float64(r.Output)*perToken) * float64(time.Millisecond))
}
