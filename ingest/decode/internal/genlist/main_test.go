package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestListIsUpToDate fails if a format's folder was added or removed and the
// list was not generated again.
func TestListIsUpToDate(t *testing.T) {
	names, err := find("../..")
	if err != nil {
		t.Fatal(err)
	}
	want, err := render(names)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../formats/builtin.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("formats/builtin.go is out of date: run go generate ./ingest/decode/...")
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for file, src := range map[string]string{
		"b/b.go":           "package b\n\nvar Format = 1\n",
		"a/other.go":       "package a\n",
		"a/a.go":           "package a\n\nvar (\n\tx = 1\n\tFormat = 2\n)\n",
		"helper/helper.go": "package helper\n\nfunc Format() {}\n",
		"test/x_test.go":   "package test\n\nvar Format = 1\n",
		"loose.go":         "package loose\n\nvar Format = 1\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := find(dir)
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("found %v, %v", got, err)
	}
	if _, err := find(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a folder that is not there")
	}
	if err := os.WriteFile(filepath.Join(dir, "helper", "bad.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := find(dir); err == nil {
		t.Error("no error for a file that does not parse")
	}
}
