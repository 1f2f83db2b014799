// Package console serves what operators look at: /metrics for Prometheus,
// /healthz (is the process to be restarted?) and /readyz (does every part
// work?). It changes nothing and has no authentication.
package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Component is one part of the program and whether it works.
type Component struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// Status answers the probes.
type Status interface {
	// Alive returns why the process should be restarted; nil if it should not.
	Alive() error
	// Ready returns all components, and whether all of them work.
	Ready() ([]Component, bool)
}

// Server is the console. New makes it inert; Run serves until its context ends.
type Server struct {
	listener net.Listener
	server   *http.Server
}

// New listens on addr, so that Addr is known and a port that is taken is told
// at once.
func New(addr string, metrics prometheus.Gatherer, status Status) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("console.listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := status.Alive(); err != nil {
			answer(w, http.StatusServiceUnavailable, map[string]any{"status": "failing", "error": err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]any{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		components, ok := status.Ready()
		code, word := http.StatusOK, "ready"
		if !ok {
			code, word = http.StatusServiceUnavailable, "not ready"
		}
		answer(w, code, map[string]any{"status": word, "components": components})
	})
	return &Server{listener: l, server: &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}}, nil
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client went away
}

// Addr returns the address that is served.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Run serves until ctx is done, then lets requests end for a second.
func (s *Server) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the console: %w", err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := s.server.Shutdown(bounded)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.server.Close()
	}
	<-done // it says only that it was shut down
	return err
}
