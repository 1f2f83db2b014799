package redact

import (
	"bytes"
	"testing"
)

func TestSeal(t *testing.T) {
	k := testKeys(t)
	data, err := k.Seal([]byte("before"), []byte("plain text"), []byte("place"))
	if err != nil || !bytes.HasPrefix(data, []byte("before")) || bytes.Contains(data, []byte("plain")) {
		t.Fatalf("%q, %v", data, err)
	}
	data = data[len("before"):]
	if len(data) != 12+len("plain text")+16 {
		t.Errorf("%d bytes", len(data))
	}
	if plain, err := k.Unseal("k2", data, []byte("place")); err != nil || string(plain) != "plain text" {
		t.Errorf("%q, %v", plain, err)
	}
	again, err := k.Seal(nil, []byte("plain text"), []byte("place"))
	if err != nil || bytes.Equal(again, data) {
		t.Errorf("sealed twice alike, %v", err)
	}
	for name, c := range map[string]struct {
		id   string
		data []byte
		aad  string
	}{
		"another place": {"k2", data, "elsewhere"}, "another key": {"k1", data, "place"}, "no key": {"k3", data, "place"},
		"cut": {"k2", data[:len(data)-1], "place"}, "empty": {"k2", nil, "place"},
	} {
		if plain, err := k.Unseal(c.id, c.data, []byte(c.aad)); err == nil || plain != nil {
			t.Errorf("%s: %q", name, plain)
		}
	}
}

func TestUnsealAfterRotation(t *testing.T) {
	old, err := NewKeys("k1", Key{"k1", bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	data, err := old.Seal(nil, []byte("text"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := testKeys(t).Unseal("k1", data, nil); err != nil || string(plain) != "text" {
		t.Errorf("%q, %v", plain, err)
	}
}

func TestPromptKeys(t *testing.T) {
	k := testKeys(t)
	seen := map[[32]byte]bool{}
	for _, key := range [][32]byte{k.PromptKey(""), k.PromptKey("sketch"), [32]byte(derive(k.ring[1].Secret, domainSeal, 32)), {}} {
		seen[key] = true
	}
	if len(seen) != 4 {
		t.Error("two domains have one key")
	}
}
