package app

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

// campaignQueries ask for what a crash could lose or double of a campaign.
var campaignQueries = []string{
	"SELECT count(), uniqExact(message_offset, record_index) FROM events",
	"SELECT arrayStringConcat(arraySort(groupArray(concat(id, ' ', campaign, ' ', toString((severity, size, joined, exchanges, today, output_tokens, round(score, 9)))))), ' ') FROM campaigns FINAL",
	"SELECT count(), uniqExact(campaign, principal), sum(exchanges), sum(cityHash64(campaign, principal, exchanges, output_tokens, likeness, first_seen, last_seen, links)) FROM campaign_members FINAL",
	"SELECT arrayStringConcat(arraySort(groupArray(id)), ' ') FROM findings FINAL WHERE entity_kind = 'campaign'",
	"SELECT arrayStringConcat(arraySort(groupUniqArray(id)), ' ') FROM alerts WHERE entity_kind = 'campaign'",
}

// campaignRecords are 30 hours of 90 callers of their own, among whom one hand
// leads 32 keys.
func campaignRecords() []kafkago.Message {
	r := rand.New(rand.NewPCG(3, 5))
	start := time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour)
	const all = 30 * time.Hour
	type call struct {
		at   time.Duration
		line string
	}
	var calls []call
	add := func(at time.Duration, who, agent, ip, model string, in, out float64, most int) {
		calls = append(calls, call{at, fmt.Sprintf(
			`{"time":%q,"ip":%q,"method":"POST","path":"/v1/chat/completions","status":200,"user":%q,"user_agent":%q,"operation":"chat","provider":"openai","model":%q,"input_tokens":%d,"output_tokens":%d,"max_tokens":%d,"request_id":"r-%d"}`,
			start.Add(at).Format(time.RFC3339Nano), ip, who, agent, model, 1+int(in), min(1+int(out), most), most, len(calls))})
	}
	for i := range 90 {
		in, out, most := 400*math.Exp(r.NormFloat64()), 150*math.Exp(0.6*r.NormFloat64()), 256+64*r.IntN(30)
		sessions, zone := math.Exp(0.8+0.9*r.NormFloat64()), time.Duration(r.IntN(24))*time.Hour
		agent := []string{"OpenAI/Python 1.40.0", "OpenAI/JS 4.55.1", "langchain/0.2", "python-requests/2.32"}[r.IntN(4)]
		for at := time.Duration(0); at < all; {
			at += time.Duration(r.ExpFloat64() * float64(24*time.Hour) / sessions)
			if h := (at + zone) % (24 * time.Hour); h < 8*time.Hour || h > 20*time.Hour {
				continue
			}
			for s := at; r.IntN(10) > 0 && s < all; s += time.Duration(r.ExpFloat64() * float64(time.Minute)) {
				add(s, fmt.Sprintf("team-%d", i), agent, fmt.Sprintf("10.%d.1.1", i), "gpt-4o-mini", in*math.Exp(0.7*r.NormFloat64()), out*math.Exp(0.6*r.NormFloat64()), most)
			}
		}
	}
	for i := range 32 {
		for at := 3*time.Hour + time.Duration(r.IntN(int(2*time.Hour))); at < all; at += time.Duration((0.4 + 0.6*r.ExpFloat64()) / 120 * float64(24*time.Hour)) {
			add(at, fmt.Sprintf("new-%d", i), "aiohttp/3.9", fmt.Sprintf("10.200.%d.9", i), "gpt-4.1", 90*math.Exp(0.3*r.NormFloat64()), 900*math.Exp(0.3*r.NormFloat64()), 4096)
		}
	}
	slices.SortStableFunc(calls, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	var out []kafkago.Message
	for _, c := range calls {
		out = append(out, kafkago.Message{Value: []byte(c.line)})
	}
	return out
}

// TestKillDuringACampaign kills the service with SIGKILL while one hand's keys are
// watched, starts it again, and compares names, members and figures of what is
// stored with a run that was not killed.
func TestKillDuringACampaign(t *testing.T) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "led"), kfake.GroupMinSessionTimeout(time.Second))
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	w := (&crashWorld{brokers: broker.ListenAddrs(), topic: "led", partitions: 1, queries: campaignQueries}).fill(t, campaignRecords())
	want, told := w.finish(t, w.job(t))
	t.Logf("%q tell %q", want, told)
	require.Contains(t, told, "campaign.extraction campaign")
	require.True(t, strings.HasPrefix(want[2], "32,32,") || strings.HasPrefix(want[2], "31,31,"), "each member is there once: %s", want[2])
	for _, kill := range []struct {
		step string
		nth  int64
	}{{"observed", 14}, {"after findings", 15}, {"before commit", 5}, {"checkpointed", 1}} {
		if testing.Short() && kill.step != "after findings" {
			continue
		}
		t.Run(kill.step, func(t *testing.T) {
			job := w.job(t)
			job.KillAt, job.Nth, job.Batch = kill.step, kill.nth, 300 // twenty batches or more
			w.killed(t, job)
			job.KillAt = ""
			got, toldNow := w.finish(t, job)
			require.Equal(t, want, got)
			require.Equal(t, told, toldNow)
		})
	}
}
