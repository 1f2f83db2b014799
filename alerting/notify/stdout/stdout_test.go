package stdout

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func TestLines(t *testing.T) {
	var out bytes.Buffer
	s := NewWriter("out", &out)
	want := []schemas.Alert{{ID: "a", Title: "one\nline\x1b[0m\u009b\u202e😀\U000e0041"}, {ID: "b", State: schemas.AlertResolved}}
	for i := range want {
		if ref, err := s.Notify(context.Background(), &want[i], "k", ""); err != nil || ref != "" {
			t.Fatalf("got %q, %v", ref, err)
		}
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	for i, l := range lines {
		var got schemas.Alert
		if err := json.Unmarshal([]byte(l), &got); err != nil || got.ID != want[i].ID || got.Title != want[i].Title || got.State != want[i].State {
			t.Errorf("line %d means %+v, %v", i, got, err)
		}
	}
	if strings.ContainsAny(lines[0], "\x1b\u009b\u202e\U000e0041") || !strings.Contains(lines[0], "😀") {
		t.Errorf("the line acts on a terminal, or hides what it need not: %q", lines[0])
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("write /dev/stdout: secret") }

func TestErrors(t *testing.T) {
	s := NewWriter("out", broken{})
	if _, err := s.Notify(context.Background(), &schemas.Alert{}, "k", ""); err == nil || alerting.IsPermanent(err) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v for a stream that is broken", err)
	}
	if _, err := s.Notify(context.Background(), &schemas.Alert{Confidence: math.Inf(1)}, "k", ""); !alerting.IsPermanent(err) {
		t.Errorf("got %v for what JSON cannot say", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Notify(ctx, &schemas.Alert{}, "k", ""); err == nil {
		t.Error("wrote after the stop")
	}
}

// A reader that has stopped holds up neither the caller nor, once it goes on,
// the order of the lines.
func TestSlowReader(t *testing.T) {
	r, w := io.Pipe()
	s := NewWriter("out", w)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for i := range 2 { // the second does not get its turn
		if _, err := s.Notify(ctx, &schemas.Alert{ID: "first"}, "k", ""); err == nil || alerting.IsPermanent(err) {
			t.Errorf("attempt %d: got %v, want an error that is retried", i, err)
		}
	}
	lines := make(chan string)
	go func() {
		for in := bufio.NewScanner(r); in.Scan(); {
			lines <- in.Text()
		}
		close(lines)
	}()
	if line := <-lines; !strings.Contains(line, `"id":"first"`) {
		t.Errorf("got %q", line)
	}
	done := make(chan error)
	go func() {
		_, err := s.Notify(t.Context(), &schemas.Alert{ID: "second"}, "k", "")
		done <- err
	}()
	if line := <-lines; !strings.Contains(line, `"id":"second"`) {
		t.Errorf("got %q", line)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = w.Close()
	if line, more := <-lines; more {
		t.Errorf("there is also %q", line)
	}
}

func TestMain(m *testing.M) {
	if os.Getenv("STDOUT_TEST_CHILD") != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// child writes to its standard output until that fails, and tells how.
func child() {
	cfg := DefaultConfig()
	s, err := New("out", &cfg)
	for n := 0; err == nil && n < 1000; n++ {
		_, err = s.Notify(context.Background(), &schemas.Alert{ID: "a", Summary: strings.Repeat("x", 1000)}, "k", "")
	}
	fmt.Fprintln(os.Stderr, "survived:", err, alerting.IsPermanent(err))
}

// The end of who reads the output is not the end of Gatehound.
func TestClosedPipe(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STDOUT_TEST_CHILD=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReaderSize(out, 16).ReadString('{')
	if err != nil || line != "{" {
		t.Errorf("read %q, %v", line, err)
	}
	_ = out.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if got := strings.TrimSpace(stderr.String()); got != "survived: the stream does not take it false" {
		t.Errorf("it said %q", got)
	}
}

func TestTestsAreMarked(t *testing.T) {
	var out bytes.Buffer
	a := schemas.Alert{Title: "x", Test: true}
	if _, err := NewWriter("out", &out).Notify(t.Context(), &a, "k", ""); err != nil || !strings.Contains(out.String(), `"title":"TEST: x"`) {
		t.Errorf("got %s, %v", out.String(), err)
	}
}

func TestConfig(t *testing.T) {
	for stream, want := range map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr} {
		s, err := New("out", &Config{Stream: stream})
		if err != nil || s.to.(*os.File).Name() != want.Name() || s.Name() != "out" || s.Check(t.Context()) != nil {
			t.Errorf("%s: %v", stream, err)
		}
	}
	if _, err := New("out", &Config{Stream: "/etc/passwd"}); err == nil || !strings.Contains(err.Error(), "stream") {
		t.Errorf("got %v", err)
	}
	if c := DefaultConfig(); c.Validate() != nil {
		t.Error("the defaults are refused")
	}
}
