package email

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// parts takes a mail apart: its header, its text and its HTML.
func parts(t *testing.T, raw []byte) (h mail.Header, text, html string) {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(msg.Body, params["boundary"])
	var out []string
	for {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
	if len(out) != 2 {
		t.Fatalf("there are %d parts", len(out))
	}
	return msg.Header, out[0], out[1]
}

func compose(t *testing.T, a *schemas.Alert, key string) []byte {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Host, cfg.From, cfg.To = "mail.example", "Gatehound <gatehound@example.com>", []string{"oncall@example.com"}
	s, err := New("mail", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := words.Of(a, key)
	raw, err := s.compose(a, &m, key, noon)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func subject(t *testing.T, h mail.Header) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What a mail says, once in full.
func TestMail(t *testing.T) {
	a := alert(schemas.AlertResolved)
	a.Outcome, a.Summary = "Two keys were found at www.evil.example; write to x@evil.example.", "See https://evil.example/<b>."
	h, text, html := parts(t, compose(t, a, "k-1"))
	if got := subject(t, h); got != "[Gatehound] ✅ RESOLVED after 1 h · Key guessing from one network" {
		t.Errorf("the subject is %q", got)
	}
	for name, want := range map[string]string{
		"From": `"Gatehound" <gatehound@example.com>`, "To": "<oncall@example.com>", "Auto-Submitted": "auto-generated",
		"X-Gatehound-Alert": a.ID, "X-Gatehound-Notification": "k-1", "X-Gatehound-State": "resolved", "X-Gatehound-Severity": "high",
		"Date": "Fri, 20 Nov 2026 12:00:00 +0000",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	want := `✅ RESOLVED after 1 h · Key guessing from one network

See https[:]//evil.example/<b>.

Two keys were found at www[.]evil.example; write to x＠evil.example.

First seen: 2026-11-20 12:00:00 UTC
Last seen: 2026-11-20 13:00:00 UTC
So far: 3 findings, 2,400 events
Who: address: 198.51.100.7
Detector: authfail.key_guessing
Confidence: 88 %
Tenant: acme

▁▁▁█▁▁ peak 900 in 10 min, 12:00 to 13:00 UTC

Observed against expected
- distinct keys: 2300 against 3 keys

Requests to look at
- req-7f3a

Evidence
    SELECT count() FROM events
    WHERE status >= 400 AND path = '</pre><script>'

Techniques
- T1110.003 Password Spraying https://attack.mitre.org/techniques/T1110/003/

Open the case
https://cases.example/fedcba9876543210fedcba9876543210

-- 
alert fedcba9876543210fedcba9876543210 · notification k-1
`
	if text != want {
		t.Errorf("the text is\n%s\nwant\n%s", text, want)
	}
	for _, want := range []string{"<h2 style=\"margin:4px 0;font-size:18px\">Key guessing from one network</h2>", "color:#1a7f37",
		"<p>See https[:]//evil.example/&lt;b&gt;.</p>", "&lt;/pre&gt;&lt;script&gt;", `<a href="https://cases.example/fedcba9876543210fedcba9876543210">Open the case</a>`,
		`<a href="https://attack.mitre.org/techniques/T1110/003/">T1110.003 Password Spraying</a>`, "<li>distinct keys: 2300 against 3 keys</li>"} {
		if !strings.Contains(html, want) {
			t.Errorf("the HTML lacks %q:\n%s", want, html)
		}
	}
	if strings.Contains(html, "ZgotmplZ") || strings.Contains(html, "<script") || strings.Contains(html, "How it came to be") {
		t.Errorf("the HTML is\n%s", html)
	}
}

// The same notification is the same mail but for its date; another one of the same
// alert has the same root.
func TestIDs(t *testing.T) {
	a := alert(schemas.AlertOpen)
	first, again, next := compose(t, a, "k-1"), compose(t, a, "k-1"), compose(t, a, "k-2")
	if !bytes.Equal(first, again) {
		t.Error("a repeated attempt is another mail")
	}
	h1, _, _ := parts(t, first)
	h2, _, _ := parts(t, next)
	if h1.Get("Message-Id") == h2.Get("Message-Id") || h1.Get("References") != h2.Get("References") || h1.Get("In-Reply-To") != h1.Get("References") {
		t.Errorf("got %v and %v", h1, h2)
	}
	a.ID = "another"
	if h3, _, _ := parts(t, compose(t, a, "k-1")); h3.Get("References") == h1.Get("References") {
		t.Error("another alert has the same root")
	}
}

func TestConfig(t *testing.T) {
	for want, edit := range map[string]func(*Config){
		"host: want":               func(c *Config) { c.Host = "mail.example\r\nX" },
		"port is 70000":            func(c *Config) { c.Port = 70000 },
		"encryption: want":         func(c *Config) { c.Encryption = "ssl" },
		"is \"none\" to another":   func(c *Config) { c.Encryption = None },
		"not sent in the clear":    func(c *Config) { c.Encryption, c.AllowPlain, c.Username, c.Password = None, true, "u", "hidden" },
		"subject_prefix has 51":    func(c *Config) { c.SubjectPrefix = strings.Repeat("x", 51) },
		"hello: want":              func(c *Config) { c.Hello = "a b" },
		"to is empty":              func(c *Config) { c.To = nil },
		"have 51 addresses":        func(c *Config) { c.Cc = make([]string, 50) },
		"username and password":    func(c *Config) { c.Username = "u" },
		"password, password_file":  func(c *Config) { c.Username, c.Password, c.PasswordEnv = "u", "hidden", "X" },
		"password is empty":        func(c *Config) { c.Username, c.PasswordEnv = "u", "EMAIL_TEST_ABSENT" },
		"from is no e-mail":        func(c *Config) { c.From = "gatehound" },
		"to[1] is no e-mail":       func(c *Config) { c.To = append(c.To, "a@b.example\r\nBcc: hidden@example.com") },
		"cc[0] is no e-mail":       func(c *Config) { c.Cc = []string{"ü@example.com"} },
		"tls.cert_file":            func(c *Config) { c.TLS.CertFile = "x" },
		"read tls.ca_file":         func(c *Config) { c.TLS.CAFile = "/absent" },
		"cc[0] is no e-mail addre": func(c *Config) { c.Cc = []string{`"a b"@example.com`} },
	} {
		cfg := DefaultConfig()
		cfg.Host, cfg.From, cfg.To = "mail.example", "gatehound@example.com", []string{"oncall@example.com"}
		edit(&cfg)
		if _, err := New("mail", &cfg); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for port, edit := range map[int]func(*Config){587: func(*Config) {}, 465: func(c *Config) { c.Encryption = TLS },
		25: func(c *Config) { c.Encryption = None }, 2525: func(c *Config) { c.Port = 2525 }} {
		cfg := DefaultConfig()
		edit(&cfg)
		if cfg.port() != port {
			t.Errorf("the port is %d, want %d", cfg.port(), port)
		}
	}
}

// FuzzCompose holds that nothing of an alert becomes a header, a part or a tag.
func FuzzCompose(f *testing.F) {
	f.Add("a\r\nBcc: x@evil.example\r\n\r\n<script>", "k\r\n--gatehound")
	f.Add(strings.Repeat("é\n", 3000), "")
	f.Fuzz(func(t *testing.T, s, key string) {
		a := alert(schemas.AlertResolved)
		a.ID, a.Title, a.Summary, a.Outcome, a.Tenant, a.URL, a.Finding.Query = s, s, s, s, s, s, s
		a.Finding.Samples = []string{s}
		h, _, html := parts(t, compose(t, a, key))
		for name, values := range h {
			if len(values) != 1 || strings.HasPrefix(name, "Bcc") {
				t.Errorf("the header is %v", h)
			}
		}
		for _, tag := range []string{"<script", "<img", "<iframe", "<svg", "<form"} {
			if strings.Contains(html, tag) {
				t.Errorf("the HTML has %s", tag)
			}
		}
		subject(t, h)
	})
}
