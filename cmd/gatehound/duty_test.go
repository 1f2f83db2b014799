package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/receivers"
	"github.com/gatehound/gatehound/schemas"
)

const (
	slackSecret  = "8f742231b10e8888abcd99yyyzzz85a5"
	operateToken = "operate-token-0123456789abcdefghij"
)

// duty is what somebody on call has: a channel, a SIEM, an API and the commands.
type duty struct {
	*world
	dir, config, api string
	slack            *receivers.Slack
	siem             *receivers.SIEM
}

func newDuty(t *testing.T) *duty {
	t.Helper()
	d := &duty{world: newWorld(t), dir: t.TempDir()}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d.api = "http://" + free.Addr().String()
	require.NoError(t, free.Close())
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	d.slack, err = receivers.NewSlack(receivers.SlackOptions{Token: "xoxb-duty"})
	require.NoError(t, err)
	d.siem, err = receivers.NewSIEM(receivers.SIEMOptions{Secrets: []string{secret}})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, d.slack.Close())
		require.NoError(t, d.siem.Close())
	})
	d.config = d.world.config(t, d.dir, fmt.Sprintf(`%salerting:
  case_url: https://cases.example.com/{id}
  backoff_max: 1s
  sinks:
    - {name: oncall, kind: slack, options: {token: xoxb-duty, channel: C1, buttons: true, post_interval: 0s, api_url: %q, allow_http: true, allow_private: true}}
    - {name: siem, kind: webhook, on_storm: delay, options: {url: %q, secrets: [%q], allow_http: true, allow_private: true}}
slack_app: {signing_secret: %s}
`, embedded, d.slack.APIURL(), d.siem.URL(), secret, slackSecret))
	text, err := os.ReadFile(d.config)
	require.NoError(t, err)
	listen := `api: {listen: "` + strings.TrimPrefix(d.api, "http://") + `", tokens: [{name: soar, role: operate, token: ` + operateToken + `}]}`
	require.Contains(t, string(text), `api: {listen: "127.0.0.1:0"}`)
	write(t, d.config, strings.Replace(string(text), `api: {listen: "127.0.0.1:0"}`, listen, 1))
	return d
}

func (d *duty) run(t *testing.T) *process {
	t.Helper()
	p := start(t, d.dir, nil, "run", "--config", d.config)
	p.waitFor(t, "/readyz is 200", 60*time.Second, func() bool { status, _ := p.get("/readyz"); return status == 200 })
	return p
}

func (d *duty) do(t *testing.T, args ...string) result {
	t.Helper()
	return gatehound(t, d.dir, "", append(args, "--config", d.config)...)
}

// post sends a request to the API's port and returns status and body.
func (d *duty) post(t *testing.T, path, body string, header http.Header) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.api+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(answer)
}

// click is what Slack sends if ana.k clicks a button of a message, and signs.
func (d *duty) click(t *testing.T, action, alert, secret string) int {
	t.Helper()
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "team": map[string]string{"id": "T1"}, "channel": map[string]string{"id": "C1"},
		"user":         map[string]string{"id": "U1", "username": "ana.k", "team_id": "T1"},
		"response_url": "https://hooks.slack.com/actions/T1/1/x",
		"actions":      []map[string]any{{"type": "button", "action_id": action, "value": alert}},
	})
	require.NoError(t, err)
	body := "payload=" + url.QueryEscape(string(payload))
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + at + ":" + body))
	status, _ := d.post(t, "/slack/interactions", body, http.Header{"Content-Type": {"application/x-www-form-urlencoded"},
		"X-Slack-Request-Timestamp": {at}, "X-Slack-Signature": {"v0=" + hex.EncodeToString(mac.Sum(nil))}})
	return status
}

// first returns how the first message of the channel reads now: as it was posted,
// or edited last.
func (d *duty) first() (m receivers.Message) {
	for _, next := range d.slack.Messages() {
		if m.TS == "" || m.TS == next.TS {
			m = next
		}
	}
	return m
}

var alertRows = regexp.MustCompile(`(?m)^gatehound_storage_rows_total\{table="alerts"\} (\S+)$`)

// storedAlerts is how many rows of alerts were written so far.
func storedAlerts(p *process) string {
	_, metrics := p.get("/metrics")
	if m := alertRows.FindStringSubmatch(metrics); m != nil {
		return m[1]
	}
	return ""
}

// TestAnIncidentIsWorkedOnThroughARestart: an attack is told, taken by a click in
// Slack, outlives a kill, is ended through the API, and the tables, the first
// message and the SIEM have all of it.
func TestAnIncidentIsWorkedOnThroughARestart(t *testing.T) {
	t.Parallel()
	d := newDuty(t)
	p := d.run(t)
	d.send(t, strings.Split(strings.TrimSpace(attack(time.Now().Add(-3*time.Minute).UTC())), "\n")...)
	var open []schemas.Alert
	p.waitFor(t, "an alert is open", 60*time.Second, func() bool {
		r := d.do(t, "alerts", "list", "-o", "json")
		return r.code == 0 && json.Unmarshal([]byte(r.stdout), &open) == nil && len(open) > 0
	})
	id := open[0].ID
	p.waitFor(t, "the channel has the alert with buttons", 20*time.Second, func() bool {
		return strings.Contains(string(d.first().Blocks), `"gatehound.ack"`) && strings.Contains(string(d.first().Blocks), id)
	})
	posted := d.first()
	require.Contains(t, string(posted.Blocks), "https://cases.example.com/"+id)
	var stored string
	p.waitFor(t, "it is stored", 20*time.Second, func() bool { stored = storedAlerts(p); return stored != "" && stored != "0" })

	require.Equal(t, http.StatusUnauthorized, d.click(t, "gatehound.ack", id, "another secret of somebody"))
	require.Equal(t, http.StatusOK, d.click(t, "gatehound.ack", id, slackSecret))
	p.waitFor(t, "the first message says who took it", 20*time.Second, func() bool {
		m := d.first()
		return m.Method == "chat.update" && strings.Contains(m.Text, "ana.k") && !strings.Contains(string(m.Blocks), `"gatehound.ack"`)
	})
	p.waitFor(t, "it is stored although nobody sends anything", 20*time.Second, func() bool { return storedAlerts(p) != stored })
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGKILL))
	<-p.done

	shown := func(where string) (a schemas.Alert) {
		r := d.do(t, "alerts", "show", id[:8], "-o", "json")
		require.Zero(t, r.code, where+r.stderr)
		require.NoError(t, json.Unmarshal([]byte(r.stdout), &a))
		return a
	}
	a := shown("in the log of the service that was killed: ")
	require.Equal(t, schemas.AlertAcknowledged, a.State)
	r := d.do(t, "query", "-o", "csv", "SELECT state, acknowledged_by FROM alerts FINAL WHERE id = '"+id+"' ORDER BY sequence DESC LIMIT 1")
	require.Contains(t, r.stdout, "acknowledged", r.stderr)
	require.Contains(t, r.stdout, "slack:U1 ana.k")

	p = d.run(t)
	a = shown("in the service that was started again: ")
	require.Equal(t, "slack:U1 ana.k", a.Acknowledged.By)
	header := http.Header{"Content-Type": {"application/json"}, "X-On-Behalf-Of": {"alice"}}
	status, _ := d.post(t, "/api/v1/alerts/"+id+"/resolve", `{"comment":"address blocked"}`, header)
	require.Equal(t, http.StatusUnauthorized, status)
	header.Set("Authorization", "Bearer "+operateToken)
	status, answer := d.post(t, "/api/v1/alerts/"+id+"/resolve", `{"comment":"address blocked"}`, header)
	require.Equal(t, http.StatusOK, status, answer)
	require.Contains(t, answer, `"by":"alice via soar"`)
	p.waitFor(t, "the first message says that it is over", 20*time.Second, func() bool { return strings.Contains(d.first().Text, "RESOLVED") })
	require.Equal(t, posted.TS, d.first().TS)
	require.Contains(t, string(d.first().Blocks), "address blocked")
	require.NotContains(t, string(d.first().Blocks), `"gatehound.resolve"`)
	story := d.do(t, "alerts", "show", id[:8])
	require.Regexp(t, `(?m)^state +resolved by alice via soar at .*: address blocked$`, story.stdout)
	require.Regexp(t, `acknowledged +slack:U1 ana\.k`, story.stdout)
	require.Contains(t, d.do(t, "alerts", "deliveries").stdout, "works")
	require.Zero(t, p.stop(t, syscall.SIGTERM, 30*time.Second), p.err.String())

	r = d.do(t, "query", "-o", "csv", "SELECT state FROM alerts FINAL WHERE id = '"+id+"' ORDER BY sequence DESC LIMIT 1")
	require.Contains(t, r.stdout, "resolved", r.stderr)
	r = d.do(t, "query", "-o", "csv", "SELECT what, who, text FROM alert_history FINAL WHERE id = '"+id+"' ORDER BY number")
	require.Regexp(t, `(?s)opened.*acknowledged.*slack:U1 ana\.k.*resolved.*alice via soar.*address blocked`, r.stdout, r.stderr)
	d.siemHasAllInOrder(t, id)
}

// siemHasAllInOrder looks for the states of the alert at the SIEM: each sequence
// once, in order, and nothing in them that is ahead of its time.
func (d *duty) siemHasAllInOrder(t *testing.T, id string) {
	t.Helper()
	var states []string
	last := 0
	for _, x := range d.siem.Deliveries() {
		var doc struct {
			Timestamp time.Time
			Data      schemas.Alert
		}
		require.NoError(t, json.Unmarshal(x.Body, &doc))
		if doc.Data.ID != id {
			continue
		}
		require.Greater(t, doc.Data.Sequence, last)
		last = doc.Data.Sequence
		states = append(states, doc.Data.State.String())
		require.False(t, doc.Timestamp.After(x.Arrived), "%s is told as of %s and came at %s", doc.Data.State, doc.Timestamp, x.Arrived)
		require.False(t, doc.Data.LastSeen.After(x.Arrived), "seen at %s, told at %s", doc.Data.LastSeen, x.Arrived)
	}
	require.Equal(t, "open", states[0])
	require.Equal(t, []string{"acknowledged", "resolved"}, states[len(states)-2:])
}
