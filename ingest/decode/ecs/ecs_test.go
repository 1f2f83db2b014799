package ecs_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "ecs", "http", "url", "gen_ai", "http.response.status_code", "url.path", "nginx.access.url",
		"nginx.access.response_code", "traefik.access.url", "traefik.access.response_code")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "ecs") }
