package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// maxName bounds a text that is compared with what findings have, in bytes.
const maxName = 512

// call is one request on its way.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	op     *Operation
	caller gate.Caller
	// by is who asks, as the history will say.
	by   string
	now  time.Time
	data []byte
}

// fail answers with the problem that err is.
func (c *call) fail(err error) {
	p, internal := wire.ProblemOf(err)
	if internal {
		verb := "none"
		if c.op != nil {
			verb = c.op.Verb
		}
		c.server.log.Error("a request to the api did not work", "verb", verb, "error", err)
	}
	p.Write(c.w)
}

// answer answers with body and notes what was changed.
func (c *call) answer(body any) error {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead && c.op.Role > gate.RoleRead {
		c.server.log.Info("done through the api", "verb", c.op.Verb, "by", c.by)
	}
	wire.WriteBody(c.w, c.op.Status, "application/json", body)
	return nil
}

// query reads the parameters of the operation.
func (c *call) query() (*params, error) {
	once, repeated := c.op.names()
	p, err := parseQuery(c.r.URL.RawQuery, c.now, once, repeated)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// none refuses parameters, of which the operation has none.
func (c *call) none() error {
	_, err := c.query()
	return err
}

// read reads the body, within its bound.
func (c *call) read() error {
	if c.r.Body == nil || c.r.Body == http.NoBody {
		return nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, c.server.cfg.MaxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return wire.NewProblem(http.StatusRequestEntityTooLarge, "too-large", "the body is too large", "api.max_body bounds it")
	}
	if err != nil {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, "the body could not be read", "send it whole, and within api.read_timeout")
	}
	if len(data) > 0 && !c.op.hasBody() {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, "the operation takes no body", "send none")
	}
	c.data = data
	return nil
}

// decode reads the body as JSON. Unknown members are refused, unless lenient.
func (c *call) decode(into any, lenient bool) error {
	if len(c.data) == 0 && c.op.MayOmit {
		return nil
	}
	kind, args, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if charset := args["charset"]; err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return wire.NewProblem(http.StatusUnsupportedMediaType, "media-type", "the body is not said to be JSON", "send `Content-Type: application/json`")
	}
	bad := wire.NewProblem(http.StatusBadRequest, wire.Invalid, "the body is not what the operation takes",
		"send one JSON object with the members that openapi.json has for "+c.op.Verb+", each of its type")
	if !utf8.Valid(c.data) {
		return bad
	}
	d := json.NewDecoder(bytes.NewReader(c.data))
	if !lenient {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(into); err != nil { // its text quotes what was sent
		return bad
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return bad
	}
	return nil
}

// said checks a text of a person's and makes it harmless.
func said(name, text string, needed bool) (string, error) {
	if utf8.RuneCountInString(text) > wire.MaxComment {
		return "", wire.NewProblem(http.StatusBadRequest, wire.Invalid, name+" is too long", "allowed are 1000 characters")
	}
	text = neutral.Text(text, wire.MaxComment)
	if needed && text == "" {
		return "", wire.NewProblem(http.StatusBadRequest, wire.Invalid, name+" is empty", "say why: others will read it")
	}
	return text, nil
}

// exact checks a text that is compared with what findings have, and so must
// stay as it is.
func exact(name, text string) error {
	if len(text) > maxName || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, name+" is not allowed", "allowed are 512 bytes without control characters, as findings show it")
	}
	return nil
}

// checkMatchers checks the matchers, so that who wrote them is told what is wrong.
func checkMatchers(list []string) *wire.Problem {
	if _, err := route.ParseMatchers(list); err != nil { // its text quotes nothing
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, "a matcher is not allowed", err.Error())
	}
	return nil
}

// maxSpan is how far ahead silences and exceptions may end: what should be for
// longer belongs into the configuration.
const maxSpan = 365 * 24 * time.Hour

// end returns when something ends that begins at from and is said to end at
// until or to last for span.
func end(now, from, until time.Time, span string) (time.Time, error) {
	wrong := func(title string) error {
		return wire.NewProblem(http.StatusBadRequest, wire.Invalid, title, `allowed is either until, a time to come, or for, such as "2h"; at most 365 days ahead`)
	}
	if (span == "") == until.IsZero() {
		return until, wrong("until and for: one of them is needed")
	}
	if span != "" {
		d, err := time.ParseDuration(span)
		if err != nil || d < time.Second || d > maxSpan {
			return until, wrong("for is not allowed")
		}
		until = from.Add(d)
	}
	if !until.After(from) || !until.After(now) || until.Sub(now) > maxSpan {
		return until, wrong("until is not allowed")
	}
	return until, nil
}
