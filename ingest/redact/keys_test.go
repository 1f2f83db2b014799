package redact

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestNewKeysRefuses(t *testing.T) {
	good := bytes.Repeat([]byte{7}, 32)
	for _, c := range []struct {
		name, current, want string
		keys                []Key
	}{
		{"no keys", "k1", "current id", nil},
		{"unknown current", "k2", "current id", []Key{{"k1", good}}},
		{"short secret", "k1", "32 bytes", []Key{{"k1", good[:31]}}},
		{"twice", "k1", "twice", []Key{{"k1", good}, {"k1", good}}},
		{"id", "K1", "a-z", []Key{{"K1", good}}},
		{"long id", "k12345678", "a-z", []Key{{"k12345678", good}}},
		{"empty id", "", "a-z", []Key{{"", good}}},
		{"many", "k1", "at most", make([]Key, maxKeys+1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := NewKeys(c.current, c.keys...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestPseudonyms(t *testing.T) {
	k := testKeys(t)
	got := k.Principal("jane@example.org")
	if got != k.Principal("jane@example.org") || !strings.HasPrefix(got, "h1:k2:") || len(got) != 28 {
		t.Errorf("pseudonym %q", got)
	}
	all := k.Principals("jane@example.org")
	if len(all) != 2 || all[0] != got || !strings.HasPrefix(all[1], "h1:k1:") || all[1][6:] == got[6:] {
		t.Errorf("pseudonyms under the ring: %q", all)
	}
	longest, err := NewKeys("abcdefgh", Key{"abcdefgh", bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(longest.Principal("x")); n > maxPrincipal {
		t.Errorf("a pseudonym of %d bytes", n)
	}
}

func TestEntityKeySurvivesRotation(t *testing.T) {
	k := testKeys(t)
	alone, err := NewKeys("k1", k.ring[0])
	if err != nil {
		t.Fatal(err)
	}
	if k.EntityKey() != alone.EntityKey() {
		t.Error("a rotation moves the entities")
	}
	if k.EntityKey() == [16]byte(derive(k.ring[0].Secret, domainPrincipal, 16)) {
		t.Error("two domains share a key")
	}
}

func TestKeysHideTheirSecrets(t *testing.T) {
	k := testKeys(t)
	key := k.ring[0]
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v", k, k, k), fmt.Sprintf("%v %+v %#v %s", key, key, key, key)} {
		if strings.Contains(s, "1 1 1") || strings.Contains(s, "0x1") || strings.Contains(s, "\x01") {
			t.Errorf("a secret is printed: %s", s)
		}
	}
}

func TestReveal(t *testing.T) {
	k := testKeys(t)
	a := netip.MustParseAddr("203.0.113.9")
	back, err := k.Reveal("k2", k.Address(a))
	if err != nil || back != a {
		t.Errorf("revealed %v, %v", back, err)
	}
	if other, err := k.Reveal("k1", k.Address(a)); err != nil || other == a {
		t.Errorf("another key revealed %v, %v", other, err)
	}
	if _, err := k.Reveal("k9", a); err == nil {
		t.Error("a key that is not there revealed an address")
	}
}

func TestLoadKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "redact.keys")
	k, created, err := LoadKeys(path)
	if err != nil || !created {
		t.Fatalf("created %v, error %v", created, err)
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
	again, created, err := LoadKeys(path)
	if err != nil || created || again.Principal("x") != k.Principal("x") {
		t.Errorf("read again: created %v, error %v", created, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".keys-*")); err != nil || len(left) != 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestLoadKeysAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "redact.keys")
	var wg sync.WaitGroup
	got := make([]string, 8)
	made := make([]bool, 8)
	for i := range got {
		wg.Go(func() {
			k, created, err := LoadKeys(path)
			if err != nil {
				t.Error(err)
				return
			}
			got[i], made[i] = k.Principal("x"), created
		})
	}
	wg.Wait()
	n := 0
	for i := range got {
		if got[i] != got[0] {
			t.Error("two processes have two rings")
		}
		if made[i] {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d say that they made the ring", n)
	}
}

func TestLoadKeysRefuses(t *testing.T) {
	const secret = "c2VjcmV0c2VjcmV0"
	for _, c := range []struct {
		name, body, want string
		mode             os.FileMode
	}{
		{"group may read", `{}`, "chmod 600", 0o640},
		{"world may read", `{}`, "chmod 600", 0o604},
		{"group may write", `{}`, "chmod 600", 0o620},
		{"not JSON", `{"secret":"` + secret, "not JSON", 0o600},
		{"short", `{"current":"k1","keys":[{"id":"k1","secret":"` + secret + `"}]}`, "32 bytes", 0o600},
		{"empty", ``, "not JSON", 0o600},
		{"no keys", `{}`, "current id", 0o600},
		{"huge", strings.Repeat(" ", maxKeyFile+1), "more than", 0o600},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(c.body), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, created, err := LoadKeys(path)
			if err == nil || created || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("created %v, error %v", created, err)
			}
		})
	}
	if _, _, err := LoadKeys(t.TempDir()); err == nil {
		t.Error("a folder was read as a key ring")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadKeys(filepath.Join(file, "keys")); err == nil {
		t.Error("a ring was made below a file")
	}
}
