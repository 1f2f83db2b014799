package shadow

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 501, "the first of the unkind test's two seeds")

// busy gives calls at random times of the working days between two days.
func busy(r *rand.Rand, from, until int, perDay float64, changes ...change) []schemas.Event {
	var all []schemas.Event
	for d := from; d < until; d++ {
		n := int(perDay * (0.5 + r.Float64()))
		if d%7 >= 5 {
			n /= 8
		}
		for range n {
			hour := 7 + 12*r.Float64()
			if r.IntN(6) == 0 {
				hour = 24 * r.Float64()
			}
			who := fmt.Sprintf("h1:k1:user%d", r.IntN(40))
			all = append(all, calls(float64(d)+hour/24, 1, 0, append([]change{func(ev *schemas.Event) {
				ev.Principal, ev.ClientAddr = who, detectortest.Address(r.IntN(300))
				ev.Client = ev.ClientAddr
			}}, changes...)...)...)
		}
	}
	return all
}

// crowd has what looks like shadow endpoints and is none, over two weeks.
func crowd(seed uint64, inventoried bool) []schemas.Event {
	const days = 14
	r := rand.New(rand.NewPCG(seed, 3))
	known := func(*schemas.Event) {}
	if inventoried {
		known = func(ev *schemas.Event) { ev.Endpoint, ev.ModelListing = schemas.ListingKnown, schemas.ListingKnown }
	}
	all := []schemas.Event(nil)
	add := func(from, until int, perDay float64, changes ...change) {
		all = append(all, busy(r, from, until, perDay, append([]change{known}, changes...)...)...)
	}
	for _, path := range []string{"/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/messages", "/v1beta/models/{id}:generateContent", "/v1/models/{id}:generateContent"} {
		add(0, days, 400, route(path))
	}
	add(0, days, 30, route("/v1/files"))
	add(0, days, 60, route("/v2/rerank"), llm("rerank-v3.5"))
	add(0, days, 60, route("/v1/rerank"), llm("rerank-v3.5"))
	// A deployment of ten endpoints, a canary and its host, previews of branches.
	for i := range 10 {
		add(9, days, 300, route(fmt.Sprintf("/v2/responses/part%c", 'a'+i)))
	}
	add(9, 11, 200, host("canary.example.com"))
	for i := range 60 {
		all = append(all, calls(8+6*r.Float64(), 12, time.Minute, known, host(fmt.Sprintf("pr-%d.preview.example.com", i)))...)
	}
	// Variants of models, a failover, fine-tuned ones of customers, new models.
	for _, m := range []string{"gpt-4o-2024-11-20", "gpt-4o", "azure/gpt-4o", "openai/gpt-4o-2024-08-06", "ft:gpt-4o-2024-08-06:acme::x1"} {
		add(9, days, 100, llm(m))
	}
	add(10, days, 100, llm("claude-sonnet-4-20250514"))
	add(11, 12, 300, llm("us.anthropic.claude-sonnet-4-20250514-v1:0"))
	add(12, days, 20, llm("gemini-2.5-pro"))
	// A new customer uses what nobody did, a job comes once a week.
	add(11, days, 50, route("/v1/batches"))
	add(3, 4, 30, route("/v1/reports"))
	add(10, 11, 30, route("/v1/reports"))
	// Scanners are refused, one is sent to the front page, one gets it.
	for i := range 3000 {
		day := days * r.Float64()
		path := route(fmt.Sprintf("/wp-%d", i))
		switch i % 3 {
		case 0:
			all = append(all, calls(day, 1, 0, path, refused, nobody)...)
		case 1:
			all = append(all, calls(day, 1, 0, path, nobody, func(ev *schemas.Event) { ev.Status, ev.UpstreamStatus = 302, 302 })...)
		default:
			all = append(all, calls(day, 1, 0, host(fmt.Sprintf("h%d.example.net", i)), nobody)...)
		}
	}
	return all
}

// TestUnkind wants nothing to be told of the crowd above info.
func TestUnkind(t *testing.T) {
	for _, seed := range []uint64{*seed, *seed + 1} {
		for _, inventoried := range []bool{false, true} {
			all := crowd(seed, inventoried)
			found := run(t, all)
			for _, f := range found {
				if f.Severity > schemas.SeverityInfo {
					t.Errorf("seed %d: %s of %s at %s: %s", seed, f.Detector, f.Entity.Name, f.Detected.Format("02 15:04"), f.Summary)
				}
			}
			t.Logf("seed %d: %d events, %d findings of severity info", seed, len(all), len(found))
		}
	}
}
