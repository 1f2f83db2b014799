package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

// TestTheDocumentAndTheRoutesAgree: what is served is described, and what is
// described is served.
func TestTheDocumentAndTheRoutesAgree(t *testing.T) {
	w := newWorld(t)
	described := map[string]string{}
	for path, item := range w.doc.Paths {
		for method, op := range item {
			described[strings.ToUpper(method)+" "+path] = op.OperationID
		}
	}
	served := map[string]string{}
	for pattern, op := range w.s.verbs {
		served[pattern] = op.Verb
		d := w.doc.Paths[wire.Base+op.Path][strings.ToLower(op.Method)]
		require.Equal(t, op.Role.String(), d.Role, pattern)
	}
	require.Equal(t, served, described)
	require.Len(t, served, len(Operations()))
	for pattern := range described {
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{id}", "0123456789ab", "{sink}", "oncall", "{name}", "oncall").Replace(path)
		r := w.do(method, path, adminToken, "")
		require.NotEqual(t, http.StatusMethodNotAllowed, r.code, pattern)
		if r.code == http.StatusNotFound {
			require.NotContains(t, r.problem(t).Type, "no-operation", pattern)
		}
	}
	got := w.do("GET", "/api/v1/openapi.json", readToken, "")
	require.JSONEq(t, string(Document), got.body)
	require.Contains(t, got.body, `"openapi": "3.1.0"`)
}

// TestWorkingWithAlerts goes once through all that can be done to an alert; do
// holds each answer against the document.
func TestWorkingWithAlerts(t *testing.T) {
	w := newWorld(t)
	ids := w.alerts(3)
	var page wire.AlertPage
	first := w.do("GET", "/api/v1/alerts?limit=2&open=true", readToken, "")
	require.Equal(t, 200, first.code, first.body)
	require.NoError(t, json.Unmarshal([]byte(first.body), &page))
	require.Len(t, page.Alerts, 2)
	require.Equal(t, ids[1], page.Next)
	rest := w.do("GET", "/api/v1/alerts?limit=2&after="+page.Next, readToken, "")
	page = wire.AlertPage{}
	require.NoError(t, json.Unmarshal([]byte(rest.body), &page))
	require.Len(t, page.Alerts, 1)
	require.Empty(t, page.Next)
	none := w.do("GET", "/api/v1/alerts?matcher=tenant%3Dother&since=24h", readToken, "")
	require.JSONEq(t, `{"alerts":[]}`, none.body)

	act := func(verb, id, token, body string, headers ...string) schemas.Alert {
		t.Helper()
		r := w.do("POST", "/api/v1/alerts/"+id+"/"+verb, token, body, headers...)
		require.Equal(t, 200, r.code, r.body)
		var a schemas.Alert
		require.NoError(t, json.Unmarshal([]byte(r.body), &a))
		return a
	}
	a := act("acknowledge", ids[0][:8], operateToken, `{"comment":"looking"}`, wire.OnBehalfOf, "alice")
	require.Equal(t, "alice via bot", a.Acknowledged.By)
	require.Equal(t, "looking", a.Acknowledged.Comment)
	again := act("acknowledge", ids[0], operateToken, "", wire.OnBehalfOf, "alice")
	require.Equal(t, a.Acknowledged.At, again.Acknowledged.At, "twice is once")
	act("comment", ids[0], operateToken, `{"comment":"it is a load test"}`)
	a = act("resolve", ids[0], adminToken, `{"comment":"done"}`)
	require.Equal(t, schemas.AlertResolved, a.State)
	require.Equal(t, "root", a.Resolution.By)
	twice := w.do("POST", "/api/v1/alerts/"+ids[0]+"/resolve", operateToken, "")
	require.Equal(t, 409, twice.code)
	require.Equal(t, wire.ProblemType+wire.Resolved, twice.problem(t).Type)

	one := w.do("GET", "/api/v1/alerts/"+ids[0], readToken, "")
	require.NoError(t, json.Unmarshal([]byte(one.body), &a))
	var what []string
	for _, e := range a.History {
		what = append(what, e.What)
	}
	require.Equal(t, []string{"opened", "acknowledged", "commented", "resolved"}, what)
	require.Equal(t, 404, w.do("GET", "/api/v1/alerts/ffffffffffff", readToken, "").code)
	require.Contains(t, w.log.String(), `verb=acknowledge_alert by="alice via bot"`)
}

func TestSilencesAndAllowances(t *testing.T) {
	w := newWorld(t)
	r := w.do("POST", "/api/v1/silences", operateToken, `{"matchers":["detector=~rate.*","tenant=acme"],"for":"2h","comment":"load test"}`)
	require.Equal(t, 201, r.code, r.body)
	var s schemas.Silence
	require.NoError(t, json.Unmarshal([]byte(r.body), &s))
	require.WithinDuration(t, time.Now().Add(2*time.Hour), s.Until, time.Minute)
	require.Equal(t, "bot", s.By)
	require.Contains(t, w.do("GET", "/api/v1/silences", readToken, "").body, s.ID)
	for range 2 { // ending what is ended changes nothing
		r = w.do("DELETE", "/api/v1/silences/"+s.ID, operateToken, "")
		require.Equal(t, 200, r.code, r.body)
	}
	require.JSONEq(t, `{"silences":[]}`, w.do("GET", "/api/v1/silences", readToken, "").body)
	require.Contains(t, w.do("GET", "/api/v1/silences?all=true", readToken, "").body, `"ended_by":"bot"`)

	r = w.do("POST", "/api/v1/allowances", adminToken, `{"detector":"extraction","principal":"h1:k1:x","for":"720h","reason":"evaluation"}`)
	require.Equal(t, 201, r.code, r.body)
	var a schemas.Allowance
	require.NoError(t, json.Unmarshal([]byte(r.body), &a))
	require.Contains(t, w.do("GET", "/api/v1/allowances", readToken, "").body, a.ID)
	require.Equal(t, 200, w.do("DELETE", "/api/v1/allowances/"+a.ID, adminToken, "").code)
	require.JSONEq(t, `{"allowances":[]}`, w.do("GET", "/api/v1/allowances", readToken, "").body)
	require.Equal(t, 404, w.do("DELETE", "/api/v1/allowances/0123456789ab", adminToken, "").code)
	require.Equal(t, 404, w.do("DELETE", "/api/v1/silences/0123456789ab", operateToken, "").code)
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	const secret = "hunter2hunter2"
	for _, c := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"GET", "/alerts?limit=0", "", 400, "1 to 1000"},
		{"GET", "/alerts?limit=" + secret, "", 400, "1 to 1000"},
		{"GET", "/alerts?since=" + secret, "", 400, "24h"},
		{"GET", "/alerts?open=" + secret, "", 400, "true or false"},
		{"GET", "/alerts?after=" + secret, "", 400, "hexadecimal"},
		{"GET", "/alerts?" + secret + "=1", "", 400, "allowed here: after, limit, matcher, open, since"},
		{"GET", "/alerts?limit=1&limit=2", "", 400, "once"},
		{"GET", "/alerts?a=%zz", "", 400, "percent"},
		{"GET", "/alerts?matcher=" + secret, "", 400, "operator"},
		{"GET", "/alerts?matcher=" + secret + "%3D1", "", 400, "label"},
		{"GET", "/alerts?after=ffffffffffff", "", 404, "list the alerts"},
		{"GET", "/alerts?x=" + strings.Repeat("a", maxQuery), "", 414, "16 KiB"},
		{"GET", "/alerts/" + id + "?x=1", "", 400, "allowed here: none"},
		{"GET", "/alerts/export?format=xml", "", 400, "ndjson and csv"},
		{"GET", "/alerts/export?limit=5", "", 400, "allowed here"},
		{"POST", "/alerts/" + id + "/comment", "", 415, "application/json"},
		{"POST", "/alerts/" + id + "/comment", `{}`, 400, "say why"},
		{"POST", "/alerts/" + id + "/comment", `{"comment":"` + strings.Repeat("é", 1001) + `"}`, 400, "1000 characters"},
		{"POST", "/alerts/" + id + "/resolve", `{"` + secret + `":1}`, 400, "openapi.json"},
		{"POST", "/alerts/" + id + "/resolve", `{"comment":1}`, 400, "openapi.json"},
		{"POST", "/alerts/" + id + "/resolve", `{} {}`, 400, "one JSON object"},
		{"POST", "/alerts/" + id + "/resolve", "{\"comment\":\"\xff\"}", 400, "one JSON object"},
		{"POST", "/alerts/" + id + "/resolve", `[` + strings.Repeat("[", 9000), 400, "one JSON object"},
		{"POST", "/silences", `{"matchers":[],"for":"2h","comment":"c"}`, 400, "say what"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"comment":"c"}`, 400, "either until"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"for":"2h","until":"2099-01-01T00:00:00Z","comment":"c"}`, 400, "either until"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"for":"9000h","comment":"c"}`, 400, "365 days"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"until":"2001-01-01T00:00:00Z","comment":"c"}`, 400, "365 days"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"until":"2099-01-01T00:00:00Z","comment":"c"}`, 400, "365 days"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"from":"2099-01-01T00:00:00Z","for":"2h","comment":"c"}`, 400, "365 days"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"from":"2020-01-01T00:00:00Z","for":"2h","comment":"c"}`, 400, "365 days"},
		{"POST", "/silences", `{"matchers":["tenant=a"],"for":"2h"}`, 400, "say why"},
		{"POST", "/silences", `{"matchers":["` + secret + `"],"for":"2h","comment":"c"}`, 400, "matchers[0]"},
		{"POST", "/allowances", `{"detector":"x","for":"2h","reason":"c"}`, 400, "principal"},
		{"POST", "/allowances", `{"principal":"x","for":"2h"}`, 400, "say why"},
		{"POST", "/allowances", `{"principal":"a\u0000b","for":"2h","reason":"c"}`, 400, "control characters"},
		{"POST", "/allowances", `{"principal":"` + strings.Repeat("x", 513) + `","for":"2h","reason":"c"}`, 400, "512 bytes"},
		{"POST", "/deliveries/dead/" + secret + "/redeliver", "", 404, "alerting.sinks"},
		{"POST", "/deliveries/dead/oncall/redeliver", "{}", 400, "send none"},
		{"POST", "/sinks/" + secret + "/test", "", 404, "alerting.sinks"},
		{"POST", "/routes/test", `"x"`, 400, "openapi.json"},
		{"DELETE", "/silences/" + secret, "", 404, "all=true"},
	} {
		r := w.do(c.method, wire.Base+c.path, adminToken, c.body)
		require.Equal(t, c.code, r.code, "%s %s: %s", c.method, c.path, r.body)
		require.Contains(t, r.problem(t).Detail, c.want, c.path)
		require.NotContains(t, r.body, secret, "nothing of a request is quoted")
	}
	require.NotContains(t, w.log.String(), secret)
	require.NotContains(t, w.log.String(), "level=ERROR")
}

func TestDeliveriesAndTestAlerts(t *testing.T) {
	w := newWorld(t)
	w.alerts(2)
	list := w.do("GET", "/api/v1/deliveries", readToken, "")
	var d wire.DeliveryList
	require.NoError(t, json.Unmarshal([]byte(list.body), &d))
	require.Len(t, d.Deliveries, 2)
	require.Equal(t, "oncall", d.Deliveries[0].Sink)
	sinks := w.do("GET", "/api/v1/sinks", readToken, "")
	var st wire.SinkList
	require.NoError(t, json.Unmarshal([]byte(sinks.body), &st))
	require.Len(t, st.Sinks, 1)
	require.Equal(t, 2, st.Sinks[0].Waiting)
	require.JSONEq(t, `{"dead_letters":[]}`, w.do("GET", "/api/v1/deliveries/dead", readToken, "").body)
	require.JSONEq(t, `{"redelivered":0}`, w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "").body)

	r := w.do("POST", "/api/v1/sinks/oncall/test", adminToken, "")
	require.Equal(t, 200, r.code, r.body)
	require.Contains(t, r.body, `"sink":"oncall"`)
	require.True(t, w.sink.got[0].Test)
	w.sink.set(errors.New("the token is not taken"))
	r = w.do("POST", "/api/v1/sinks/oncall/test", adminToken, "")
	require.Equal(t, 502, r.code)
	require.Equal(t, "the token is not taken", r.problem(t).Detail)

	r = w.do("POST", "/api/v1/routes/test", readToken, `{"id":"x","severity":"high","detector":"authfail.stuffing","a_newer_field":1}`)
	require.Equal(t, 200, r.code, r.body)
	require.Contains(t, r.body, `"sink":"oncall"`)
}

func TestDeadLettersAreListedAndTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.sink.set(alertingPermanent)
	w.alerts(1)
	run(t, w.m)
	require.Eventually(t, func() bool {
		dead, err := w.m.DeadLetters()
		return err == nil && len(dead) == 1
	}, 10*time.Second, 10*time.Millisecond)
	r := w.do("GET", "/api/v1/deliveries/dead", readToken, "")
	require.Contains(t, r.body, `"sink":"oncall"`)
	w.sink.set(nil)
	require.JSONEq(t, `{"redelivered":1}`, w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "").body)
	require.Eventually(t, func() bool { return len(w.m.Pending()) == 0 }, 10*time.Second, 10*time.Millisecond)
}
