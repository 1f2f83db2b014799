package app

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// residentMiB is the memory of the process that is in use, after the garbage is
// given back.
func residentMiB(tb testing.TB) float64 {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(tb, err)
	var kb float64
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	tb.Fatal("no VmRSS")
	return 0
}

// BenchmarkMemory holds a million principals and as many addresses against all
// detectors at the default bound of 512 MiB, and then ten million addresses that
// come once.
func BenchmarkMemory(b *testing.B) {
	const size = 20_000
	cfg := DefaultConfig()
	watchers, err := cfg.Detectors.Watchers()
	require.NoError(b, err)
	before := residentMiB(b)
	e, err := engine.New(engine.Settings{Config: cfg.Engine, Log: slog.New(slog.DiscardHandler)}, watchers, nil)
	require.NoError(b, err)
	defer e.Close()
	part := &schemas.Part{Range: schemas.Range{Topic: "t"}, Events: make([]schemas.Event, size)}
	batch := &schemas.Batch{Parts: []*schemas.Part{part}}
	at, offset := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC).UnixNano(), int64(0)
	feed := func(count int, event func(i int, ev *schemas.Event)) {
		for i := 0; i < count; i += size {
			for j := range part.Events {
				ev := &part.Events[j]
				*ev = schemas.Event{Position: schemas.Position{Topic: "t", Offset: offset}, Time: at, Method: "POST",
					Route: "/v1/chat/completions", Operation: "chat", Known: schemas.HasStatus | schemas.HasOutputTokens,
					Status: 200, OutputTokens: 200, Auth: schemas.AuthSuccess}
				event(i+j, ev)
				offset++
				at += int64(20 * time.Microsecond)
			}
			part.Range.Next = offset
			_, err := e.Observe(batch, nil)
			require.NoError(b, err)
		}
	}
	address := func(from byte, i int) netip.Addr {
		a := [4]byte{from}
		binary.BigEndian.PutUint16(a[2:], uint16(i))
		a[0], a[1] = from+byte(i>>24), byte(i>>16)
		return netip.AddrFrom4(a)
	}
	for range 2 {
		feed(1_000_000, func(i int, ev *schemas.Event) {
			ev.Principal = fmt.Sprintf("h1:k1:%022d", i)
			ev.Credential = ev.Principal
			ev.ClientAddr = address(11, i)
			ev.Client = ev.ClientAddr
		})
	}
	b.ReportMetric(residentMiB(b)-before, "MiB-1M-principals-1M-addresses")
	feed(10_000_000, func(i int, ev *schemas.Event) {
		ev.ClientAddr = address(100, i)
		ev.Client = ev.ClientAddr
		ev.Status, ev.Auth, ev.AuthReason = 401, schemas.AuthFailure, schemas.ReasonMissing
	})
	b.ReportMetric(residentMiB(b)-before, "MiB-after-10M-one-shot")
	b.ReportMetric(0, "ns/op")
}
