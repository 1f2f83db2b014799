package enrich

import (
	"context"
	"os"
	"slices"
	"time"
)

// stamp is what tells one version of a file from another: the file itself behind
// all symbolic links, its size and when it was written. Its zero value is a file
// that is not there.
type stamp struct {
	info os.FileInfo
}

func stamps(files []string) []stamp {
	all := make([]stamp, len(files))
	for i, f := range files {
		if info, err := os.Stat(f); err == nil {
			all[i] = stamp{info}
		}
	}
	return all
}

func (s stamp) same(o stamp) bool {
	if s.info == nil || o.info == nil {
		return s.info == o.info
	}
	return s.info.Size() == o.info.Size() && s.info.ModTime().Equal(o.info.ModTime()) && os.SameFile(s.info, o.info)
}

// Watch looks at the files now and then, and loads those again that changed. It
// blocks until ctx is done. A file that changed is loaded when it has stayed the
// same from one look to the next, so that one which is still being written is
// not. A version that cannot be used is logged and counted once, and the one
// before it stays in force.
func (t *Tables) Watch(ctx context.Context) {
	for {
		t.mu.Lock()
		every := t.every
		t.mu.Unlock()
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			t.poll()
		}
	}
}

// poll looks at all files once.
func (t *Tables) poll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.kinds {
		now := stamps(k.files)
		settled := slices.EqualFunc(now, k.seen, stamp.same)
		k.seen = now
		if !settled || slices.EqualFunc(now, k.tried, stamp.same) {
			continue
		}
		next := *t.current.Load()
		if err := k.load(&next); err != nil {
			t.metrics.failed(k)
			t.log.Error("kept the former version of a file of enrichment", "kind", k.name, "error", err)
			continue
		}
		t.current.Store(&next)
		t.metrics.loaded(k)
		t.report(k)
	}
	t.metrics.aged(t.kinds, time.Now())
}
