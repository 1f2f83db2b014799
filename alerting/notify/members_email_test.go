package notify_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

const mailPassword = "not-a-real-password"

func emailMembers() []*member {
	options := func(addr string) map[string]any {
		host, digits, _ := net.SplitHostPort(addr)
		port, _ := strconv.Atoi(digits)
		return map[string]any{"host": host, "port": port, "encryption": "none", "from": "Gatehound <gatehound@example.com>",
			"to": []string{"oncall@example.com", "Ana <ana@example.com>"}, "username": "gatehound", "password": mailPassword}
	}
	return []*member{{
		name: "smtp", kind: "email", harmless: harmlessMail, keyless: true, secrets: []string{mailPassword, "oncall@example.com"},
		states: map[string]string{"open": "high", "updated": "high", "resolved": "resolved after 1 h", "acknowledged": "taken by ana.k",
			"escalated": "escalated", "reopened": "reopened"},
		local: func(t *testing.T, a *schemas.Alert, key string) []request {
			mails := make(chan []byte, 1)
			addr := accept(t, nil, func(conn net.Conn) { talkSMTP(conn, mails) })
			if ref, err := build(t, "email", options(addr)).Notify(t.Context(), a, key, ""); err != nil || ref != "" {
				t.Fatalf("got %q, %v", ref, err)
			}
			return []request{readMail(t, <-mails)}
		},
		suite: conformStream(stream{
			options: options,
			secure: func(addr string, files map[string]any) map[string]any {
				o := maps.Clone(options(addr))
				o["encryption"], o["tls"] = "tls", files
				return o
			},
			serve: func(t *testing.T, conf *tls.Config) string {
				return accept(t, conf, func(conn net.Conn) { talkSMTP(conn, make(chan []byte, 1)) })
			},
		}),
	}}
}

// talkSMTP is a mail server that takes everything.
func talkSMTP(conn net.Conn, mails chan<- []byte) {
	r := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 mail.example ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "EHLO":
			say("250-mail.example")
			say("250-8BITMIME")
			say("250 AUTH PLAIN LOGIN")
		case "AUTH":
			say("235 2.7.0 welcome")
		case "DATA":
			say("354 go on")
			var text bytes.Buffer
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			mails <- text.Bytes()
			say("250 2.0.0 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

var messageID = regexp.MustCompile(`^<[0-9a-f]{32}@example\.com>$`)

// readMail takes a mail apart. Its key is the Message-ID, which follows from that of
// the notification; the body has no Date.
func readMail(t *testing.T, raw []byte) request {
	t.Helper()
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Message-Id", "In-Reply-To", "References"} {
		if id := msg.Header.Get(name); !messageID.MatchString(id) {
			t.Errorf("%s is %q", name, id)
		}
	}
	if msg.Header.Get("Auto-Submitted") != "auto-generated" || len(msg.Header["Subject"]) != 1 || len(msg.Header["To"]) != 1 {
		t.Errorf("the header is %v", msg.Header)
	}
	if _, err := msg.Header.Date(); err != nil {
		t.Error(err)
	}
	for name := range msg.Header {
		if !mailHeaders.MatchString(name) {
			t.Errorf("there is a header %q", name)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		t.Error(err)
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %q, %v", kind, err)
	}
	out := request{key: msg.Header.Get("Message-Id"), form: map[string][]string{"subject": {subject}}}
	out.body = []byte(subject + "\n")
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		out.form[kind] = append(out.form[kind], strings.ReplaceAll(string(text), "\r\n", "\n"))
		out.body = append(out.body, text...)
	}
}

var (
	mailHeaders = regexp.MustCompile(`^(Date|Mime-Version|Message-Id|Subject|From|To|Cc|Content-Type|In-Reply-To|References|Auto-Submitted|X-Auto-Response-Suppress|X-Gatehound-(Alert|Notification|State|Severity))$`)
	mailTag     = regexp.MustCompile(`</?([a-z0-9]+)[^<>]*>`)
	mailLink    = regexp.MustCompile(`(?i)(?:href|src)="([^"]*)"`)
	mailAuto    = regexp.MustCompile(`[a-z]+://[^\s<"]*`)
)

// harmlessMail: nothing of the alert's text is a header, markup or a link.
func harmlessMail(t *testing.T, r request) {
	t.Helper()
	subject, plain, html := r.form.Get("subject"), r.form["text/plain"], r.form["text/html"]
	if len(plain) != 1 || len(html) != 1 {
		t.Fatalf("%d parts of text, %d of HTML", len(plain), len(html))
	}
	visible(t, "the subject", subject)
	visible(t, "the text", plain[0])
	visible(t, "the HTML", html[0])
	if strings.Contains(subject, "\n") || len([]rune(subject)) > 200 || len(r.body) > 256<<10 {
		t.Errorf("the subject is %.300q, the mail has %d bytes", subject, len(r.body))
	}
	for _, m := range mailLink.FindAllStringSubmatch(html[0], -1) {
		if !ownAddress.MatchString(m[1]) {
			t.Errorf("there is a link to %.200q", m[1])
		}
	}
	for _, m := range mailTag.FindAllStringSubmatch(html[0], -1) {
		if !strings.Contains(" html head meta title body div p h2 b table tr td ul li pre a ", " "+m[1]+" ") {
			t.Errorf("there is a tag %q", m[0])
		}
	}
	for _, text := range []string{plain[0], mailTag.ReplaceAllString(html[0], "")} {
		for _, to := range mailAuto.FindAllString(text, -1) {
			if !ownAddress.MatchString(to) {
				t.Errorf("a reader makes a link of %.200q", to)
			}
		}
		if strings.Contains(text, "@") {
			t.Errorf("a reader makes an address of %.200q", text[strings.Index(text, "@"):])
		}
	}
	if strings.Contains(plain[0], "\nINJECTED") {
		t.Error("the text has a line of the attacker's")
	}
}
