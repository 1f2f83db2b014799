package email

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http/httptest"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// exim finds a real mail server. Where it is missing, or we are not root, the test
// says so and goes on without; in CI that is a failure.
func exim(t *testing.T) (path string, ok bool) {
	t.Helper()
	why := "exim4 is not installed; see deploy/ci-packages.txt"
	for _, name := range []string{"exim4", "/usr/sbin/exim4"} {
		if path, err := exec.LookPath(name); err == nil {
			if os.Geteuid() == 0 {
				return path, true
			}
			why = "exim4 takes connections for root alone"
		}
	}
	const what = "e-mail through a real server"
	if os.Getenv("CI") == "true" {
		t.Fatalf("not tested: %s (%s)", what, why)
	}
	missing := fmt.Sprintf("\n*** NOT TESTED: %s (%s)\n\n", what, why)
	fmt.Fprint(os.Stderr, missing)
	// go test hides what a test prints unless it fails: a person is told all the same.
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		fmt.Fprint(tty, missing)
		_ = tty.Close()
	}
	return "", false
}

// eximConf is a server that takes mail of who has logged in over TLS, into a
// folder; "later" is deferred and "nobody" is not known.
var eximConf = template.Must(template.New("exim").Parse(`
primary_hostname = mail.example
spool_directory = {{.Dir}}/spool
log_file_path = {{.Dir}}/log-%s
pid_file_path = {{.Dir}}/pid
tls_advertise_hosts = *
tls_certificate = {{.Dir}}/cert.pem
tls_privatekey = {{.Dir}}/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
deliver_drop_privilege = true
begin acl
rcpt:
  deny message = unknown
    local_parts = nobody
  defer message = later
    local_parts = later
  accept authenticated = *
  deny message = relay
begin routers
all:
  driver = accept
  transport = folder
begin transports
folder:
  driver = appendfile
  directory = {{.Dir}}/mail
  maildir_format
  envelope_to_add
begin authenticators
{{if eq .Mechanism "PLAIN"}}plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{ {eq{$auth2}{gatehound}}{eq{$auth3}{s3cret} } } }
  server_set_id = $auth2
{{else}}login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{ {eq{$auth1}{gatehound}}{eq{$auth2}{s3cret} } } }
  server_set_id = $auth1
{{end}}`))

// server is a mail server of the test's own.
type server struct {
	Dir           string
	Port, TLSPort int
	Mechanism     string
	ca            string
}

func startExim(t *testing.T, path, mechanism string) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "gatehound-exim-") // t.TempDir lies in one that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &server{Dir: dir, Mechanism: mechanism}
	cert, key, _ := serverCert(t)
	s.ca = filepath.Join(s.Dir, "cert.pem")
	var conf bytes.Buffer
	if err := eximConf.Execute(&conf, s); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "exim.conf": conf.Bytes()} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".", "spool", "mail"} {
		dir := filepath.Join(s.Dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if u, err := user.Lookup("Debian-exim"); err == nil { // it does not stay root
			uid, _ := strconv.Atoi(u.Uid)
			if err := os.Chown(dir, uid, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Port = s.listen(t, path, "-bs")
	s.TLSPort = s.listen(t, path, "-bs", "-tls-on-connect")
	return s
}

// listen starts Exim for every connection, as inetd does, so that it ends with the
// test.
func (s *server) listen(t *testing.T, path string, args ...string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			file, err := conn.(*net.TCPConn).File()
			_ = conn.Close() // file is another one
			if err != nil {
				t.Error(err)
				continue
			}
			cmd := exec.Command(path, append([]string{"-C", filepath.Join(s.Dir, "exim.conf")}, args...)...)
			cmd.Stdin, cmd.Stdout = file, file
			all.Go(func() {
				_ = cmd.Run() // its log says what was wrong
				_ = file.Close()
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().(*net.TCPAddr).Port
}

// mails waits for n mails and returns them by the recipient that they came for.
func (s *server) mails(t *testing.T, n int) map[string]*mail.Message {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(s.Dir, "mail/new/*"))
		if len(files) >= n {
			out := make(map[string]*mail.Message)
			for _, name := range files {
				raw, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				msg, err := mail.ReadMessage(bytes.NewReader(raw))
				if err != nil {
					t.Fatal(err)
				}
				out[msg.Header.Get("Envelope-To")] = msg
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			return out
		}
		if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log-main"))
			t.Fatalf("%d mails of %d arrived; the log:\n%s", len(files), n, log)
		}
	}
}

func (s *server) sink(t *testing.T, edit func(*Config)) *Sink {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Host, cfg.Port = "127.0.0.1", s.Port
	cfg.Username, cfg.Password = "gatehound", "s3cret"
	cfg.From, cfg.To, cfg.Cc = "Gatehound <gatehound@example.com>", []string{"oncall@example.com"}, []string{"Ana Ü <ana@example.com>"}
	cfg.TLS.CAFile = s.ca
	if edit != nil {
		edit(&cfg)
	}
	sink, err := New("mail", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return sink
}

// TestARealServer sends through Exim as Debian has it.
func TestARealServer(t *testing.T) {
	path, ok := exim(t)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	plain, login := startExim(t, path, "PLAIN"), startExim(t, path, "LOGIN")

	t.Run("a thread", func(t *testing.T) {
		var ids, roots []string
		for _, key := range []string{"k-1", "k-1", "k-2"} { // the second is an attempt that is repeated
			a := alert(schemas.AlertOpen)
			if ref, err := plain.sink(t, nil).Notify(ctx, a, key, ""); err != nil || ref != "" {
				t.Fatalf("got %q, %v", ref, err)
			}
			got := plain.mails(t, 2)
			for _, to := range []string{"oncall@example.com", "ana@example.com"} {
				msg := got[to]
				if msg == nil {
					t.Fatalf("nothing came for %s: %v", to, got)
				}
				if msg.Header.Get("Return-Path") != "" || !strings.Contains(msg.Header.Get("Received"), "esmtpsa") {
					t.Errorf("it was not sent with TLS and a login: %v", msg.Header)
				}
			}
			h := got["oncall@example.com"].Header
			if cc, err := h.AddressList("Cc"); err != nil || cc[0].Name != "Ana Ü" {
				t.Errorf("Cc is %v, %v", cc, err)
			}
			ids, roots = append(ids, h.Get("Message-Id")), append(roots, h.Get("References"))
		}
		if ids[0] != ids[1] || ids[1] == ids[2] || len(slices.Compact(roots)) != 1 {
			t.Errorf("the ids are %v, the roots %v", ids, roots)
		}
	})
	t.Run("ways in", func(t *testing.T) {
		for name, sink := range map[string]*Sink{
			"STARTTLS and LOGIN": login.sink(t, nil),
			"TLS and PLAIN":      plain.sink(t, func(c *Config) { c.Encryption, c.Port = TLS, plain.TLSPort }),
		} {
			if err := sink.Check(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := sink.Notify(ctx, alert(schemas.AlertResolved), "k", ""); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		plain.mails(t, 2)
		login.mails(t, 2)
	})
	t.Run("refusals", func(t *testing.T) {
		for _, c := range []struct {
			name      string
			edit      func(*Config)
			want      string
			permanent bool
			arrive    int
		}{
			{"a wrong password", func(c *Config) { c.Password = "wrong" }, "smtp: AUTH: answer 535", true, 0},
			{"an unknown receiver", func(c *Config) { c.To, c.Cc = []string{"nobody@example.com"}, nil }, "smtp: RCPT: answer 550", true, 0},
			{"a deferred receiver", func(c *Config) { c.To, c.Cc = []string{"later@example.com"}, nil }, "smtp: RCPT: answer 451", false, 0},
			{"one of two unknown", func(c *Config) { c.Cc = []string{"nobody@example.com"} }, "smtp: 1 of 2 receivers refused", true, 1},
			{"one of two deferred", func(c *Config) { c.Cc = []string{"later@example.com"} }, "smtp: 1 of 2 receivers refused", false, 1},
			{"no login", func(c *Config) { c.Username, c.Password = "", "" }, "smtp: RCPT: answer 550", true, 0},
			{"not trusted", func(c *Config) { c.TLS.CAFile = "" }, "smtp: STARTTLS: the receiver's certificate is not trusted", false, 0},
			{"another name", func(c *Config) { c.Host = "localhost" }, "smtp: STARTTLS: the receiver's certificate is not trusted", false, 0},
			{"TLS where it is not", func(c *Config) { c.Encryption = TLS }, "smtp: TLS: the receiver does not speak TLS", false, 0},
		} {
			_, err := plain.sink(t, c.edit).Notify(ctx, alert(schemas.AlertOpen), "k", "")
			if err == nil || err.Error() != c.want || alerting.IsPermanent(err) != c.permanent {
				t.Errorf("%s: got %v (permanent: %v), want %q", c.name, err, alerting.IsPermanent(err), c.want)
			}
			if c.arrive > 0 {
				plain.mails(t, c.arrive)
			}
		}
	})
	if files, _ := filepath.Glob(filepath.Join(plain.Dir, "mail/new/*")); len(files) != 0 {
		t.Errorf("%d mails more arrived", len(files))
	}
}

// serverCert returns a certificate for 127.0.0.1 and its key in PEM.
func serverCert(t *testing.T) (cert, key []byte, srv *httptest.Server) {
	t.Helper()
	srv = httptest.NewTLSServer(nil)
	t.Cleanup(srv.Close)
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	return cert, keyPEM(t, srv.TLS.Certificates[0].PrivateKey), srv
}
