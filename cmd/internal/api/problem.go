package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
)

// Problem is why a request was not done, in the form of RFC 9457.
type Problem struct {
	// Type is "urn:gatehound:problem:" and a word that programs go by.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what to do.
	Detail string `json:"detail"`
	wait   time.Duration
}

// problemType begins the types of problems.
const problemType = "urn:gatehound:problem:"

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

func problem(status int, word, title, detail string) *Problem {
	return &Problem{Type: problemType + word, Title: title, Status: status, Detail: detail}
}

// The words of problems that the client makes errors of a Desk of.
const (
	noAlert   = "no-alert"
	ambiguous = "ambiguous"
	noSilence = "no-silence"
	noAllow   = "no-allowance"
	noSink    = "no-sink"
	resolved  = "resolved"
	refused   = "sink-refused"
	invalid   = "invalid"
)

// deskErrors are the errors of a Desk and what they are over HTTP.
var deskErrors = []struct {
	err          error
	status       int
	word, detail string
}{
	{alerting.ErrNoAlert, http.StatusNotFound, noAlert, "list the alerts with GET /api/v1/alerts; resolved ones are forgotten after alerting.retention"},
	{alerting.ErrAmbiguous, http.StatusConflict, ambiguous, "give more characters of the id"},
	{alerting.ErrNoSilence, http.StatusNotFound, noSilence, "list the silences with GET /api/v1/silences?all=true"},
	{alerting.ErrNoAllow, http.StatusNotFound, noAllow, "list the allowances with GET /api/v1/allowances?all=true"},
	{alerting.ErrNoSink, http.StatusNotFound, noSink, "take a name of alerting.sinks in the configuration"},
	{alerting.ErrResolved, http.StatusConflict, resolved, "it is over; it opens again by itself if its cause comes back"},
}

// problemOf returns what err is over HTTP. An error that is nobody's fault but
// ours is told in general only; internal reports that it is to be logged.
func problemOf(err error) (p *Problem, internal bool) {
	if errors.As(err, &p) {
		return p, false
	}
	for _, d := range deskErrors {
		if errors.Is(err, d.err) {
			return problem(d.status, d.word, d.err.Error(), d.detail), false
		}
	}
	return problem(http.StatusInternalServerError, "internal", "it did not work",
		"the service's log says why; try again, nothing was done or all of it"), true
}

// asError returns the error of a Desk that a problem stands for.
func (p *Problem) asError() error {
	for _, d := range deskErrors {
		if p.Type == problemType+d.word {
			return d.err
		}
	}
	return p
}

// write answers with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	h := w.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="gatehound"`)
	case http.StatusForbidden:
		h.Set("WWW-Authenticate", `Bearer realm="gatehound", error="insufficient_scope"`)
	}
	if p.wait > 0 {
		h.Set("Retry-After", fmt.Sprint(int64((p.wait+time.Second-1)/time.Second)))
	}
	writeBody(w, p.Status, "application/problem+json", p)
}

// writeBody answers with a JSON document that is harmless to show.
func writeBody(w http.ResponseWriter, status int, kind string, body any) {
	doc, err := json.Marshal(body)
	if err != nil { // floats that are no numbers, for example
		status, kind = http.StatusInternalServerError, "application/problem+json"
		doc = []byte(`{"type":"urn:gatehound:problem:internal","title":"it did not work","status":500,"detail":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(neutral.JSON(doc), '\n')) // the client went away
}

// Invalid reports whether the request itself was wrong: what was asked for, not
// who asked or what there is.
func (p *Problem) Invalid() bool { return p.Type == problemType+invalid }
