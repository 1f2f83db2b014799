package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBuiltinIsCurrent(t *testing.T) {
	want, err := generate("../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../builtin.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("builtin.go is not what the folders say: run go generate ./alerting/notify")
	}
}

func TestGenerate(t *testing.T) {
	dir := t.TempDir()
	file := func(path, source string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("pigeon/config.go", "package pigeon\ntype Config struct{}\nfunc DefaultConfig() Config { return Config{} }\n")
	file("pigeon/pigeon.go", "package pigeon\ntype Sink struct{}\nfunc New(name string, c *Config) (*Sink, error) { return nil, nil }\n")
	file("drawer/drawer.go", "package drawer\ntype Config struct{}\nfunc (Config) New() {}\n")
	file("notify.go", "package notify\n")
	got, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(got); !strings.Contains(s, `kind("pigeon", pigeon.DefaultConfig, pigeon.New)`) || strings.Contains(s, "drawer") {
		t.Errorf("got %s", s)
	}
	file("pigeon/bad.go", "package")
	if _, err := generate(dir); err == nil {
		t.Error("a file that does not parse is passed over")
	}
	if _, err := generate(filepath.Join(dir, "absent")); err == nil {
		t.Error("a folder that is not there is passed over")
	}
}
