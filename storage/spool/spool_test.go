package spool

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// testBatch makes batch n, with everything that a batch can hold.
func testBatch(n, events int) *schemas.Batch {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	b := &schemas.Batch{
		Findings: []schemas.Finding{{ID: fmt.Sprint("f", n), Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "x"}, WindowStart: at,
			Features: []schemas.Feature{{Name: "a", Observed: 1}}, Exception: &schemas.Exception{Owner: "o"}}},
		Alerts: []schemas.Alert{{ID: fmt.Sprint("a", n), FirstSeen: at, Sequence: n}},
	}
	for p := range int32(2) {
		part := &schemas.Part{Range: schemas.Range{Topic: "t", Partition: p, First: int64(n * events), Next: int64((n + 1) * events)},
			Rejects: []schemas.Reject{{Stage: "decode", Reason: "syntax", Bytes: int64(n)}},
			Sealed:  []schemas.Sealed{{Position: schemas.Position{Topic: "t", Offset: int64(n)}, Time: at.UnixNano(), Principal: "h1:k2:p", RequestID: "r", KeyID: "k2", Data: []byte{0, 0xff, '\n'}}},
			Aliases: []schemas.Alias{{Old: "h1:k1:a", New: "h1:k2:b", Time: at.UnixNano()}}}
		for i := range events {
			part.Events = append(part.Events, schemas.Event{
				Position: schemas.Position{Topic: "t", Partition: p, Offset: part.Range.First + int64(i)},
				Time:     at.UnixNano() + int64(i), Known: schemas.HasStatus, Status: 401, Principal: "h1:k1:\x00\xff\n",
				Client: netip.MustParseAddr("10.9.8.7"), Cost: 0.25, Redacted: schemas.RedactionCounts{1, 2},
			})
		}
		b.Parts = append(b.Parts, part)
	}
	b.Seal()
	return b
}

// withTrueAddresses gives every event a true client address.
func withTrueAddresses(b *schemas.Batch, addr string) *schemas.Batch {
	for _, p := range b.Parts {
		for i := range p.Events {
			p.Events[i].ClientAddr = netip.MustParseAddr(addr)
			p.Events[i].Subject = "h1:k0:subject"
		}
	}
	return b
}

func testSpool(t *testing.T, dir string, max int64) (*Spool, *bytes.Buffer) {
	t.Helper()
	var logged bytes.Buffer
	s, err := Open(dir, max, slog.New(slog.NewTextHandler(&logged, nil)), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return s, &logged
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// expect holds the batches that the spool gives against numbers, and removes
// them.
func expect(t *testing.T, s *Spool, events int, numbers ...int) {
	t.Helper()
	for _, n := range numbers {
		b, handle, err := s.Next()
		must(t, err)
		if !reflect.DeepEqual(b, testBatch(n, events)) {
			t.Fatalf("batch %d:\ngot  %+v\nwant %+v", n, b, testBatch(n, events))
		}
		must(t, s.Remove(handle))
	}
	if b, handle, err := s.Next(); b != nil || handle != "" || err != nil {
		t.Fatalf("then %v, %q, %v", b, handle, err)
	}
	if s.Bytes() != 0 || s.Len() != 0 {
		t.Fatalf("%d bytes in %d batches are left", s.Bytes(), s.Len())
	}
}

func TestQueue(t *testing.T) {
	dir := t.TempDir()
	s, _ := testSpool(t, dir, 1<<20)
	expect(t, s, 3)
	for n := range 3 {
		must(t, s.Append(testBatch(n, 3), "g"))
	}
	first, h1, err := s.Next()
	must(t, err)
	again, h2, err := s.Next()
	must(t, err)
	if h1 != h2 || !reflect.DeepEqual(first, again) {
		t.Fatal("Next moved on by itself")
	}
	s, _ = testSpool(t, dir, 1<<20) // a new process
	want := append(append(testBatch(0, 3).Ranges, testBatch(1, 3).Ranges...), testBatch(2, 3).Ranges...)
	if !reflect.DeepEqual(s.Pending(), want) {
		t.Fatalf("pending %v", s.Pending())
	}
	must(t, s.Append(testBatch(3, 3), "g"))
	expect(t, s, 3, 0, 1, 2, 3)
	if err := s.Remove("00000000000000000001.batch"); err == nil {
		t.Error("removed a batch that is not there")
	}
}

func TestFilesAreOurs(t *testing.T) {
	dir := t.TempDir()
	s, _ := testSpool(t, dir, 1<<20)
	must(t, s.Append(testBatch(0, 2), "g"))
	info, err := os.Stat(filepath.Join(dir, "00000000000000000001.batch"))
	must(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if info.Size() != s.Bytes() {
		t.Errorf("%d bytes on disk, %d counted", info.Size(), s.Bytes())
	}
	// Files of others and of a process that was killed do not disturb.
	must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, tempPrefix+"123"), []byte("x"), 0o600))
	s, _ = testSpool(t, dir, 1<<20)
	if _, err := os.Stat(filepath.Join(dir, tempPrefix+"123")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a file of a killed process stays")
	}
	expect(t, s, 2, 0)
}

// TestTrueAddressIsNotWritten looks at the bytes, compressed and not.
func TestTrueAddressIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	s, _ := testSpool(t, dir, 1<<20)
	b := withTrueAddresses(testBatch(0, 5), "203.0.113.77")
	must(t, s.Append(b, "g"))
	if b.Parts[0].Events[0].ClientAddr.String() != "203.0.113.77" {
		t.Error("Append changed the batch")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "00000000000000000001.batch"))
	must(t, err)
	z, err := zstd.NewReader(nil)
	must(t, err)
	defer z.Close()
	at := bytes.Index(raw, []byte{0x28, 0xb5, 0x2f, 0xfd}) // zstd's magic number
	body, err := z.DecodeAll(raw[at:len(raw)-32], nil)
	must(t, err)
	stored, leak := netip.MustParseAddr("10.9.8.7").As4(), netip.MustParseAddr("203.0.113.77").As4()
	for _, text := range [][]byte{raw, body} {
		if bytes.Contains(text, leak[:]) || bytes.Contains(text, []byte("203.0.113.77")) || bytes.Contains(text, []byte("h1:k0:subject")) {
			t.Error("the true address, or the subject, is written")
		}
	}
	if !bytes.Contains(body, stored[:]) {
		t.Error("the test does not see the stored address")
	}
	expect(t, s, 5, 0)
}

func TestFull(t *testing.T) {
	s, _ := testSpool(t, t.TempDir(), 1<<20)
	must(t, s.Append(testBatch(0, 2), "g"))
	one := s.Bytes()
	s, _ = testSpool(t, t.TempDir(), 2*one+one/2)
	must(t, s.Append(testBatch(0, 2), "g"))
	must(t, s.Append(testBatch(1, 2), "g"))
	if err := s.Append(testBatch(2, 2), "g"); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v", err)
	}
	_, handle, err := s.Next()
	must(t, err)
	must(t, s.Remove(handle))
	must(t, s.Append(testBatch(2, 2), "g"))
	if temps, _ := filepath.Glob(filepath.Join(s.dir, tempPrefix+"*")); len(temps) > 0 {
		t.Errorf("left over: %q", temps)
	}
	expect(t, s, 2, 1, 2)
	if _, err := Open(t.TempDir(), 0, slog.Default(), nil); err == nil {
		t.Error("a spool of no size was opened")
	}
}

func TestRefuse(t *testing.T) {
	dir := t.TempDir()
	s, _ := testSpool(t, dir, 1<<20)
	must(t, s.Append(testBatch(0, 2), "g"))
	must(t, s.Append(testBatch(1, 2), "g"))
	total := s.Bytes()
	_, handle, err := s.Next()
	must(t, err)
	must(t, s.Refuse(handle))
	for range 2 {
		if s.Len() != 1 || s.Bytes() != total || len(s.Pending()) != 4 {
			t.Fatalf("%d batches, %d bytes, pending %v", s.Len(), s.Bytes(), s.Pending())
		}
		s, _ = testSpool(t, dir, 1<<20)
	}
	b, handle, err := s.Next()
	must(t, err)
	if b.Token != testBatch(1, 2).Token {
		t.Error("the refused batch came again")
	}
	must(t, s.Remove(handle))
	must(t, s.Append(testBatch(2, 2), "g"))
	if _, err := os.Stat(filepath.Join(dir, "00000000000000000003.batch")); err != nil {
		t.Errorf("the number of a refused batch was used again: %v", err)
	}
}

// TestDamage damages files in every way that a disk might.
func TestDamage(t *testing.T) {
	ref := t.TempDir()
	s, _ := testSpool(t, ref, 1<<20)
	must(t, s.Append(testBatch(0, 20), "g"))
	good, err := os.ReadFile(filepath.Join(ref, "00000000000000000001.batch"))
	must(t, err)
	r := rand.New(rand.NewPCG(1, 1))
	damaged := map[string][]byte{"empty": {}, "one byte": {'G'}, "text": bytes.Repeat([]byte("x"), 500),
		"longer": append(bytes.Clone(good), 0), "zeros": make([]byte, len(good))}
	for range 30 {
		flipped := bytes.Clone(good)
		flipped[r.IntN(len(good))] ^= 1 << r.IntN(8)
		damaged[fmt.Sprintf("bit %d", len(damaged))] = flipped
		damaged[fmt.Sprintf("cut %d", len(damaged))] = good[:r.IntN(len(good))]
	}
	for name, content := range damaged {
		for _, when := range []string{"before Open", "after Open"} {
			t.Run(name+" "+when, func(t *testing.T) {
				dir := t.TempDir()
				s, logged := testSpool(t, dir, 1<<20)
				must(t, s.Append(testBatch(0, 20), "g"))
				must(t, s.Append(testBatch(1, 20), "g"))
				must(t, os.WriteFile(filepath.Join(dir, "00000000000000000001.batch"), content, 0o600))
				if when == "before Open" {
					s, logged = testSpool(t, dir, 1<<20)
				}
				expect(t, s, 20, 1)
				if _, err := os.Stat(filepath.Join(dir, damagedDir, "00000000000000000001.batch")); err != nil {
					t.Error(err)
				}
				if !strings.Contains(logged.String(), "put aside") {
					t.Errorf("logged %q", logged.String())
				}
				must(t, s.Append(testBatch(2, 20), "g"))
				expect(t, s, 20, 2)
			})
		}
	}
}

const childEnv = "GATEHOUND_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child appends batches until it is killed; it prints each when it is appended.
func child(dir string) {
	s, err := Open(dir, 1<<30, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		panic(err)
	}
	for n := s.Len(); ; n++ {
		if err := s.Append(testBatch(n, 50), "g"); err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
}

// TestKill kills a process that appends, at random moments: what it said to be
// appended is there, whole and in order, and nothing else but the one under way.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	acknowledged := -1
	for range 10 {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for seen := 0; lines.Scan(); {
			acknowledged, err = strconv.Atoi(lines.Text())
			must(t, err)
			if seen++; seen == 2 {
				time.AfterFunc(rand.N(20*time.Millisecond), cancel) // SIGKILL
			}
		}
		cmd.Wait()
		cancel()
	}
	s, logged := testSpool(t, dir, 1<<30)
	if n := s.Len(); n != acknowledged+1 && n != acknowledged+2 {
		t.Fatalf("%d batches, and %d were acknowledged", n, acknowledged+1)
	}
	var numbers []int
	for n := range s.Len() {
		numbers = append(numbers, n)
	}
	expect(t, s, 50, numbers...)
	if logged.Len() > 0 {
		t.Errorf("logged %s", logged.String())
	}
	t.Logf("%d batches", len(numbers))
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	dir := t.TempDir()
	s, err := Open(dir, 1<<20, slog.New(slog.DiscardHandler), reg)
	must(t, err)
	for n := range 3 {
		must(t, s.Append(testBatch(n, 2), "g"))
	}
	must(t, os.Truncate(filepath.Join(dir, "00000000000000000001.batch"), 100))
	_, handle, err := s.Next()
	must(t, err)
	must(t, s.Refuse(handle))
	families, err := reg.Gather()
	must(t, err)
	got := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		got[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	want := map[string]float64{
		"gatehound_spool_batches_appended_total": 3, "gatehound_spool_batches_refused_total": 1,
		"gatehound_spool_files_damaged_total": 1, "gatehound_spool_waiting_batches": 1,
		"gatehound_spool_size_bytes": float64(s.Bytes()),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := Open(b.TempDir(), 1<<40, slog.Default(), nil)
	if err != nil {
		b.Fatal(err)
	}
	batch := testBatch(0, 5000)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Append(batch, "g"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/event")
	b.ReportMetric(float64(s.Bytes())/float64(b.N)/10000, "B/event")
}
