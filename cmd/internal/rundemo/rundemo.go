// Package rundemo runs everything in one process, for the demo.
package rundemo

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/console"
	"github.com/gatehound/gatehound/cmd/internal/demo"
	"github.com/gatehound/gatehound/cmd/internal/lifecycle"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/cmd/internal/receivers"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Settings say what the demo is like.
type Settings struct {
	// For is how long the live part takes; 0 runs until it is interrupted.
	For time.Duration
	// Speed is how many seconds of event time pass in a second.
	Speed float64
	// Backlog is the event time that is sent before, for the baselines.
	Backlog time.Duration
	// Rate is the benign requests a second of event time.
	Rate float64
	Seed uint64
	// Dir keeps the demo's data; a temporary folder is used and removed if it
	// is empty.
	Dir string
	// Listen is the console's address; empty for none.
	Listen string
	Screen *demo.Screen
}

const (
	topic      = "gateway-logs"
	partitions = 4
)

// Run runs everything in one process: a broker, the embedded store, a fleet of
// gateway clients with attackers among them, and local receivers for Slack and
// the SIEM; the pipeline between them is that of Run.
func Run(ctx context.Context, o Settings) (score demo.Score, err error) {
	dir := o.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "gatehound-demo-"); err != nil {
			return score, fmt.Errorf("make a folder for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return score, fmt.Errorf("make the demo's folder: %w", err)
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "gatehound.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return score, fmt.Errorf("open the demo's log: %w", err)
	}
	defer logFile.Close()
	log := slog.New(slog.NewTextHandler(logFile, nil))
	stops := lifecycle.Stack{Log: log}
	defer func() { err = errors.Join(err, stops.Run()) }()

	// The world around Gatehound: a broker and two receivers.
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	if err != nil {
		return score, fmt.Errorf("start the broker: %w", err)
	}
	stops.Closes("broker", func() error { broker.Close(); return nil })
	record := recorder{parts: map[string]int{}}
	secret, token := randomSecret(), "xoxb-"+"demo-"+rand.Text()
	siem, err := receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{secret}, OnDelivery: func(d receivers.Delivery) {
		if a, ok := record.add(d.Body); ok {
			_ = o.Screen.Alert(a) // a terminal that went away ends the demo elsewhere
		}
	}})
	if err != nil {
		return score, fmt.Errorf("start the SIEM: %w", err)
	}
	stops.Closes("SIEM", siem.Close)
	slack, err := receivers.NewSlack(receivers.SlackOptions{Token: token})
	if err != nil {
		return score, fmt.Errorf("start the Slack double: %w", err)
	}
	stops.Closes("Slack", slack.Close)

	// Gatehound, configured as a user would.
	cfg := app.DefaultConfig()
	cfg.DataDir = dir
	cfg.Kafka.Brokers, cfg.Kafka.Topics = broker.ListenAddrs(), []string{topic}
	cfg.Kafka.MaxWait = 100 * time.Millisecond
	cfg.Storage.Mode = app.StoreEmbedded
	cfg.Pipeline.BatchAge = 250 * time.Millisecond
	cfg.Alerting.Sinks = []alerting.SinkConfig{
		{Name: "slack", Kind: "slack", Options: map[string]any{"token": token, "channel": "#oncall", "api_url": slack.APIURL()}},
		{Name: "siem", Kind: "webhook", OnStorm: "delay", PerMinute: 10_000, Options: map[string]any{"url": siem.URL(), "secrets": []string{secret}}},
	}
	if err := cfg.Validate(); err != nil {
		return score, err
	}
	reg := app.NewRegistry()
	source, err := kafka.New(cfg.Kafka, log, reg)
	if err != nil {
		return score, fmt.Errorf("kafka: %w", err)
	}
	counts := &app.Replayed{}
	s, err := app.NewService(cfg, app.Options{Source: source, Group: cfg.Kafka.Group, Logger: log, Metrics: reg, Observed: counts.Observe})
	if err != nil {
		return score, err
	}
	stops.Closes("gatehound", s.Close)
	if o.Listen != "" {
		c, err := console.New(o.Listen, reg, s)
		if err != nil {
			return score, err
		}
		served := make(chan error, 1)
		consoleCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		go func() { served <- c.Run(consoleCtx) }()
		stops.Push("console", func(context.Context) error { stop(); return <-served })
		_ = o.Screen.Note("metrics and health: http://" + c.Addr() + "/metrics")
	}

	// The fleet: a backlog of event time for the baselines, then live.
	live := time.Duration(float64(o.For) * o.Speed)
	fleet, err := simulate.New(o.fleet(time.Now(), live))
	if err != nil {
		return score, fmt.Errorf("fleet: %w", err)
	}
	writer, err := kafka.NewWriter(cfg.Kafka, topic)
	if err != nil {
		return score, fmt.Errorf("fleet: %w", err)
	}
	stops.Closes("fleet's writer", writer.Close)

	started := time.Now()
	serviceCtx, stopService := context.WithCancel(context.WithoutCancel(ctx))
	defer stopService()
	served := make(chan error, 1)
	go func() { served <- s.Run(serviceCtx) }()
	go s.Probe(serviceCtx, source)
	state := &state{}
	state.set("learning from the past")
	shown := make(chan struct{})
	showCtx, stopShow := context.WithCancel(ctx)
	go func() {
		defer close(shown)
		state.show(showCtx, o.Screen, counts, source, &record, started)
	}()
	sent, err := simulate.Produce(ctx, topicWriter{writer}, fleet, simulate.Pace{Speed: o.Speed, Live: func() { state.set("live") }})
	if ctx.Err() != nil {
		err = nil // interrupted: what there is gets reported
	}
	if err == nil {
		state.set("draining")
		err = waitFor(ctx, served, func() bool {
			return counts.Events.Load()+counts.Rejects.Load() >= sent && s.Stuck() == 0
		})
	}
	stopService()
	if serveErr := <-served; serveErr != nil {
		err = errors.Join(err, serveErr)
	}
	stopShow()
	<-shown
	if err != nil {
		return score, err
	}
	report := demo.Report{Plants: plants(fleet.Truths(), s), Alerts: record.alerts(), Events: counts.Events.Load(),
		Elapsed: time.Since(started), Evidence: evidence(s.Store)}
	for k := range counts.Redacted {
		report.Redacted[k] = counts.Redacted[k].Load()
	}
	reportCtx, stopReport := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer stopReport()
	score, err = o.Screen.Report(reportCtx, report)
	_ = o.Screen.Note(fmt.Sprintf("Slack got %d messages, the SIEM %d signed webhooks.", len(slack.Messages()), len(siem.Deliveries())))
	if o.Dir != "" {
		folder := filepath.Join(dir, "clickhouse")
		_ = o.Screen.Note(fmt.Sprintf("Look further: gatehound query --store %s \"SELECT …\"", folder))
		_ = o.Screen.Note("Look at campaigns: gatehound investigate --store " + folder)
	}
	return score, err
}

// fleet places the live part so that it ends now at its speed, or a little
// before: what begins on the hour or the half hour looks like a scheduled job to
// the detectors, so a short live part begins five minutes after one.
func (o *Settings) fleet(now time.Time, live time.Duration) simulate.Config {
	start := now.Add(-live + o.For)
	if live > 0 && live <= 24*time.Minute && o.Speed > 1 {
		const half, after = 30 * time.Minute, 5 * time.Minute
		start = start.Add(-after).Truncate(half).Add(after)
	}
	cfg := simulate.Default(o.Seed, start, o.Backlog, live)
	cfg.Rate = o.Rate
	return cfg
}

// state is what the live line says of the demo itself.
type state struct {
	mu   sync.Mutex // set by the producer, read by the screen
	name string
}

func (d *state) set(name string) {
	d.mu.Lock()
	d.name = name
	d.mu.Unlock()
}

func (d *state) get() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.name
}

func (d *state) show(ctx context.Context, screen *demo.Screen, counts *app.Replayed, source *kafka.Source, record *recorder, started time.Time) {
	const every = 500 * time.Millisecond
	t := time.NewTicker(every)
	defer t.Stop()
	var last int64
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		l := demo.Live{State: d.get(), Elapsed: time.Since(started), Events: counts.Events.Load(),
			Rejects: counts.Rejects.Load(), Alerts: len(record.alerts())}
		l.PerSecond = float64(l.Events-last) / every.Seconds()
		last = l.Events
		for _, lag := range source.Lag() {
			l.Lag += lag
		}
		for k := range counts.Redacted {
			l.Redacted[k] = counts.Redacted[k].Load()
		}
		_ = screen.Live(l)
	}
}

// recorder keeps the alerts that arrived at the SIEM.
type recorder struct {
	mu    sync.Mutex // deliveries come on the receiver's goroutines
	list  []schemas.Alert
	parts map[string]int // of each alert
}

// add reports whether the alert is new or has become a longer story.
func (r *recorder) add(body []byte) (schemas.Alert, bool) {
	var in struct {
		Data schemas.Alert `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return in.Data, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, in.Data)
	grown := len(in.Data.Parts) > r.parts[in.Data.ID]
	r.parts[in.Data.ID] = max(len(in.Data.Parts), r.parts[in.Data.ID])
	return in.Data, grown
}

func (r *recorder) alerts() []schemas.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]schemas.Alert(nil), r.list...)
}

// topicWriter lets a fleet write to a topic, with null keys as Filebeat does.
type topicWriter struct{ w *kafka.Writer }

func (t topicWriter) Write(ctx context.Context, messages [][]byte) error {
	ms := make([]kafka.Message, len(messages))
	for i, m := range messages {
		ms[i].Value = m
	}
	return t.w.Write(ctx, ms)
}

// plants names the planted entities as alerts do: by their pseudonyms.
func plants(truths []simulate.Truth, s *app.Service) []demo.Plant {
	name := func(e simulate.Entity) schemas.Entity {
		switch e.Kind {
		case schemas.EntityPrincipal:
			return schemas.Entity{Kind: e.Kind, Name: s.Keys.Principal(e.Raw)}
		case schemas.EntityAddress:
			if a, err := netip.ParseAddr(e.Raw); err == nil {
				return schemas.Entity{Kind: e.Kind, Name: s.Keys.Address(a).String()}
			}
		}
		return schemas.Entity{Kind: e.Kind, Name: e.Raw}
	}
	var out []demo.Plant
	for _, t := range truths {
		p := demo.Plant{Title: t.Title, Benign: t.Benign, Expect: t.Expect, Start: t.Start, End: t.End, Events: t.Events}
		for _, e := range t.Entities {
			p.Entities = append(p.Entities, name(e))
		}
		for _, e := range t.Related {
			p.Related = append(p.Related, name(e))
		}
		out = append(out, p)
	}
	return out
}

// evidence runs a finding's query on the store.
func evidence(st *clickhouse.Store) func(context.Context, string) (demo.Table, error) {
	return func(ctx context.Context, sql string) (demo.Table, error) {
		const most = 5
		var table demo.Table
		res, err := st.Query(ctx, sql, clickhouse.DefaultLimits())
		if err != nil {
			return table, err
		}
		table.Columns = res.Columns
		for row, err := range res.Rows() {
			if err != nil {
				return table, errors.Join(err, res.Close())
			}
			if len(table.Rows) == most {
				table.More = true
				break
			}
			table.Rows = append(table.Rows, query.Texts(row, true))
		}
		return table, res.Close()
	}
}

// waitFor polls done until it holds, the service has ended, or two minutes.
func waitFor(ctx context.Context, served chan error, done func() bool) error {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	deadline := time.After(2 * time.Minute)
	for !done() {
		select {
		case <-t.C:
		case err := <-served:
			served <- nil
			return errors.Join(errors.New("the pipeline ended early"), err)
		case <-deadline:
			return errors.New("the pipeline did not finish within two minutes")
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func randomSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // it never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(b)
}
