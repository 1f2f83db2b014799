package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv(LibraryEnv, "")
	_, err := Locate()
	if !errors.Is(err, ErrNoLibrary) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "make engine") {
		t.Fatalf("without a library: %v", err)
	}
	installed := filepath.Join(cache, "gatehound", "chdb-"+LibraryVersion, "libchdb.so")
	write(t, installed)
	if path, err := Locate(); err != nil || path != installed {
		t.Fatalf("installed: got %s, %v", path, err)
	}
	own := filepath.Join(t.TempDir(), "mine.so")
	t.Setenv(LibraryEnv, own)
	if _, err := Locate(); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), LibraryEnv) {
		t.Fatalf("the variable names nothing: %v", err)
	}
	write(t, own)
	if path, err := Locate(); err != nil || path != own {
		t.Fatalf("own: got %s, %v", path, err)
	}
	t.Setenv(LibraryEnv, cache)
	if _, err := Locate(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Fatalf("the variable names a folder: %v", err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestConfigValidate(t *testing.T) {
	good := DefaultConfig()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	bad := Config{QueryMemory: 1, Sessions: 65}
	err := bad.Validate()
	for _, key := range []string{"dir is", "memory is 0", "query_memory is 1", "sessions is 65", "threads is 0"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%v lacks %q", err, key)
		}
	}
}
