package email

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"html/template"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

//go:embed message.html
var page string

var pageTemplate = template.Must(template.New("message").Parse(page))

// limitSubject bounds a subject, in code points.
const limitSubject = 200

// inert takes out what mail readers make links of.
var inert = strings.NewReplacer("@", "＠", "://", "[:]//", "www.", "www[.]")

// headerForm is a value that can stand in a header as it is.
var headerForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// compose writes the mail about a.
func (s *Sink) compose(a *schemas.Alert, said *words.Message, key string, now time.Time) ([]byte, error) {
	m := said.Map(inert.Replace)
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.SetBoundary("gatehound-" + hash("boundary", key))
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(s.to...)
	if len(s.cc) > 0 {
		msg.CcMailAddress(s.cc...)
	}
	msg.Subject(neutral.Text(s.config.SubjectPrefix+" "+m.Headline(), limitSubject))
	msg.SetDateWithValue(now)
	domain := s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
	msg.SetMessageIDWithValue(hash("message", key) + "@" + domain)
	// A root that was never sent: readers make a thread of what refers to it, and no
	// mail has to wait for another.
	thread := "<" + hash("alert", a.ID) + "@" + domain + ">"
	for name, value := range map[string]string{
		"In-Reply-To": thread, "References": thread,
		"Auto-Submitted":           "auto-generated", // RFC 3834: no out-of-office answers
		"X-Auto-Response-Suppress": "All",            // the same for Exchange
		"X-Gatehound-State":        a.State.String(), "X-Gatehound-Severity": a.Severity.String(),
		"X-Gatehound-Alert": a.ID, "X-Gatehound-Notification": key,
	} {
		if name[0] != 'X' || headerForm.MatchString(value) {
			msg.SetGenHeader(mail.Header(name), value)
		}
	}
	msg.SetBodyString(mail.TypeTextPlain, text(&m))
	var html bytes.Buffer
	if err := pageTemplate.Execute(&html, struct {
		*words.Message
		Color string
	}{&m, color(a)}); err != nil {
		return nil, errors.New("the mail cannot be written")
	}
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return nil, errors.New("the mail cannot be written")
	}
	return out.Bytes(), nil
}

// hash is an id that follows from a text, and tells nothing of it.
func hash(what, text string) string {
	sum := sha256.Sum256([]byte(what + "\x00" + text))
	return hex.EncodeToString(sum[:16])
}

// colors are those of the head, by severity.
var colors = [...]string{"#57606a", "#0969da", "#9a6700", "#bc4c00", "#cf222e"}

func color(a *schemas.Alert) string {
	if a.State == schemas.AlertResolved {
		return "#1a7f37"
	}
	return colors[min(int(a.Severity), len(colors)-1)]
}

// text is the message for readers without HTML.
func text(m *words.Message) string {
	var b strings.Builder
	section := func(heading, bullet string, lines ...string) {
		if len(lines) == 0 || len(lines) == 1 && lines[0] == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		if heading != "" {
			b.WriteString(heading + "\n")
		}
		for _, l := range lines {
			b.WriteString(bullet + l + "\n")
		}
	}
	section("", "", m.Headline())
	section("", "", m.Summary)
	section("", "", m.Status...)
	var fields []string
	for _, f := range m.Fields {
		fields = append(fields, f.Name+": "+f.Value)
	}
	section("", "", fields...)
	section("", "", m.Chart)
	section("How it came to be", "- ", m.Story...)
	section("What holds them together", "- ", m.Links...)
	section("Keys that took most", "- ", m.Named...)
	section("All keys, timeline, what blocking would do", "    ", m.Commands...)
	section("Observed against expected", "- ", m.Figures...)
	section("Requests to look at", "- ", m.Samples...)
	if m.Query != "" {
		section("Evidence", "    ", strings.Split(m.Query, "\n")...)
	}
	var techniques []string
	for _, t := range m.Techniques {
		techniques = append(techniques, strings.TrimSpace(t.Text+" "+t.URL))
	}
	section("Techniques", "- ", techniques...)
	section("Open the case", "", m.URL)
	section("Open the alert that it became part of", "", m.MergedURL)
	section("-- ", "", m.Foot)
	return b.String()
}
