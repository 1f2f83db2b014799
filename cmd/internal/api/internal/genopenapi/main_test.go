package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheDocumentIsUpToDate: `go generate ./cmd/internal/api` would change
// nothing.
func TestTheDocumentIsUpToDate(t *testing.T) {
	have, err := os.ReadFile("../../openapi.json")
	require.NoError(t, err)
	want, err := generate("../../../../..")
	require.NoError(t, err)
	require.Equal(t, string(want), string(have), "run go generate ./cmd/internal/api")
}
