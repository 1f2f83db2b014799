package prompt

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest/prompt/signature"
)

// pollEvery is how often the file is looked at: somebody who tries a new
// signature waits less than a minute, and a look costs a stat.
const pollEvery = 10 * time.Second

// Signatures are the built-in signatures and those of a file. They are safe for
// concurrent use.
type Signatures struct {
	path    string
	log     *slog.Logger
	set     atomic.Pointer[signature.Set]
	metrics *metrics
	// seen and sum are of the file as it was last compiled, broken and failure of
	// one that could not be; only Watch uses them once OpenSignatures has returned.
	seen    stamp
	sum     [sha256.Size]byte
	broken  stamp
	failure error
}

// stamp tells a file that was changed.
type stamp struct {
	size     int64
	modified time.Time
}

// OpenSignatures compiles the built-in signatures and those of the file at path,
// if it is not "". It starts nothing: Watch reads the file again. A file that
// cannot be read or compiled is an error, which names the line and quotes nothing.
func OpenSignatures(path string, log *slog.Logger, reg prometheus.Registerer) (*Signatures, error) {
	s := &Signatures{path: path, log: log, metrics: newMetrics(reg)}
	if path == "" {
		s.use(signature.Default())
		return s, nil
	}
	if _, err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// Len returns the number of signatures in use.
func (s *Signatures) Len() int { return s.current().Len() }

// current returns the signatures in use; of no Signatures the built-in ones.
func (s *Signatures) current() *signature.Set {
	if s == nil {
		return signature.Default()
	}
	return s.set.Load()
}

func (s *Signatures) use(set *signature.Set) {
	s.set.Store(set)
	s.metrics.phrases.Set(float64(set.Len()))
}

// Watch reads the file again when it changes, until ctx is done. Each worker uses
// the new signatures from its next prompt on. A file that is broken or gone leaves
// the signatures as they were, is logged once and counted.
func (s *Signatures) Watch(ctx context.Context) error {
	if s.path == "" {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var told string
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		changed, err := s.reload()
		switch {
		case err != nil && err.Error() != told:
			told = err.Error()
			s.metrics.failed.Inc()
			s.log.Error("the file of signatures cannot be used: the old ones stay", "err", err)
		case err == nil && changed:
			told = ""
			s.metrics.loaded.Inc()
			s.log.Info("signatures were read again", "signatures", s.Len())
		}
	}
}

// reload compiles the file if it was changed.
func (s *Signatures) reload() (changed bool, err error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return false, fmt.Errorf("stat signatures: %w", err)
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("signatures %s is not a file", s.path)
	}
	switch at := (stamp{info.Size(), info.ModTime()}); at {
	case s.seen:
		return false, nil
	case s.broken:
		return false, s.failure
	default:
		if changed, err = s.compile(); err != nil {
			s.broken, s.failure = at, err
			return false, err
		}
		s.seen, s.broken, s.failure = at, stamp{}, nil
		return changed, nil
	}
}

// compile reads the file, and uses it unless it is what is in use.
func (s *Signatures) compile() (changed bool, err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return false, fmt.Errorf("open signatures: %w", err)
	}
	defer f.Close()
	list, err := io.ReadAll(io.LimitReader(f, signature.MaxFile+1))
	if err != nil {
		return false, fmt.Errorf("read signatures: %w", err)
	}
	sum := sha256.Sum256(list)
	if s.set.Load() != nil && sum == s.sum { // touched, not changed
		return false, nil
	}
	set, err := signature.Compile(list)
	if err != nil {
		return false, fmt.Errorf("signatures %s: %w", s.path, err)
	}
	s.use(set)
	s.sum = sum
	return true, nil
}
