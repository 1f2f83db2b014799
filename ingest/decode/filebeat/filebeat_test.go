package filebeat_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "filebeat") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "filebeat", "message", "json", "@timestamp", "agent", "path", "status")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "filebeat") }
