package notify_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/alerting/notify/syslog"
	"github.com/gatehound/gatehound/schemas"
)

func syslogMembers() []*member {
	options := func(addr, format, framing string) map[string]any {
		return map[string]any{"address": addr, "protocol": "tcp", "format": format, "framing": framing, "hostname": "gw-1"}
	}
	make := func(name, format, framing string, states map[string]string, harmless func(*testing.T, request)) *member {
		return &member{
			name: name, kind: "syslog", states: states, harmless: harmless,
			local: func(t *testing.T, a *schemas.Alert, key string) []request {
				got := receiveSyslog(t, func(addr string) {
					if ref, err := build(t, "syslog", options(addr, format, framing)).Notify(t.Context(), a, key, ""); err != nil || ref != "" {
						t.Fatalf("got %q, %v", ref, err)
					}
				})
				return []request{{key: syslogKey(t, format, got), body: got}}
			},
			suite: conformStream(stream{
				options: func(addr string) map[string]any { return options(addr, format, framing) },
				secure: func(addr string, files map[string]any) map[string]any {
					o := options(addr, format, framing)
					o["protocol"], o["tls"] = "tls", files
					return o
				},
				serve: func(t *testing.T, conf *tls.Config) string {
					return accept(t, conf, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
				},
			}),
		}
	}
	return []*member{
		make("cef", "cef", "octet", stateNames(" act=%s "), harmlessCEF),
		make("json", "json", "newline", stateNames(`"gatehound.alert.%s"`), func(t *testing.T, r request) {
			head := syslogHead.Find(r.body)
			if head == nil {
				t.Fatalf("there is no header: %.200q", r.body)
			}
			harmlessJSON(t, request{body: r.body[len(head):]})
		}),
	}
}

// receiveSyslog runs a receiver that takes one connection, and returns the
// message that came over it.
func receiveSyslog(t *testing.T, send func(addr string)) []byte {
	t.Helper()
	raw := make(chan []byte, 1)
	addr := accept(t, nil, func(conn net.Conn) {
		b, err := io.ReadAll(conn)
		if err != nil {
			t.Error(err)
		}
		raw <- b
	})
	send(addr)
	return unframe(t, <-raw)
}

// unframe returns the one message of what came over a connection.
func unframe(t *testing.T, raw []byte) []byte {
	t.Helper()
	if raw[0] == '<' {
		msg, ok := strings.CutSuffix(string(raw), "\n")
		if !ok || strings.Contains(msg, "\n") {
			t.Errorf("not one message: %q", raw)
		}
		return []byte(msg)
	}
	r := bufio.NewReader(strings.NewReader(string(raw)))
	length, err := r.ReadString(' ')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(length))
	rest, _ := io.ReadAll(r)
	if err != nil || len(rest) != n {
		t.Fatalf("the length is %q, the message has %d bytes", length, len(rest))
	}
	return rest
}

var (
	syslogHead  = regexp.MustCompile(`^<1(2[89]|3[0-9])>1 2026-11-20T1[0-9]:\d\d:\d\d\.\d{3}Z gw-1 gatehound - [a-z]+ - `)
	cefKey      = regexp.MustCompile(` flexString1=(.*?) flexString1Label=`)
	cefField    = regexp.MustCompile(`(?:^| )([A-Za-z0-9]+)=`)
	cefOwnKeys  = []string{"act", "c6a2", "c6a2Label", "cat", "cnt", "deviceExternalId", "dhost", "end", "externalId", "msg", "outcome", "reason", "request", "rt", "src", "start", "suser"}
	cefEscapes  = regexp.MustCompile(`\\[\\|=]`)
	cefCustomed = regexp.MustCompile(`^(cs[1-6]|cn[1-3]|flexString[12])(Label)?$`)
)

func syslogKey(t *testing.T, format string, msg []byte) string {
	t.Helper()
	if format == "cef" {
		if m := cefKey.FindSubmatch(msg); m != nil {
			return string(m[1])
		}
		return ""
	}
	m := regexp.MustCompile(`"key":"([^"]*)"`).FindSubmatch(msg)
	if m == nil {
		t.Fatalf("there is no key in %.200q", msg)
	}
	return string(m[1])
}

// harmlessCEF: the message is one line, and its record has the fields that are
// ours and no others.
func harmlessCEF(t *testing.T, r request) {
	t.Helper()
	msg := string(r.body)
	visible(t, "the message", msg)
	head := syslogHead.FindString(msg)
	if head == "" {
		t.Fatalf("there is no header: %.200q", msg)
	}
	record := cefEscapes.ReplaceAllString(msg[len(head):], "")
	fields := strings.SplitN(record, "|", 8)
	if len(fields) != 8 || fields[0] != "CEF:0" || fields[1] != "Gatehound" || !slices.Contains([]string{"2", "4", "6", "8", "10"}, fields[6]) {
		t.Fatalf("the record is %.300q", record)
	}
	if strings.ContainsAny(msg, "\n\r") || strings.Contains(record, `\`) || len(msg) > syslog.DefaultConfig().MaxBytes {
		t.Errorf("the record has %d bytes, or something that is not escaped: %.300q", len(msg), record)
	}
	seen := map[string]bool{}
	for _, m := range cefField.FindAllStringSubmatch(fields[7], -1) {
		if seen[m[1]] || !slices.Contains(cefOwnKeys, m[1]) && !cefCustomed.MatchString(m[1]) {
			t.Errorf("the field %s is there twice, or not ours: %.300q", m[1], record)
		}
		seen[m[1]] = true
	}
	for _, want := range []string{"act", "cnt", "rt", "start", "end"} {
		if !seen[want] {
			t.Errorf("there is no %s among %q", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}
