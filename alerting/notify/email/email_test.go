package email

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func alert(state schemas.AlertState) *schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	return &schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", State: state, Sequence: 1, Severity: schemas.SeverityHigh, Confidence: 0.875,
		Title: "Key guessing from one network", Summary: "2,300 keys were tried; 3 are usual.", Detector: "authfail.key_guessing",
		Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "198.51.100.7"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 2400, URL: "https://cases.example/fedcba9876543210fedcba9876543210",
		Finding: schemas.Finding{
			Query:      "SELECT count() FROM events\nWHERE status >= 400 AND path = '</pre><script>'",
			Samples:    []string{"req-7f3a"},
			Features:   []schemas.Feature{{Name: "keys", Observed: 2300, Expected: 3, Unit: "keys", Text: "distinct keys"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.003", Name: "Password Spraying"}},
			Series:     &schemas.Series{Start: at, Step: 600, Counts: []int64{1, 2, 3, 900, 4, 5}},
		},
	}
}

// answers are what a server says to each verb; "" is the connection itself. The
// text "close" closes, "hang" says nothing until the test ends, and "flood" never
// ends to talk.
type answers map[string]string

var proper = answers{
	"": "220 mail.example ESMTP", "EHLO": "250-mail.example\r\n250-PIPELINING\r\n250 8BITMIME", "HELO": "250 mail.example",
	"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 queued as 12", "QUIT": "221 bye", "NOOP": "250 ok", "AUTH": "235 ok",
	"STARTTLS": "220 go on",
}

// fake is a server that says what a test wants.
type fake struct {
	addr string
	mu   sync.Mutex
	seen []string // verbs
	data []string // mails
}

func serve(t *testing.T, say answers, conf *tls.Config) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{addr: l.Addr().String()}
	over := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				f.talk(conn, say, conf, over)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); close(over); all.Wait() })
	return f
}

// reply says a line, and reports whether to go on.
func (say answers) reply(conn net.Conn, verb string, over <-chan struct{}) bool {
	line, ok := say[verb]
	if !ok {
		line = proper[verb]
	}
	switch line {
	case "close":
		return false
	case "hang":
		<-over
		return false
	case "flood":
		for {
			if _, err := conn.Write([]byte(strings.Repeat("250-xyzzy\r\n", 1000))); err != nil {
				return false
			}
		}
	}
	_, err := fmt.Fprintf(conn, "%s\r\n", line)
	return err == nil
}

func (f *fake) talk(conn net.Conn, say answers, conf *tls.Config, over <-chan struct{}) {
	if !say.reply(conn, "", over) {
		return
	}
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " ")
		f.mu.Lock()
		f.seen = append(f.seen, verb)
		f.mu.Unlock()
		if !say.reply(conn, verb, over) {
			return
		}
		switch {
		case verb == "STARTTLS" && conf != nil:
			secure := tls.Server(conn, conf)
			defer secure.Close()
			conn, r = secure, bufio.NewReader(secure)
		case verb == "DATA" && say["DATA"] == "":
			var text strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			f.mu.Lock()
			f.data = append(f.data, text.String())
			f.mu.Unlock()
			if !say.reply(conn, ".", over) {
				return
			}
		}
	}
}

func (f *fake) sink(t *testing.T, edit func(*Config)) *Sink {
	t.Helper()
	host, port, _ := net.SplitHostPort(f.addr)
	cfg := DefaultConfig()
	cfg.Host, cfg.Encryption = host, None
	cfg.Port, _ = strconv.Atoi(port)
	cfg.From, cfg.To = "gatehound@example.com", []string{"oncall@example.com", "ana@example.com"}
	if edit != nil {
		edit(&cfg)
	}
	s, err := New("mail", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryAnswer gives every kind of answer at every step.
func TestEveryAnswer(t *testing.T) {
	const secret = "RECEIVER-SAYS-xyzzy <oncall@example.com>"
	for _, verb := range []string{"", "MAIL", "RCPT", "DATA", "."} {
		for _, code := range []int{200, 299, 354, 400, 421, 450, 451, 452, 454, 499, 500, 501, 503, 521, 535, 550, 552, 554, 599, 600, 999} {
			if verb == "RCPT" && code < 300 || verb == "DATA" && code == 354 || verb == "." && code == 250 {
				continue
			}
			t.Run(fmt.Sprint(verb, " ", code), func(t *testing.T) {
				f := serve(t, answers{verb: fmt.Sprint(code, "-5.1.1 ", secret, "\r\n", code, " more")}, nil)
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				defer cancel()
				ref, err := f.sink(t, nil).Notify(ctx, alert(schemas.AlertOpen), "k", "")
				if err == nil || ref != "" || alerting.IsPermanent(err) != (code/100 == 5) {
					t.Errorf("got %q, %v (permanent: %v)", ref, err, alerting.IsPermanent(err))
				}
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "xyzzy") || strings.Contains(text, "oncall") || len(err.Error()) > 80 {
					t.Errorf("the error quotes the answer: %s", text)
				}
			})
		}
	}
}

// TestBrokenServers: what is no answer is tried again, in time.
func TestBrokenServers(t *testing.T) {
	for _, verb := range []string{"", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		for _, how := range []string{"close", "hang", "flood", "HTTP/1.1 400 xyzzy", "\x00\xff", "250", "25", "250-" + strings.Repeat("x", 1<<20)} {
			if how == "250" && verb != "" && verb != "DATA" {
				continue // it is a proper answer
			}
			t.Run(fmt.Sprintf("%s %.20q", verb, how), func(t *testing.T) {
				t.Parallel()
				f := serve(t, answers{verb: how, "HELO": how}, nil)
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				start := time.Now()
				_, err := f.sink(t, nil).Notify(ctx, alert(schemas.AlertOpen), "k", "")
				if err == nil || alerting.IsPermanent(err) || strings.Contains(err.Error(), "xyzzy") || time.Since(start) > 2*time.Second {
					t.Errorf("got %v after %v", err, time.Since(start))
				}
				if how == "hang" && !strings.HasSuffix(err.Error(), "no answer in time") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

// Once the server has taken the mail, nothing that it does makes it an error.
func TestWhatComesAfterDoesNotCount(t *testing.T) {
	for _, how := range []string{"close", "hang", "flood", "500 no"} {
		f := serve(t, answers{"QUIT": how}, nil)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		start := time.Now()
		if _, err := f.sink(t, nil).Notify(ctx, alert(schemas.AlertOpen), "k", ""); err != nil || time.Since(start) > 3*time.Second {
			t.Errorf("%s: got %v after %v", how, err, time.Since(start))
		}
		cancel()
		if len(f.data) != 1 {
			t.Errorf("%s: %d mails", how, len(f.data))
		}
	}
}

// A server, or who sits before it, that offers no encryption gets neither the alert
// nor the password.
func TestNothingGoesInTheClear(t *testing.T) {
	secure := func(c *Config) { c.Encryption, c.Username, c.Password = StartTLS, "gatehound", "s3cret" }
	cert, _, srv := serverCert(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	offers := "250-mail.example\r\n250-STARTTLS\r\n250 AUTH PLAIN"
	for name, c := range map[string]struct {
		say  answers
		conf *tls.Config
		want string
	}{
		"no STARTTLS":         {answers{"EHLO": "250-mail.example\r\n250 AUTH PLAIN"}, nil, "smtp: the server does not offer STARTTLS"},
		"no EHLO":             {answers{"EHLO": "502 no"}, nil, "smtp: the server does not offer STARTTLS"},
		"STARTTLS is refused": {answers{"EHLO": offers, "STARTTLS": "454 not now"}, nil, "smtp: STARTTLS: answer 454"},
		"no TLS after it":     {answers{"EHLO": offers}, nil, "smtp: STARTTLS: the receiver does not speak TLS"},
		"an old TLS": {answers{"EHLO": offers}, &tls.Config{Certificates: srv.TLS.Certificates, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			"smtp: STARTTLS: the receiver refused the TLS handshake"},
		"no login that we know": {answers{"EHLO": "250-mail.example\r\n250-STARTTLS\r\n250 AUTH CRAM-MD5 PLAINER"}, srv.TLS, "smtp: the server offers neither AUTH PLAIN nor AUTH LOGIN"},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, c.say, c.conf)
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			_, err := f.sink(t, func(c *Config) { secure(c); c.TLS.CAFile = ca }).Notify(ctx, alert(schemas.AlertOpen), "k", "")
			if err == nil || alerting.IsPermanent(err) || err.Error() != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if seen := strings.Join(f.seen, " "); strings.Contains(seen, "AUTH") || strings.Contains(seen, "MAIL") {
				t.Errorf("it went on: %s", seen)
			}
		})
	}
	f := serve(t, answers{"EHLO": offers}, srv.TLS)
	if _, err := f.sink(t, func(c *Config) { secure(c); c.TLS.CAFile = ca }).Notify(t.Context(), alert(schemas.AlertOpen), "k", ""); err != nil {
		t.Errorf("got %v where all is well", err)
	}
}

func TestCheckSendsNothing(t *testing.T) {
	f := serve(t, nil, nil)
	if err := f.sink(t, nil).Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got := strings.Join(f.seen, " "); got != "EHLO NOOP QUIT" {
		t.Errorf("the server saw %s", got)
	}
}
