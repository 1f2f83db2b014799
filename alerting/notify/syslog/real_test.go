package syslog

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// program finds rsyslog. Where it is missing the test says so and goes on
// without; in CI that is a failure.
func program(t *testing.T, tls bool) (path string, ok bool) {
	t.Helper()
	path, err := exec.LookPath("rsyslogd")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/rsyslogd") // not in every PATH
	}
	missing := "rsyslog"
	if err == nil && tls {
		missing = "rsyslog-gnutls"
		if found, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_gtls.so"); len(found) == 0 {
			err = os.ErrNotExist
		}
	}
	if err == nil {
		return path, true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed (see deploy/ci-packages.txt)", missing)
	}
	text := "\n*** NOT TESTED: a real rsyslog (" + missing + " is not installed; see deploy/ci-packages.txt)\n\n"
	fmt.Fprint(os.Stderr, text)
	// go test hides what a test prints unless it fails: a person is told all the same.
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		fmt.Fprint(tty, text)
		_ = tty.Close()
	}
	return "", false
}

// rsyslog is a server that runs until the test ends: raw has the messages as
// they came, parsed what it made of their headers.
type rsyslog struct {
	addr, raw, parsed, conf, path string
	cmd                           *exec.Cmd
}

func newRsyslog(t *testing.T, path, global, module string) *rsyslog {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(addr)
	r := &rsyslog{addr: addr, raw: filepath.Join(dir, "raw"), parsed: filepath.Join(dir, "parsed"), conf: filepath.Join(dir, "rsyslog.conf"), path: path}
	text := `global(workDirectory="` + dir + `" maxMessageSize="8k"` + global + `)
module(load="imtcp"` + module + `)
input(type="imtcp" address="127.0.0.1" port="` + port + `")
template(name="raw" type="string" string="%rawmsg%\n")
template(name="parsed" type="string" string="%syslogfacility-text% %syslogseverity-text% %hostname% %app-name% %msgid% %timereported:::date-rfc3339% %protocol-version%\n")
action(type="omfile" file="` + r.raw + `" template="raw")
action(type="omfile" file="` + r.parsed + `" template="parsed")
`
	if err := os.WriteFile(r.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	r.start(t)
	return r
}

func (r *rsyslog) start(t *testing.T) {
	t.Helper()
	r.cmd = exec.Command(r.path, "-n", "-f", r.conf, "-i", r.conf+".pid")
	var said strings.Builder
	r.cmd.Stdout, r.cmd.Stderr = &said, &said
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "rsyslog listens", func() bool {
		conn, err := net.Dial("tcp", r.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (r *rsyslog) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// lines waits until file has n lines, and returns them.
func lines(t *testing.T, file string, n int) (out []string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s has %d lines", filepath.Base(file), n), func() bool {
		text, err := os.ReadFile(file)
		if err != nil || len(text) == 0 {
			return false
		}
		out = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		return len(out) >= n
	})
	if len(out) != n {
		t.Fatalf("%s has %d lines, want %d", filepath.Base(file), len(out), n)
	}
	return out
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30s", what)
		}
	}
}

// hostileTexts are what an attacker could try to start a record of their own
// with.
var hostileTexts = []string{
	"x\n<129>1 2026-01-01T00:00:00Z evil evil - - - CEF:0|Evil|Evil|1|1|owned|10|act=allowed",
	"x\r\nCEF:0|a|b|c|d|e|10|", "|10|act=allowed cs1=x", `\|10|act=allowed`, `\\`, `a=b c\=d externalId=0`, " 99 <0>",
	"a\x00\x1b[31m\u2028\u2029\u0085", "\xff\xfe\xed\xa0\x80", "𝒳é\u202e", strings.Repeat("=|\\\n", 4000), strings.Repeat("𝒳", 9000),
}

// all are alerts in every state, and with hostile texts.
func all() (out []schemas.Alert) {
	for state := schemas.AlertOpen; state <= schemas.AlertReopened; state++ {
		out = append(out, sample(state))
	}
	for i, text := range hostileTexts {
		a := sample(schemas.AlertState(i % 6))
		a.Title, a.Summary, a.Detector, a.Tenant, a.Entity.Name, a.Outcome = text, text, text, text, text, text
		a.Finding.Query, a.Finding.Model, a.Resolution = text, text, &schemas.Mark{By: text, Comment: text}
		out = append(out, a)
	}
	return out
}

// compare sends everything to r, and holds what rsyslog wrote against what was
// sent.
func compare(t *testing.T, r *rsyslog, cfg Config) {
	t.Helper()
	cfg.Address, cfg.Hostname = r.addr, "gw-1"
	s := sinkTo(t, cfg)
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("check: %v", err)
	}
	var want []string
	for i, a := range all() {
		key := fmt.Sprint("k-", i)
		if _, err := s.Notify(t.Context(), &a, key, ""); err != nil {
			t.Fatalf("alert %d: %v", i, err)
		}
		want = append(want, sent(t, s, &a, key))
	}
	for i, got := range lines(t, r.raw, len(want)) {
		if got != want[i] {
			t.Errorf("line %d is\n%.300q, want\n%.300q", i, got, want[i])
		}
	}
	for i, got := range lines(t, r.parsed, len(want)) {
		a := all()[i]
		if w := "local0 err gw-1 gatehound " + a.State.String() + " 2026-11-20T13:"; !strings.HasPrefix(got, w) && a.State != schemas.AlertResolved || !strings.HasSuffix(got, " 1") {
			t.Errorf("rsyslog read the header of %d as %q, want %q", i, got, w)
		}
	}
}

func TestRealRsyslog(t *testing.T) {
	path, ok := program(t, false)
	if !ok {
		return
	}
	for _, framing := range []string{FramingOctet, FramingNewline} {
		for _, format := range []string{FormatCEF, FormatJSON} {
			t.Run(framing+" "+format, func(t *testing.T) {
				cfg := DefaultConfig()
				cfg.Protocol, cfg.Framing, cfg.Format = ProtocolTCP, framing, format
				compare(t, newRsyslog(t, path, "", ""), cfg)
			})
		}
	}
}

func TestRealRsyslogTLS(t *testing.T) {
	path, ok := program(t, true)
	if !ok {
		return
	}
	dir := certificates(t)
	file := func(name string) string { return filepath.Join(dir, name) }
	r := newRsyslog(t, path, ` defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="`+file("ca.pem")+`" defaultNetstreamDriverCertFile="`+file("cert.pem")+
		`" defaultNetstreamDriverKeyFile="`+file("key.pem")+`"`, ` streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid"`)
	cfg := DefaultConfig()
	cfg.TLS.CAFile, cfg.TLS.CertFile, cfg.TLS.KeyFile = file("ca.pem"), file("cert.pem"), file("key.pem")
	compare(t, r, cfg)
	for name, change := range map[string]func(*Config){
		"without a certificate": func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile = "", "" },
		"nobody is trusted":     func(c *Config) { c.TLS.CAFile = "" },
		"in the clear":          func(c *Config) { c.Protocol, c.TLS = ProtocolTCP, DefaultConfig().TLS },
	} {
		c := cfg
		c.Address = r.addr
		change(&c)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		a := sample(schemas.AlertOpen)
		if _, err := sinkTo(t, c).Notify(ctx, &a, "refused", ""); err == nil || alerting.IsPermanent(err) {
			t.Errorf("%s: got %v, want an error that is retried", name, err)
		}
		cancel()
	}
	lines(t, r.raw, len(all())) // and not one more
}

// A receiver that dies with a message in its hands has not confirmed it.
func TestRealRsyslogDies(t *testing.T) {
	path, ok := program(t, false)
	if !ok {
		return
	}
	r := newRsyslog(t, path, "", "")
	cfg := DefaultConfig()
	cfg.Protocol, cfg.Address = ProtocolTCP, r.addr
	s := sinkTo(t, cfg)
	a := sample(schemas.AlertOpen)
	if err := r.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := s.Notify(ctx, &a, "k", ""); err == nil || err.Error() != "no answer in time" {
		t.Errorf("got %v from a receiver that stands still", err)
	}
	done := make(chan error)
	go func() {
		_, err := s.Notify(t.Context(), &a, "k", "")
		done <- err
	}()
	time.Sleep(100 * time.Millisecond) // it is sent, and waits to be read
	r.kill()
	if err := <-done; err == nil || alerting.IsPermanent(err) {
		t.Errorf("got %v from a receiver that was killed", err)
	}
	if _, err := s.Notify(t.Context(), &a, "k", ""); err == nil || err.Error() != "connection refused" {
		t.Errorf("got %v from nobody", err)
	}
	r.start(t)
	if _, err := s.Notify(t.Context(), &a, "k", ""); err != nil {
		t.Error(err)
	}
	if got := lines(t, r.raw, 1); got[0] != sent(t, s, &a, "k") {
		t.Errorf("got %q", got[0])
	}
}
