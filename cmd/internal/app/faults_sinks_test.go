package app

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/receivers"
)

// slackToken is that of the double; it is put together so that no literal
// token stands in the source.
var slackToken = "xoxb" + "-fault-" + "token"

// TestFaultSinks has one receiver misbehave: the other one is told without
// delay, and this one as soon as it behaves.
func TestFaultSinks(t *testing.T) {
	faults := []struct {
		name    string
		fault   receivers.Fault
		outcome string
		log     string
		least   time.Duration // that the receiver is left alone
	}{
		{"429", receivers.Fault{Status: 429, RetryAfter: 2 * time.Second, Times: 1}, "throttled", "answer 429", 2 * time.Second},
		{"500", receivers.Fault{Status: 500, Times: 2}, "retried", "answer 500", 0},
		{"hangs", receivers.Fault{Hang: true, Times: 1}, "retried", "no answer in time", time.Second},
		{"closes", receivers.Fault{Drop: true, Times: 2}, "retried", "connection was closed", 0},
	}
	w := newFaultWorld(t, 1)
	slack, err := receivers.NewSlack(receivers.SlackOptions{Token: slackToken})
	require.NoError(t, err)
	t.Cleanup(func() { slack.Close() })
	hook, err := receivers.NewSlack(receivers.SlackOptions{Token: slackToken})
	require.NoError(t, err)
	t.Cleanup(func() { hook.Close() })
	other, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{crashSecret}})
	require.NoError(t, err)
	t.Cleanup(func() { other.Close() })
	cfg := w.config(t)
	cfg.Alerting.Sinks = append(cfg.Alerting.Sinks, w.toSIEM("other", other.URL()+"?token=urlsecret"),
		alerting.SinkConfig{Name: "slack", Kind: "slack", OnStorm: "delay", PerMinute: 10_000, Timeout: time.Second,
			Options: map[string]any{"token": slackToken, "channel": "C1", "api_url": slack.APIURL()}},
		alerting.SinkConfig{Name: "hook", Kind: "slack", OnStorm: "delay", PerMinute: 10_000, Timeout: time.Second,
			Options: map[string]any{"webhook_url": hook.WebhookURL()}})
	s := w.start(t, cfg, true)
	slackTold := func(double *receivers.Slack, title string) func() bool {
		return func() bool {
			for _, m := range double.Messages() {
				if strings.Contains(m.Text+string(m.Blocks), title) {
					return true
				}
			}
			return false
		}
	}
	n := 0
	for _, sink := range []struct {
		name   string
		inject func(receivers.Fault)
		told   func(entity string) func() bool
	}{
		{"other", other.Inject, func(e string) func() bool { return func() bool { return siemTold(other, e) } }},
		{"slack", slack.Inject, func(e string) func() bool { return slackTold(slack, e) }},
		{"hook", hook.Inject, func(e string) func() bool { return slackTold(hook, e) }},
	} {
		if testing.Short() && sink.name != "slack" {
			continue
		}
		for _, f := range faults {
			t.Run(sink.name+" "+f.name, func(t *testing.T) {
				n++
				before := s.metric(t, "gatehound_alerting_notifications_total", `sink="`+sink.name+`"`, `outcome="`+f.outcome+`"`)
				sink.inject(f.fault)
				addr := fmt.Sprintf("203.0.113.%d", n)
				entity := w.attack(t, addr)
				sent := time.Now()
				require.Less(t, w.told(t, w.siem, entity, s).Arrived.Sub(sent), 3*time.Second, "the other sink is told without delay")
				s.eventually(t, "the receiver to be told when it behaves again", sink.told(entity))
				require.GreaterOrEqual(t, time.Since(sent), f.least, "it is left alone for as long as it asked")
				require.GreaterOrEqual(t, s.metric(t, "gatehound_alerting_notifications_total", `sink="`+sink.name+`"`, `outcome="`+f.outcome+`"`), before+1)
				s.logged(t, "level=WARN", `"notification failed"`, "sink="+sink.name, f.log)
			})
		}
	}
	require.Zero(t, s.metric(t, "gatehound_alerting_notifications_total", `outcome="dead"`))
	s.stop(t)
	for _, secret := range []string{slackToken, crashSecret, "urlsecret", "B0DEMO", "T0DEMO"} {
		require.NotContains(t, s.log.String(), secret)
	}
}

func siemTold(siem *receivers.SIEM, entity string) bool {
	for _, d := range siem.Deliveries() {
		if strings.Contains(string(d.Body), `"`+entity+`"`) {
			return true
		}
	}
	return false
}

// TestFaultCertificate sends to a receiver whose certificate nobody vouches
// for: it is tried again and told nothing, until the configuration trusts it.
func TestFaultCertificate(t *testing.T) {
	w := newFaultWorld(t, 1)
	strange, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{crashSecret}, TLS: true})
	require.NoError(t, err)
	t.Cleanup(func() { strange.Close() })
	cfg := w.config(t)
	cfg.Alerting.Sinks = append(cfg.Alerting.Sinks, w.toSIEM("strange", strange.URL()+"?token=urlsecret"))
	s := w.start(t, cfg, true)
	entity := w.attack(t, "203.0.113.50")
	sent := time.Now()
	require.Less(t, w.told(t, w.siem, entity, s).Arrived.Sub(sent), 3*time.Second, "the other sink is told without delay")
	s.eventually(t, "several attempts", func() bool {
		return s.metric(t, "gatehound_alerting_notifications_total", `sink="strange"`, `outcome="retried"`) >= 3
	})
	s.logged(t, "level=WARN", `"notification failed"`, "sink=strange", "the receiver's certificate is not trusted")
	require.Positive(t, s.metric(t, "gatehound_alerting_queue_length", `sink="strange"`))
	require.Zero(t, s.metric(t, "gatehound_alerting_notifications_total", `outcome="dead"`))
	require.Empty(t, strange.Deliveries())
	s.stop(t)
	require.NotContains(t, s.log.String(), "urlsecret")

	trusted := filepath.Join(t.TempDir(), "ca.pem")
	conn, err := tls.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(strange.URL(), "https://"), "/webhook"), &tls.Config{RootCAs: strange.CertPool()})
	require.NoError(t, err)
	cert := conn.ConnectionState().PeerCertificates[0]
	require.NoError(t, conn.Close())
	require.NoError(t, os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600))
	cfg.Alerting.Sinks[1].Options["tls"] = map[string]any{"ca_file": trusted}
	s = w.start(t, cfg, true)
	w.told(t, strange, entity, s)
	s.eventually(t, "nothing to wait", func() bool { return s.metric(t, "gatehound_alerting_queue_length") == 0 })
	s.stop(t)
	require.Equal(t, 1, len(w.siem.Deliveries()), "the other sink is told once")
	require.Zero(t, w.siem.Duplicates())
}

// TestFaultKilledInDelivery kills the service while the receiver has the
// notification and has not answered: it comes again under the same id.
func TestFaultKilledInDelivery(t *testing.T) {
	w := newFaultWorld(t, 1)
	taken := make(chan struct{}, 1)
	answer := make(chan struct{})
	slow, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{crashSecret}, OnDelivery: func(receivers.Delivery) {
		select {
		case taken <- struct{}{}:
		default:
		}
		<-answer
	}})
	require.NoError(t, err)
	t.Cleanup(func() { slow.Close() })
	cfg := w.config(t)
	cfg.Alerting.Sinks = append(cfg.Alerting.Sinks, w.toSIEM("slow", slow.URL()))
	cfg.Alerting.Sinks[1].Timeout = time.Minute
	s := w.start(t, cfg, true)
	var entities []string
	for _, addr := range []string{"203.0.113.60", "203.0.113.61", "203.0.113.62"} {
		entities = append(entities, w.attack(t, addr))
	}
	<-taken
	for _, e := range entities {
		w.told(t, w.siem, e, s)
	}
	s.kill(t)
	close(answer)
	require.Len(t, slow.Deliveries(), 1)

	s = w.start(t, cfg, true)
	for _, e := range entities {
		w.told(t, slow, e, s)
	}
	w.storedOnce(t, s)
	s.eventually(t, "the repeated delivery", func() bool { return slow.Duplicates() == 1 })
	s.eventually(t, "nothing to wait", func() bool { return s.metric(t, "gatehound_alerting_queue_length") == 0 })
	require.Equal(t, 3.0, s.metric(t, "gatehound_alerting_notifications_total", `sink="slow"`, `outcome="delivered"`))
	require.Len(t, slow.Deliveries(), len(entities), "each alert under one id")
	require.Len(t, w.siem.Deliveries(), len(entities))
	s.stop(t)
}
