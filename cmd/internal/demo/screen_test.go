package demo

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden holds what was written against a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

func fixed(columns int) func() int { return func() int { return columns } }

var noon = time.Date(2026, 9, 16, 12, 0, 0, 0, time.UTC)

// alert returns a new alert on one address.
func alert() schemas.Alert {
	return schemas.Alert{
		ID: "a1", State: schemas.AlertOpen, Sequence: 1, Severity: schemas.SeverityHigh, Confidence: 0.93,
		Title: "One address guesses API keys", Detector: "authfail.key_guessing",
		Summary:   "246 different keys were refused to one address within a minute. An address that fails usually repeats one key.",
		Entity:    schemas.Entity{Kind: schemas.EntityAddress, Name: "71.4.9.12/32"},
		FirstSeen: noon, LastSeen: noon.Add(time.Minute), Findings: 1, Events: 246,
		Finding: schemas.Finding{
			Detected: noon.Add(42 * time.Second),
			Query:    "SELECT time, status, credential\nFROM events\nWHERE client = '71.4.9.12' AND time >= '2026-09-16 12:00:00'",
			Features: []schemas.Feature{
				{Name: "failures", Observed: 246, Expected: 12.5, Unit: "requests", Weight: 0.2, Text: "failed requests in the window"},
				{Name: "distinct_keys", Observed: 246, Expected: 5, Unit: "keys", Weight: 0.7, Text: "different keys were tried"},
				{Name: "failure_ratio", Observed: 1, Expected: 0.021, Weight: 0.1},
			},
		},
	}
}

func live() Live {
	l := Live{State: "live", Elapsed: 72 * time.Second, PerSecond: 12345.6, Events: 1234567, Rejects: 3, Lag: 1204, Alerts: 7}
	l.Redacted[schemas.RedactedEmail] = 2011
	l.Redacted[schemas.RedactedAPIKey] = 1004
	l.Redacted[schemas.RedactedPrompt] = 50210
	return l
}

func TestPlainScreen(t *testing.T) {
	var out bytes.Buffer
	s := New(Options{Out: &out, Width: fixed(100), Every: 5 * time.Second})
	require.NoError(t, s.Note("the console is at http://127.0.0.1:8080"))
	l := live()
	require.NoError(t, s.Live(l))
	l.Elapsed += 2 * time.Second
	require.NoError(t, s.Live(l), "too soon: not printed")
	require.NoError(t, s.Alert(alert()))
	a := alert()
	a.State, a.Findings, a.Events = schemas.AlertUpdated, 3, 1500
	require.NoError(t, s.Alert(a))
	a.State = schemas.AlertResolved
	require.NoError(t, s.Alert(a))
	l.Elapsed += 3 * time.Second
	require.NoError(t, s.Live(l))
	l.State = "draining"
	require.NoError(t, s.Live(l), "a new state is printed at once")

	golden(t, "plain", out.Bytes())
	assert.NotContains(t, out.String(), "\r")
	assert.NotContains(t, out.String(), "\x1b")
}

func TestTerminalScreen(t *testing.T) {
	var out bytes.Buffer
	s := New(Options{Out: &out, TTY: true, Color: true, Width: fixed(80)})
	require.NoError(t, s.Live(live()))
	require.NoError(t, s.Alert(alert()))
	golden(t, "terminal", out.Bytes())
	assert.True(t, strings.HasSuffix(out.String(), "\x1b[0m"), "the live line stands at the end, without a line feed")
}

func TestTerminalWithoutColour(t *testing.T) {
	var out bytes.Buffer
	s := New(Options{Out: &out, TTY: true, Width: fixed(80)})
	require.NoError(t, s.Live(live()))
	require.NoError(t, s.Alert(alert()))
	assert.NotContains(t, strings.ReplaceAll(out.String(), "\r\x1b[K", ""), "\x1b", "only lines are cleared")
}

func TestEverySeverityHasItsColour(t *testing.T) {
	seen := map[string]bool{}
	o := Options{Color: true}
	for s := schemas.SeverityInfo; s <= schemas.SeverityCritical; s++ {
		seen[o.paint(styleOf(s), "x")] = true
	}
	assert.Len(t, seen, 5)
	assert.Equal(t, bold, styleOf(99))
	assert.Equal(t, "x", (&Options{}).paint(red, "x"))
	assert.Equal(t, "x", o.paint("", "x"))
}

// lines returns what was written without the sequences of the screen's own.
func lines(out string) []string {
	out = strings.ReplaceAll(out, "\r\x1b[K", "\n")
	for _, own := range []string{"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[33m", "\x1b[1;31m", "\x1b[1;97;41m"} {
		out = strings.ReplaceAll(out, own, "")
	}
	return strings.Split(out, "\n")
}

func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	a := alert()
	a.Title = strings.Repeat("標題 ", 60)
	a.Summary = strings.Repeat("x", 500) + " " + strings.Repeat("word ", 100)
	a.Entity.Name = strings.Repeat("n", 300)
	a.Finding.Features[1].Text = strings.Repeat("because ", 60)
	for _, w := range []int{40, 41, 57, 80, 133} {
		for _, color := range []bool{true, false} {
			var out bytes.Buffer
			s := New(Options{Out: &out, TTY: color, Color: color, Width: fixed(w)})
			require.NoError(t, s.Live(live()))
			require.NoError(t, s.Note(strings.Repeat("note ", 50)))
			for _, a.State = range []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved} {
				require.NoError(t, s.Alert(a))
			}
			_, err := s.Report(t.Context(), report())
			require.NoError(t, err)
			for _, line := range lines(out.String()) {
				assert.LessOrEqual(t, columns(line), w, "%q", line)
			}
		}
	}
}

func TestOddWidthsAreBounded(t *testing.T) {
	for given, want := range map[int]int{-1: 40, 0: 40, 39: 40, 90: 90, 4000: 160} {
		o := Options{Width: fixed(given)}
		assert.Equal(t, want, o.width())
	}
	assert.Equal(t, 100, (&Options{}).width())
}

// hostile is what an attacker would like to write on the terminal: escape
// sequences, both ways to write them, a title, a bell, a carriage return, text
// that runs backwards or hides, and broken UTF-8.
const hostile = "a\x1b[2J\x1b]0;owned\x07b\u009b31mc\rd\x08e\u202ef\u2066g\u200bh\xffi\x00j\u2028k\ufeffl\U000e0041m\u0301\u0301\u0301\u0301n"

func TestHostileTextIsHarmless(t *testing.T) {
	a := alert()
	a.Title, a.Summary, a.Detector = hostile, hostile, hostile
	a.Entity.Name = hostile
	a.Finding.Query = hostile + "\n" + hostile
	for i := range a.Finding.Features {
		f := &a.Finding.Features[i]
		f.Name, f.Text, f.Unit = hostile, hostile, hostile
	}
	a.Finding.Features[0].Text = ""
	for _, tty := range []bool{true, false} {
		var out bytes.Buffer
		s := New(Options{Out: &out, TTY: tty, Color: tty, Width: fixed(100)})
		l := live()
		l.State = hostile
		require.NoError(t, s.Live(l))
		require.NoError(t, s.Note(hostile))
		for _, a.State = range []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved} {
			require.NoError(t, s.Alert(a))
		}
		r := report()
		a.State = schemas.AlertOpen
		r.Alerts = append(told(a), r.Alerts...)
		for i := range r.Plants {
			r.Plants[i].Title = hostile
		}
		r.Evidence = rows(Table{Columns: []string{hostile, "b"}, Rows: [][]string{{hostile, hostile}}})
		_, err := s.Report(t.Context(), r)
		require.NoError(t, err)
		for _, line := range lines(out.String()) {
			assert.Equal(t, clean(line), line, "nothing but printable characters")
			assert.NotContains(t, line, "\u0301\u0301\u0301")
		}
		assert.Contains(t, out.String(), "owned", "the harmless part is shown")
	}
}

func TestErrorsOfTheTerminalAreReturned(t *testing.T) {
	broken := errors.New("pipe is closed")
	s := New(Options{Out: failing{broken}, Width: fixed(80)})
	assert.ErrorIs(t, s.Live(live()), broken)
	assert.ErrorIs(t, s.Alert(alert()), broken)
	assert.ErrorIs(t, s.Note("x"), broken)
	_, err := s.Report(t.Context(), report())
	assert.ErrorIs(t, err, broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestWritesAreWhole lets several goroutines write at once.
func TestWritesAreWhole(t *testing.T) {
	w := &whole{}
	s := New(Options{Out: w, Width: fixed(80), Every: time.Nanosecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				assert.NoError(t, s.Alert(alert()))
				assert.NoError(t, s.Live(live()))
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 200, strings.Count(w.String(), "HIGH  One address guesses API keys\n          address 71.4.9.12/32"))
}

type whole struct{ bytes.Buffer }

func TestTerminalOfAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer f.Close()
	t.Setenv("NO_COLOR", "")
	o := Terminal(f)
	assert.False(t, o.TTY)
	assert.False(t, o.Color)
	assert.Equal(t, defaultWidth, o.Width())
}
