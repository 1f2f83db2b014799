package stdout

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

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

func TestConfig(t *testing.T) {
	for stream, want := range map[string]*os.File{"stdout": os.Stdout, "stderr": os.Stderr} {
		s, err := New("out", &Config{Stream: stream})
		if err != nil || s.to != want || s.Name() != "out" {
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
