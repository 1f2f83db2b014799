package spool

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestRewrite(t *testing.T) {
	dir := t.TempDir()
	s, _ := testSpool(t, dir, 1<<20)
	for n := range 3 {
		must(t, s.Append(testBatch(n, 4), "g"))
	}
	_, handle, err := s.Next()
	must(t, err)
	must(t, s.Refuse(handle)) // one that was put aside is looked at too
	must(t, os.WriteFile(filepath.Join(dir, "00000000000000000009.batch"), []byte("not a batch at all"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, damagedDir, "00000000000000000008.batch"), []byte("x"), 0o600))

	seen := 0
	drop := func(b *schemas.Batch) bool {
		seen++
		if b.Parts[0].Range.First == 4 { // that of number 1 is nobody's
			return false
		}
		b.Parts[0].Events = slices.Delete(b.Parts[0].Events, 1, 2)
		b.Parts[1].Sealed = nil
		return true
	}
	changed, damaged, err := Rewrite(dir, drop)
	if err != nil || changed != 2 || damaged != 2 || seen != 3 {
		t.Fatalf("changed %d, damaged %d of %d, %v", changed, damaged, seen, err)
	}
	must(t, os.Remove(filepath.Join(dir, "00000000000000000009.batch")))
	s, _ = testSpool(t, dir, 1<<20)
	if s.Len() != 2 {
		t.Fatalf("%d batches wait", s.Len())
	}
	b, handle, err := s.Next()
	must(t, err)
	if want := testBatch(1, 4); b.Token != want.Token || b.Len() != want.Len() {
		t.Errorf("a batch of nobody was changed: %d events", b.Len())
	}
	must(t, s.Remove(handle))
	b, _, err = s.Next()
	must(t, err)
	want := testBatch(2, 4)
	if b.Token != want.Token || b.Len() != want.Len()-1 || len(b.Parts[1].Sealed) != 0 || len(b.Parts[0].Sealed) != 1 {
		t.Errorf("%d events of %d, sealed %d", b.Len(), want.Len(), len(b.Parts[1].Sealed))
	}
	left, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestRewriteWhatIsNotThere(t *testing.T) {
	changed, damaged, err := Rewrite(filepath.Join(t.TempDir(), "absent"), func(*schemas.Batch) bool { return true })
	if changed != 0 || damaged != 0 || err != nil {
		t.Errorf("%d, %d, %v", changed, damaged, err)
	}
}
