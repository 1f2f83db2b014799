package enrich

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	for _, size := range []int{0, 1, 999, 1000} {
		text := strings.Repeat("x", size)
		write(t, file, text)
		got, err := read(file, 1000)
		require.NoError(t, err)
		require.Equal(t, text, string(got))
	}
	write(t, file, strings.Repeat("x", 1001))
	_, err := read(file, 1000)
	require.ErrorContains(t, err, "more than 1000 bytes")

	// What would block or never end is no file.
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{pipe, dir, "/dev/zero"} {
		_, err := read(path, 1000)
		require.ErrorContains(t, err, "no regular file")
	}
	_, err = read(filepath.Join(dir, "none"), 1000)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestParserThatPanics holds that a parser which gives up refuses the file and
// nothing else.
func TestParserThatPanics(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "secret")
	k := &kind{name: "models", files: []string{file}, limit: 10, parse: func(k *kind, contents [][]byte, _ *snapshot) error {
		k.entries = 7
		panic(string(contents[0]))
	}}
	err := k.load(&snapshot{})
	require.EqualError(t, err, "load models: the parser gave up on the file")
	require.Zero(t, k.entries)
	require.Empty(t, k.loaded)
	require.Len(t, k.tried, 1)
}
