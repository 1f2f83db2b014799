package outbound

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
)

func TestSecretDoesNotPrint(t *testing.T) {
	s := struct {
		A Secret
		B *Source
	}{"hunter2", &Source{Value: "hunter2"}}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s.A, "all", s)
	doc, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), string(doc), fmt.Sprint(s.A, s), fmt.Sprintf("%v %+v %#v %s %q %x", s.A, s, s, s.A, s.A, s.A), fmt.Sprintf("%+v", *s.B)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
			t.Errorf("a secret is printed: %s", text)
		}
	}
}

// TestSecretThatIsNotSet stays so through settings that are written and read.
func TestSecretThatIsNotSet(t *testing.T) {
	doc, err := json.Marshal(struct{ A, B Secret }{B: "hunter2"})
	if err != nil || string(doc) != `{"A":"","B":"[secret]"}` {
		t.Errorf("got %s, %v", doc, err)
	}
}

func TestSource(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("OUTBOUND_TEST", " from env ")
	for _, c := range []struct {
		name   string
		source Source
		want   string
		bad    string
	}{
		{"value", Source{Value: "v"}, "v", ""},
		{"file", Source{File: file("a", "from file\n")}, "from file", ""},
		{"env", Source{Env: "OUTBOUND_TEST"}, "from env", ""},
		{"none", Source{}, "", ""},
		{"two", Source{Value: "v", Env: "E"}, "", "want one of them"},
		{"empty file", Source{File: file("b", " \n")}, "", "is empty"},
		{"absent file", Source{File: filepath.Join(dir, "absent")}, "", "read token_file"},
		{"long file", Source{File: file("c", strings.Repeat("x", maxSecret+1))}, "", "too long"},
		{"a folder", Source{File: dir}, "", "read token_file"},
		{"absent variable", Source{Env: "OUTBOUND_ABSENT"}, "", "is empty"},
	} {
		got, err := c.source.Read("token")
		if got != c.want || (err != nil) != (c.bad != "") || err != nil && !strings.Contains(err.Error(), c.bad) {
			t.Errorf("%s: got %q, %v; want %q, %q", c.name, got, err, c.want, c.bad)
		}
	}
	if err := (Source{}).Check("token", false); err == nil || !strings.Contains(err.Error(), "token_env") {
		t.Errorf("got %v for a source that is needed", err)
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct {
		url   string
		plain bool
		hosts []string
		good  bool
	}{
		{"https://a.example/x?y=z", false, nil, true},
		{"http://a.example/", true, nil, true},
		{"http://localhost:1/", false, nil, true}, {"http://127.8.9.1/", false, nil, true},
		{"http://[::ffff:127.0.0.1]/", false, nil, true},
		{"https://a.example./", false, []string{"a.example"}, true}, {"https://[fe80::1%25eth0]/", false, nil, false}, {"https://:443/", false, nil, false},
		{"https://[::ffff:169.254.169.254]/", false, nil, false}, {"https://10.0.0.1/", false, nil, false}, {"https://[64:ff9b::a00:1]/", false, nil, false},
		{"http://localhost.evil.example/", false, nil, false}, {"http://10.0.0.1/", false, nil, false},
		{"https://u@a.example/", false, nil, false}, {"file:///etc/passwd", true, nil, false},
		{"gopher://a.example/", true, nil, false}, {"https:a.example", false, nil, false}, {"", false, nil, false},
		{"https://a.example:99999999/\x7f", false, nil, false},
		{"https://A.example/", false, []string{"a.EXAMPLE"}, true}, {"https://b.example/", false, []string{"a.example"}, false},
		{"https://x.a.example/", false, []string{".a.example"}, true}, {"https://a.example/", false, []string{".a.example"}, false},
		{"https://a.example.evil/", false, []string{"a.example", ".a.example"}, false},
	} {
		_, err := (&Config{AllowHTTP: c.plain, AllowedHosts: c.hosts}).URL("url", c.url)
		if (err == nil) != c.good {
			t.Errorf("%s: got %v, want success %v", c.url, err, c.good)
		}
		if err != nil && c.url != "" && strings.Contains(err.Error(), c.url) {
			t.Errorf("the error quotes the URL: %v", err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"5": 5 * time.Second, "": -1, "x": -1, "-1": -1, "1.5": -1, "86401": maxRetryAfter,
		"Fri, 20 Nov 2026 12:00:30 GMT": 30 * time.Second, "Friday, 20-Nov-26 12:01:00 GMT": time.Minute,
		"Fri, 20 Nov 2026 11:00:00 GMT": 0, "Fri, 20 Nov 2099 12:00:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q asks for %v, want %v", s, got, want)
		}
	}
}

func TestCapped(t *testing.T) {
	long := &capped{body: io.NopCloser(strings.NewReader(strings.Repeat("x", maxAnswer+1))), left: maxAnswer}
	if n, err := io.Copy(io.Discard, long); n != maxAnswer || !errors.Is(err, errLong) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	short := &capped{body: io.NopCloser(strings.NewReader("ok")), left: maxAnswer}
	if b, err := io.ReadAll(short); string(b) != "ok" || err != nil {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestClassify(t *testing.T) {
	permanent := func(code int) bool { return code == 410 }
	if Classify(nil, permanent) != nil {
		t.Error("nil became an error")
	}
	in := func(err error) error { return &url.Error{Op: "Post", URL: "https://hidden.example/hidden", Err: err} }
	gone := Classify(in(&StatusError{Code: 410, Wait: time.Second}), permanent)
	if !alerting.IsPermanent(gone) || gone.Error() != "answer 410" {
		t.Errorf("got %v", gone)
	}
	busy := Classify(in(&StatusError{Code: 503, Wait: time.Second}), permanent)
	if d, ok := alerting.RetryAfter(busy); !ok || d != time.Second {
		t.Errorf("got %v", busy)
	}
	for _, err := range []error{in(errors.New("hidden")), in(io.EOF), errors.New("hidden")} {
		if got := Classify(err, permanent); alerting.IsPermanent(got) || strings.Contains(got.Error(), "hidden") {
			t.Errorf("got %v", got)
		}
	}
}
