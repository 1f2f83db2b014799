package envoy_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) { decodetest.Conformance(t, "envoy") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "envoy") }
