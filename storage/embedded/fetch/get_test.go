// Package fetch tests get.sh with an npm that is a script.
package fetch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/storage/embedded"
)

// run runs get.sh with a cache of its own and npm, and returns what it says.
func run(t *testing.T, cache, npm string, env ...string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	if npm != "" {
		if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"+npm), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range []string{"sh", "uname", "wc", "mktemp", "mkdir", "df", "awk", "rm", "mv", "chmod", "tar", "gzip", "sha256sum", "du", "sleep", "tail", "cat", "grep", "ldd", "kill", "touch"} {
		if path, err := exec.LookPath(tool); err == nil {
			if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command("sh", "get.sh")
	cmd.Env = append([]string{"PATH=" + bin, "XDG_CACHE_HOME=" + cache}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func script(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("get.sh")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVersionIsTheProgramsOwn(t *testing.T) {
	if !strings.Contains(script(t), "\nversion="+embedded.LibraryVersion+"\n") {
		t.Errorf("get.sh fetches another version than %s", embedded.LibraryVersion)
	}
	if !regexp.MustCompile(`want=[0-9a-f]{64}\n`).MatchString(script(t)) {
		t.Error("get.sh pins no SHA-256")
	}
	if regexp.MustCompile(`https?://`).MatchString(script(t)) {
		t.Error("get.sh names a host: the registry is the npm client's matter")
	}
}

// TestInstalledIsLeftAlone runs where `make engine` has been run, as every test
// of the embedded engine does.
func TestInstalledIsLeftAlone(t *testing.T) {
	path, err := embedded.Locate()
	if err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	target := filepath.Join(cache, "gatehound", "chdb-"+embedded.LibraryVersion, "libchdb.so")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, target); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, cache, "echo npm was called >&2; exit 1\n")
	if err != nil || !strings.Contains(out, "is present: "+target) {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestFailuresInstallNothing(t *testing.T) {
	const tarball = `touch mark; echo x > f; tar -czf pkg.tgz f; echo pkg.tgz`
	for _, c := range []struct{ name, npm, want string }{
		{"no npm", "", "npm is needed"},
		{"npm fails", "echo 'npm error code E404' >&2; exit 1\n", "npm could not fetch @chdb/lib-linux-x64-gnu@" + embedded.LibraryVersion},
		{"npm says why", "echo 'npm error code E404' >&2; exit 1\n", "npm error code E404"},
		{"npm gives nothing", "exit 0\n", "npm pack gave no file"},
		{"another content", tarball + "\n", "the checksum of @chdb/lib-linux-x64-gnu@" + embedded.LibraryVersion + " is "},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache := t.TempDir()
			out, err := run(t, cache, c.npm)
			if err == nil || !strings.Contains(out, c.want) {
				t.Fatalf("%v, want %q in:\n%s", err, c.want, out)
			}
			left, _ := filepath.Glob(filepath.Join(cache, "gatehound", "*"))
			if len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// TestDamagedIsFetchedAgain has a library of another size in the cache.
func TestDamagedIsFetchedAgain(t *testing.T) {
	cache := t.TempDir()
	target := filepath.Join(cache, "gatehound", "chdb-"+embedded.LibraryVersion, "libchdb.so")
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte("cut short"), 0o644); err != nil {
		t.Fatal(err)
	}
	called := filepath.Join(t.TempDir(), "called")
	if out, err := run(t, cache, fmt.Sprintf("touch %s; exit 1\n", called)); err == nil {
		t.Fatal(out)
	}
	if _, err := os.Stat(called); err != nil {
		t.Error("npm was not called")
	}
}
