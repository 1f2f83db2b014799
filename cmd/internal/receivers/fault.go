package receivers

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is a way to misbehave. Its parts are tried in this order: Drop, Hang,
// Delay, Status.
type Fault struct {
	// Drop closes the connection without an answer.
	Drop bool
	// Hang reads the request and does not answer until the client goes away or
	// the receiver is closed.
	Hang bool
	// Delay holds a request back before it is taken.
	Delay time.Duration
	// Status is answered instead of taking the message; 0 takes it.
	Status int
	// RetryAfter is sent with Status, rounded up to seconds.
	RetryAfter time.Duration
	// Times is how many requests it meets; 0 is all until Inject or Clear.
	Times int
}

// faults is what goes wrong next.
type faults struct {
	mu    sync.Mutex // guards what handlers and Inject share
	fault *Fault
	left  int
	met   int
}

// Inject makes the receiver misbehave from now on.
func (f *faults) Inject(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault, f.left = &fault, fault.Times
}

// Clear makes the receiver behave.
func (f *faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = nil
}

// Met returns how many requests met a fault so far.
func (f *faults) Met() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met
}

// take returns the fault that the next request meets, or nil.
func (f *faults) take() *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.fault
	if fault == nil {
		return nil
	}
	f.met++
	if fault.Times > 0 {
		if f.left--; f.left == 0 {
			f.fault = nil
		}
	}
	return fault
}

// wrap puts the faults in front of a handler.
func (f *faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault := f.take()
		switch {
		case fault == nil:
		case fault.Drop:
			panic(http.ErrAbortHandler) // the server closes the connection
		case fault.Hang:
			swallow(w, r)
			<-r.Context().Done()
			return
		default:
			if fault.Delay > 0 && !pause(r, fault.Delay) {
				return
			}
			if fault.Status != 0 {
				swallow(w, r)
				if fault.RetryAfter > 0 {
					seconds := (fault.RetryAfter + time.Second - 1) / time.Second
					w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
				}
				w.WriteHeader(fault.Status)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// swallow reads the request to its end: only then does the server notice that
// the client goes away.
func swallow(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, bodyLimit)) // what was sent does not matter
}

// pause waits and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
