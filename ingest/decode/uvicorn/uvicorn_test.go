package uvicorn_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) { decodetest.Conformance(t, "uvicorn", "message") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "uvicorn") }

const usual = `2026-11-22 05:40:00,123 INFO:     203.0.113.9:52422 - "POST /v1/chat/completions?x=1 HTTP/1.1" 200 OK`

func TestNoAllocations(t *testing.T) {
	if n := decodetest.Allocations(t, []byte(usual)); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, []byte(usual)) }
