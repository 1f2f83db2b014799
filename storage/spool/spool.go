package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// ErrFull is returned by Append if the batch would make the spool larger than
// it may be.
var ErrFull = errors.New("the spool is full")

// The names within a spool's folder. A batch's file is its number in 20 digits
// and the suffix, so that the order of names is the order of arrival.
const (
	suffix     = ".batch"
	tempPrefix = "tmp-"
	refusedDir = "refused" // batches that the store would not take
	damagedDir = "damaged" // files that are not what was written
)

// Spool is a queue of batches on disk. Its methods are safe for concurrent use.
type Spool struct {
	dir     string
	max     int64
	log     *slog.Logger
	metrics *metrics

	// mu keeps an Append, which writes for long, from interleaving with others:
	// the numbers of files and the count of bytes go with it.
	mu      sync.Mutex
	queue   []entry // oldest first
	refused []entry
	bytes   int64 // of queue and refused
	last    uint64
}

// entry is a file of the spool, by its name and what its header says.
type entry struct {
	name   string
	bytes  int64
	ranges []schemas.Range
}

// Open opens the spool in dir, which it makes if it is missing, for files of at
// most maxBytes in sum. It reads the files' headers, and puts aside those that
// are damaged.
func Open(dir string, maxBytes int64, log *slog.Logger, reg prometheus.Registerer) (*Spool, error) {
	if maxBytes <= 0 {
		return nil, fmt.Errorf("open the spool: its size is %d bytes: it must be above 0", maxBytes)
	}
	s := &Spool{dir: dir, max: maxBytes, log: log}
	s.metrics = newMetrics(reg, func() float64 { return float64(s.Bytes()) }, func() float64 { return float64(s.Len()) })
	for _, d := range []string{dir, s.path(refusedDir), s.path(damagedDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("open the spool: %w", err)
		}
	}
	temps, err := filepath.Glob(s.path(tempPrefix + "*"))
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	for _, t := range temps {
		if err := os.Remove(t); err != nil {
			return nil, fmt.Errorf("open the spool: %w", err)
		}
	}
	if s.queue, err = s.scan("."); err != nil {
		return nil, err
	}
	if s.refused, err = s.scan(refusedDir); err != nil {
		return nil, err
	}
	return s, nil
}

// scan lists the batches in a folder of the spool.
func (s *Spool) scan(folder string) ([]entry, error) {
	files, err := os.ReadDir(s.path(folder))
	if err != nil {
		return nil, fmt.Errorf("open the spool: %w", err)
	}
	var out []entry
	for _, f := range files { // in the order of their names
		digits, ok := strings.CutSuffix(f.Name(), suffix)
		number, err := strconv.ParseUint(digits, 10, 64)
		if !ok || err != nil {
			continue
		}
		s.last = max(s.last, number)
		name := filepath.Join(folder, f.Name())
		h, size, err := readHeader(s.path(name))
		if errors.Is(err, errDamaged) {
			if err := s.quarantine(name, err); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open the spool: %w", err)
		}
		out = append(out, entry{name, size, h.Ranges})
		s.bytes += size
	}
	return out, nil
}

func (s *Spool) path(name string) string { return filepath.Join(s.dir, name) }

// Append puts a batch at the end, durably. It does not keep the batch, and does
// not change it. The true client addresses are left out. It returns ErrFull if
// there is no room.
func (s *Spool) Append(b *schemas.Batch, group string) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes >= s.max {
		return fmt.Errorf("spool batch %s: %w", b.Token, ErrFull)
	}
	temp, err := os.CreateTemp(s.dir, tempPrefix) // mode 0600
	if err != nil {
		return fmt.Errorf("spool batch %s: %w", b.Token, err)
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
			err = fmt.Errorf("spool batch %s: %w", b.Token, err)
		}
	}()
	size, err := write(temp, b, group)
	if err != nil {
		return err
	}
	if s.bytes+size > s.max {
		return ErrFull
	}
	if err := temp.Sync(); err != nil {
		return err
	}
	if err := temp.Close(); err != nil {
		return err
	}
	name := fmt.Sprintf("%020d%s", s.last+1, suffix)
	if err := os.Rename(temp.Name(), s.path(name)); err != nil {
		return err
	}
	s.last++
	s.bytes += size
	s.queue = append(s.queue, entry{name, size, slices.Clone(b.Ranges)})
	s.metrics.appended.Inc()
	return syncDir(s.dir)
}

// Next returns the oldest batch, and its handle for Remove or Refuse; nil if
// there is none. It stays where it is: Next returns it again until then. A file
// that turns out to be damaged is put aside, and the one after it returned.
func (s *Spool) Next() (*schemas.Batch, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 {
		e := s.queue[0]
		b, err := read(s.path(e.name))
		if err == nil {
			return b, e.name, nil
		}
		if !errors.Is(err, errDamaged) {
			return nil, "", fmt.Errorf("read the spool: %w", err)
		}
		if err := s.quarantine(e.name, err); err != nil {
			return nil, "", err
		}
		s.queue = s.queue[1:]
		s.bytes -= e.bytes
	}
	return nil, "", nil
}

// Remove deletes a batch that is stored.
func (s *Spool) Remove(handle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.find(handle)
	if err != nil {
		return err
	}
	if err := os.Remove(s.path(handle)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a batch from the spool: %w", err)
	}
	s.bytes -= s.queue[i].bytes
	s.queue = slices.Delete(s.queue, i, i+1)
	return syncDir(s.dir)
}

// Refuse puts a batch aside that the store will not take, into the folder
// "refused", where it counts for the size of the spool until a person moves it.
func (s *Spool) Refuse(handle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.find(handle)
	if err != nil {
		return err
	}
	if err := s.move(handle, refusedDir); err != nil {
		return fmt.Errorf("put a batch of the spool aside: %w", err)
	}
	e := s.queue[i]
	e.name = filepath.Join(refusedDir, filepath.Base(handle))
	s.refused = append(s.refused, e)
	s.queue = slices.Delete(s.queue, i, i+1)
	s.metrics.refused.Inc()
	return nil
}

func (s *Spool) find(handle string) (int, error) {
	i := slices.IndexFunc(s.queue, func(e entry) bool { return e.name == handle })
	if i < 0 {
		return 0, errors.New("the spool has no batch of this handle")
	}
	return i, nil
}

// Pending returns the ranges of all batches that wait or were refused, oldest
// first. Those of damaged files are not among them.
func (s *Spool) Pending() []schemas.Range {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []schemas.Range
	for _, list := range [][]entry{s.refused, s.queue} {
		for _, e := range list {
			out = append(out, e.ranges...)
		}
	}
	return out
}

// Deliveries gives take the events that wait and have a Delivery, at most limit
// of them, of the newest batches first. It reads their files. Damaged ones are
// passed over: Next puts them aside.
func (s *Spool) Deliveries(limit int, take func(delivery uint64, at schemas.Position)) error {
	s.mu.Lock()
	queue := slices.Clone(s.queue)
	s.mu.Unlock()
	for _, e := range slices.Backward(queue) {
		if limit <= 0 {
			break
		}
		b, err := read(s.path(e.name))
		if errors.Is(err, errDamaged) || errors.Is(err, fs.ErrNotExist) { // the latter is stored by now
			continue
		}
		if err != nil {
			return fmt.Errorf("read the deliveries of the spool: %w", err)
		}
		for _, p := range b.Parts {
			for i := range p.Events {
				if p.Events[i].Delivery != 0 && limit > 0 {
					take(p.Events[i].Delivery, p.Events[i].Position)
					limit--
				}
			}
		}
	}
	return nil
}

// Bytes returns the size of all batches that wait or were refused.
func (s *Spool) Bytes() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// Len returns the number of batches that wait.
func (s *Spool) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

// quarantine puts a damaged file aside, and says so.
func (s *Spool) quarantine(name string, cause error) error {
	s.metrics.damaged.Inc()
	s.log.Error("a spooled batch is damaged and was put aside", "file", s.path(name), "error", cause)
	if err := s.move(name, damagedDir); err != nil {
		return fmt.Errorf("put a damaged file of the spool aside: %w", err)
	}
	return nil
}

func (s *Spool) move(name, folder string) error {
	if err := os.Rename(s.path(name), s.path(filepath.Join(folder, filepath.Base(name)))); err != nil {
		return err
	}
	return errors.Join(syncDir(s.path(folder)), syncDir(s.dir))
}

// syncDir makes what was renamed or removed in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
