package outbox

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.try")
	for i, want := range []uint64{0, 7, 1 << 60} {
		tries, last, err := OpenTries(path)
		if err != nil || last != want {
			t.Fatalf("opened %d times: last is %d, %v; want %d", i+1, last, err, want)
		}
		for _, seq := range []uint64{3, []uint64{7, 1 << 60, 1}[i]} {
			if err := tries.Note(seq); err != nil {
				t.Fatal(err)
			}
		}
		if err := tries.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, damaged := range []string{"", "short", "sixteen bytes of"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		tries, last, err := OpenTries(path)
		if err != nil || last != 0 {
			t.Errorf("of %q the last is %d, %v", damaged, last, err)
		}
		if err := tries.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := OpenTries(t.TempDir()); err == nil {
		t.Error("opened a folder")
	}
	var none *Tries
	if none.Note(1) != nil || none.Close() != nil {
		t.Error("one that remembers nothing fails")
	}
}
