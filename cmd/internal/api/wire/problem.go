package wire

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
	// Wait is how long to wait before the next try; 0 if that does not help.
	Wait time.Duration `json:"-"`
}

// ProblemType begins the types of problems.
const ProblemType = "urn:gatehound:problem:"

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// NewProblem returns a problem; word is what programs go by.
func NewProblem(status int, word, title, detail string) *Problem {
	return &Problem{Type: ProblemType + word, Title: title, Status: status, Detail: detail}
}

// The words of problems that the client makes errors of a Desk of.
const (
	NoAlert   = "no-alert"
	Ambiguous = "ambiguous"
	NoSilence = "no-silence"
	NoAllow   = "no-allowance"
	NoSink    = "no-sink"
	Resolved  = "resolved"
	Refused   = "sink-refused"
	Invalid   = "invalid"
)

// deskErrors are the errors of a Desk and what they are over HTTP.
var deskErrors = []struct {
	err          error
	status       int
	word, detail string
}{
	{alerting.ErrNoAlert, http.StatusNotFound, NoAlert, "list the alerts with GET /api/v1/alerts; resolved ones are forgotten after alerting.retention"},
	{alerting.ErrAmbiguous, http.StatusConflict, Ambiguous, "give more characters of the id"},
	{alerting.ErrNoSilence, http.StatusNotFound, NoSilence, "list the silences with GET /api/v1/silences?all=true"},
	{alerting.ErrNoAllow, http.StatusNotFound, NoAllow, "list the allowances with GET /api/v1/allowances?all=true"},
	{alerting.ErrNoSink, http.StatusNotFound, NoSink, "take a name of alerting.sinks in the configuration"},
	{alerting.ErrResolved, http.StatusConflict, Resolved, "it is over; it opens again by itself if its cause comes back"},
}

// ProblemOf returns what err is over HTTP. An error that is nobody's fault but
// ours is told in general only; internal reports that it is to be logged.
func ProblemOf(err error) (p *Problem, internal bool) {
	if errors.As(err, &p) {
		return p, false
	}
	for _, d := range deskErrors {
		if errors.Is(err, d.err) {
			return NewProblem(d.status, d.word, d.err.Error(), d.detail), false
		}
	}
	return NewProblem(http.StatusInternalServerError, "internal", "it did not work",
		"the service's log says why; try again, nothing was done or all of it"), true
}

// AsError returns the error of a Desk that a problem stands for.
func (p *Problem) AsError() error {
	for _, d := range deskErrors {
		if p.Type == ProblemType+d.word {
			return d.err
		}
	}
	return p
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="gatehound"`)
	case http.StatusForbidden:
		h.Set("WWW-Authenticate", `Bearer realm="gatehound", error="insufficient_scope"`)
	}
	if p.Wait > 0 {
		h.Set("Retry-After", fmt.Sprint(int64((p.Wait+time.Second-1)/time.Second)))
	}
	WriteBody(w, p.Status, "application/problem+json", p)
}

// WriteBody answers with a JSON document that is harmless to show.
func WriteBody(w http.ResponseWriter, status int, kind string, body any) {
	doc, err := json.Marshal(body)
	if err != nil { // floats that are no numbers, for example
		status, kind = http.StatusInternalServerError, "application/problem+json"
		doc = []byte(`{"type":"urn:gatehound:problem:internal","title":"it did not work","status":500,"detail":"the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(append(neutral.JSON(doc), '\n')) // the client went away
}

// IsInvalid reports whether the request itself was wrong: what was asked for, not
// who asked or what there is.
func (p *Problem) IsInvalid() bool { return p.Type == ProblemType+Invalid }
