package neutral

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

func TestMarked(t *testing.T) {
	a := schemas.Alert{Title: "a\nb"}
	if Marked(&a) != &a || Title(&a, 10) != "a b" {
		t.Error("an alert is marked that is no test")
	}
	a.Test = true
	m := Marked(&a)
	if m.Title != "TEST: a\nb" || a.Title != "a\nb" || Title(&a, 100) != "TEST: a b" {
		t.Errorf("got %q and %q", m.Title, a.Title)
	}
	if Marked(m) != m {
		t.Error("a mark is repeated")
	}
	if got := Title(&a, 4); got != "TES…" {
		t.Errorf("got %q", got)
	}
}

func TestMoment(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("x", 3600))
	later, latest := at.Add(time.Hour), at.Add(2*time.Hour)
	for name, c := range map[string]struct {
		alert schemas.Alert
		want  time.Time
	}{
		"seen":         {schemas.Alert{LastSeen: at}, at},
		"detected":     {schemas.Alert{LastSeen: at, Finding: schemas.Finding{Detected: later}}, later},
		"resolved":     {schemas.Alert{State: schemas.AlertResolved, LastSeen: at, Resolution: &schemas.Mark{At: latest}}, latest},
		"by nobody":    {schemas.Alert{State: schemas.AlertResolved, LastSeen: at}, at},
		"acknowledged": {schemas.Alert{State: schemas.AlertAcknowledged, LastSeen: at, Acknowledged: &schemas.Mark{At: later}}, later},
		"goes on":      {schemas.Alert{State: schemas.AlertUpdated, LastSeen: latest, Acknowledged: &schemas.Mark{At: later}}, latest},
	} {
		if got := Moment(&c.alert); !got.Equal(c.want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestWithin(t *testing.T) {
	id := "fedcba9876543210fedcba9876543210/12345"
	doc := map[string]any{
		"id": id, "at": "2026-11-20T12:00:00.123456789+01:00", "n": 12345678901234567, "f": 0.25, "b": true, "z": nil,
		"text": strings.Repeat("<&> \u202e", 5000), "list": []any{},
	}
	for range 100 {
		doc["list"] = append(doc["list"].([]any), map[string]any{"id": id, "text": strings.Repeat("𝒳 ", 500)})
	}
	last := math.MaxInt
	for _, limit := range []int{1 << 20, 200_000, 60_000, 10_000, 2_000, 600} {
		out, err := Within(doc, limit)
		if err != nil {
			t.Fatalf("%d: %v", limit, err)
		}
		var got map[string]any
		if err := json.Unmarshal(out, &got); err != nil || !utf8.Valid(out) || len(out) > limit || len(out) > last {
			t.Errorf("%d: %v, %d bytes", limit, err, len(out))
		}
		last = len(out)
		if got["id"] != id || got["at"] != doc["at"] || got["f"] != 0.25 || got["b"] != true || !strings.Contains(string(out), "12345678901234567") {
			t.Errorf("%d: got %.300s", limit, out)
		}
		if strings.ContainsRune(string(out), '\u202e') {
			t.Errorf("%d: it acts on a viewer", limit)
		}
	}
	if _, err := Within(doc, 100); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if _, err := Within(math.NaN(), 100); err == nil || errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func FuzzWithin(f *testing.F) {
	f.Add([]byte(`{"id":"fedcba9876543210","t":"<\u202e>","l":[1,2,{"a":null}]}`), 64)
	f.Fuzz(func(t *testing.T, raw []byte, limit int) {
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return
		}
		limit = 16 + limit&0xffff
		out, err := Within(v, limit)
		if err != nil {
			return
		}
		if len(out) > limit || !json.Valid(out) {
			t.Errorf("%d bytes of at most %d: %.200s", len(out), limit, out)
		}
	})
}

func TestSigned(t *testing.T) {
	at := time.Date(2026, 11, 20, 13, 0, 0, 0, time.FixedZone("x", 3600))
	for want, m := range map[string]*schemas.Mark{
		"":                             nil,
		"Gatehound at 12:00: over":     {At: at, Comment: "over"},
		"al ice at 12:00: on it, now":  {At: at, By: "al\nice", Comment: "on it,\nnow"},
		"alice at 12:00: on it, or n…": {At: at, By: "alice", Comment: "on it, or nearly so"},
	} {
		if got := Signed(m, "15:04", 28); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	long := &schemas.Mark{By: strings.Repeat("x", 5000), At: at, Comment: "why"}
	if got := Signed(long, "15:04", 1000); !strings.HasSuffix(got, "… at 12:00: why") {
		t.Errorf("a long name hides the rest: %q", got)
	}
}

func TestIsLink(t *testing.T) {
	for s, want := range map[string]bool{
		"https://cases.example/1?a=(b)": true, "http://10.0.0.1:8080/x": true,
		"": false, "javascript:alert(1)": false, "https:///x": false, "//cases.example": false, "https://a.example/\n": false,
		"https://a.example/\u202e": false, "https://a.example/" + strings.Repeat("x", 100): false,
	} {
		if got := IsLink(s, 60); got != want {
			t.Errorf("%.40q: got %v", s, got)
		}
	}
}
